"""What a reader must remember of a transcript to read on from where it stopped."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

MAX_SESSIONS = 16
"""Sessions of one file whose place is remembered: a file holds one, forks and resumed sessions a few more."""


class Whereabouts(NamedTuple):
    """What the session's own records last said of where it works."""

    worktree_branch: str | None = None
    pull_request: str | None = None
    """`owner/name#number`."""


UNKNOWN = Whereabouts()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeState:
    """Everything earlier lines of a file mean for later ones. Small: a few kilobytes as JSON at most."""

    last_time: int | None = None
    """The last timestamp before this point: UTC nanoseconds."""
    sessions: dict[str, Whereabouts] = field(default_factory=dict[str, Whereabouts])
    """By session id; the one heard of last is last."""
    result_lines: int = 0
    """In how many more lines the result of a web search may stand."""

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "ClaudeState":
        """The state that `to_json` gave.

        Raises:
            ValueError: it is not such a dict; read the file again from its beginning.
        """
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise ValueError("not a state of a Claude Code transcript") from error


EMPTY = ClaudeState()
