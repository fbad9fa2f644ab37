"""The door of the receivers: claims go in as their sender's, into the record of the sender's tenant."""

from collections.abc import Callable
from typing import Protocol

from tollbook.problem import Problem
from tollbook_collector.auth.directory import FORBIDDEN, Directory, refused
from tollbook_collector.auth.hear import Ear
from tollbook_collector.auth.principal import DEFAULT_TENANT, Principal
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.receivers.door import Came, Read
from tollbook_collector.receivers.routing import Taken

type Hear = Callable[[Principal, Read], Taken | Problem]
"""Reads what somebody sent who may send; see `Ear.hear`."""


class Usher(Protocol):
    """Lets in who may send now, and is told what they brought. For any thread."""

    def admit(self, principal: Principal) -> None:
        """Raises RateLimited."""
        ...

    def took(self, principal: Principal, taken: Taken) -> None: ...


class CredentialDoor:
    """For any thread."""

    def __init__(
        self, directory: Directory, tenants: Tenants, usher: Usher | None = None, hear: Hear | None = None
    ) -> None:
        """Without `hear` requests are read in this process."""
        self._directory = directory
        self._tenants = tenants
        self._usher = usher
        self._hear = hear or Ear(directory, SpokenShapes()).hear

    def take(self, authorization: str | None, read: Read) -> Came:
        """Read what somebody sent who may send.

        Raises:
            Retryable, sqlite3.Error, RateLimited, Lost: it cannot be judged or taken now; the same may be sent again.
        """
        principal = self._directory.who(authorization)
        if isinstance(principal, Problem):
            return Came(principal, self._tenants.writer(DEFAULT_TENANT))
        sink = self._tenants.writer(principal.tenant)
        if not principal.sends:
            return Came(refused("this credential may not send", "Use one of a device or a gateway.", FORBIDDEN), sink)
        if self._usher is not None:
            self._usher.admit(principal)
        taken = self._hear(principal, read)
        if self._usher is not None and isinstance(taken, Taken):
            self._usher.took(principal, taken)
        return Came(taken, sink)
