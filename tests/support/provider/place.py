"""Where the work of a billed call belongs, told by what the run had planned."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.support.provider.ledger import Entry

SWITCHED_STEP = 2
"""The first request of the script `branch-switch` that is made on the other branch."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A repository as `owner/name`, a branch, and the ticket that its name holds."""

    repo: str | None
    branch: str | None
    ticket: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Sessions by where they ran."""

    sessions: Mapping[str, Place]
    switched: Mapping[str, Place] = field(default_factory=dict[str, Place])
    """Sessions with the script `branch-switch`: where they were after the switch."""

    def __call__(self, entry: Entry) -> Place | None:
        """Where an entry's work belongs; `None` where nothing on the wire or on disk tells.

        So it is with the threads of Codex 0.169.0 that only name another one: they have a session of their own, no
        parent, no workspace and no log.

        Raises:
            KeyError: its session was not planned.
        """
        session = entry.session_id or ""
        if session not in self.sessions and entry.purpose == "title":
            return None
        if session in self.switched and (entry.script != "branch-switch" or entry.step >= SWITCHED_STEP):
            return self.switched[session]
        return self.sessions[session]
