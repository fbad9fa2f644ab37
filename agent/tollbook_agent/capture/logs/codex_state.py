"""What a reader must remember of a rollout to read on from where it stopped."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from tollbook_agent.capture.logs.codex_vector import Marks, Vector

MAX_ANCESTORS = 16
"""Threads whose history a file may hold copies of; forks of forks of forks."""


class Phase(StrEnum):
    """Whose history the lines at this point of the file are."""

    OWN = "own"
    """The thread copied nothing, or an ordinal on each line says what is copied."""
    OPEN = "open"
    """A fork that does not say where the copy ends: each line may be an ancestor's."""
    INHERITED = "inherited"
    """Inside the copy: the turn began before this thread existed."""
    SUFFIX = "suffix"
    """Past the copy, for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The file's own thread, from its first `session_meta`."""

    id: str
    session: str
    born: int | None = None
    """When the thread was made: UTC nanoseconds."""
    parent: str | None = None
    subagent: str | None = None
    """The kind of a subagent: `thread_spawn`, `review`, `compact`, ..."""
    source: str | None = None
    """`user`, `subagent`, `thread_title`, ..."""
    copies: bool = False
    """A fork: totals may go on from an ancestor's."""
    own_from: float | None = None
    """The first ordinal that is the thread's own."""
    account: str | None = None
    cwd: str | None = None
    branch: str | None = None
    commit: str | None = None
    remote_url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """What every row with usage moves on."""

    clock: int | None = None
    """When the latest line was written: UTC nanoseconds."""
    marks: Marks = field(default_factory=Marks)
    unpaired: Vector | None = None
    """Usage of the latest record, while the count that repeats it has not come."""
    untold: Vector | None = None
    """Total of the latest response that was reported before the file told who pays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodexState:
    """Everything earlier lines of a file mean for later ones. Small: a few kilobytes as JSON."""

    thread: Thread | None = None
    phase: Phase = Phase.OWN
    ancestors: tuple[str, ...] = ()
    provider: str | None = None
    """Codex's name of the model provider."""
    plan: bool = False
    """A ChatGPT plan was named."""
    model: str | None = None
    """From the latest `turn_context`."""
    settings_model: str | None = None
    tier: str | None = None
    turn: str | None = None
    cwd: str | None = None
    progress: Progress = field(default_factory=Progress)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return msgspec.to_builtins(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "CodexState":
        """The state that `to_json` gave.

        Raises:
            ValueError: it is not such a dict; read the file again from its beginning.
        """
        try:
            return msgspec.convert(value, cls)
        except msgspec.ValidationError as error:
            raise ValueError("not a state of a Codex rollout") from error


EMPTY = CodexState()
