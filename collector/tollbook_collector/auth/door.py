"""The door of the receivers: claims go in as their sender's, into the record of the sender's tenant."""

from collections import Counter
from typing import Protocol

from tollbook.problem import Problem
from tollbook_collector.auth.directory import FORBIDDEN, Directory, refused
from tollbook_collector.auth.principal import DEFAULT_TENANT, Principal
from tollbook_collector.auth.speaker import Speaker
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.receivers.door import Came, Read
from tollbook_collector.receivers.routing import Taken


class Usher(Protocol):
    """Lets in who may send now, and is told what they brought. For any thread."""

    def admit(self, principal: Principal) -> None:
        """Raises RateLimited."""
        ...

    def took(self, principal: Principal, taken: Taken) -> None: ...


class CredentialDoor:
    """For any thread."""

    def __init__(self, directory: Directory, tenants: Tenants, usher: Usher | None = None) -> None:
        self._directory = directory
        self._tenants = tenants
        self._usher = usher
        self._shapes = SpokenShapes()

    def take(self, authorization: str | None, read: Read) -> Came:
        """Read what somebody sent who may send.

        Raises:
            Retryable, sqlite3.Error, RateLimited: it cannot be judged or taken now; the same may be sent again.
        """
        principal = self._directory.who(authorization)
        if isinstance(principal, Problem):
            return Came(principal, self._tenants.writer(DEFAULT_TENANT))
        sink = self._tenants.writer(principal.tenant)
        if not principal.sends:
            return Came(refused("this credential may not send", "Use one of a device or a gateway.", FORBIDDEN), sink)
        if self._usher is not None:
            self._usher.admit(principal)
        speaker = Speaker(principal, self._directory, self._shapes)
        found = read(speaker.observer)
        if isinstance(found, Problem):
            return Came(found, sink)
        spoken = speaker.spoken(found.claims, found.problems)
        ignored = Counter(found.ignored)
        ignored.update(spoken.doubts)
        taken = Taken(claims=spoken.claims, problems=spoken.problems, ignored=ignored, beats=found.beats)
        if self._usher is not None:
            self._usher.took(principal, taken)
        return Came(taken, sink)
