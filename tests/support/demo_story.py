"""What happens in the demo: two weeks of one engineer, two repositories, three tickets, call by call.

The numbers here are the truth that the recordings are written from and that the expected totals are added up from; the
two ways do not share code beyond this file.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOME = "/home/ada/src"
"""Where the recordings say that the repositories are."""
ENGINEER = "ada@example.com"
MAIN, REFUND, ROUNDING, DEPLOY = "main", "feature/PAY-123-refund", "bugfix/PAY-456-rounding", "chore/OPS-77-deploy"
TICKETS: dict[str, str | None] = {MAIN: None, REFUND: "PAY-123", ROUNDING: "PAY-456", DEPLOY: "OPS-77"}
"""Branch -> ticket."""
REMOTES: dict[str, str] = {"shop": "git@github.com:acme/shop.git", "web": "https://github.com/acme/web.git"}
CHECKOUTS: dict[str, tuple[tuple[str, str], ...]] = {
    "shop": (
        ("2026-10-01T08:00:00", MAIN),
        ("2026-10-20T09:12:44", REFUND),
        ("2026-10-28T14:21:30", ROUNDING),
    ),
    "web": (("2026-10-01T08:05:00", MAIN), ("2026-10-29T16:40:02", DEPLOY), ("2026-11-04T10:02:19", MAIN)),
}
"""Repository -> what was checked out when (UTC). The one of 28 October is made by the agent itself, in a session."""

OPUS, SONNET, HAIKU, OLD_OPUS = "claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-5-5", "claude-opus-4-8"
SOL = "gpt-6.1-sol"


class Writer(StrEnum):
    """Which program, and of which age, wrote a session."""

    CLAUDE = "claude"
    CLAUDE_OLD = "claude-old"
    CODEX = "codex"
    CODEX_OLD = "codex-old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One response of a model: tokens as the provider bills them (disjoint; `reasoning` is part of `output`)."""

    input: int
    cache_read: int
    output: int
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_write: int = 0
    """Without a lifetime: Codex does not name one."""
    reasoning: int = 0
    branch: str = ""
    """Where it differs from the session's."""
    advisor: tuple[str, int, int] | None = None
    """Another model asked inside of this response: its name, input and output."""
    minutes: int = 2
    """After the call before it."""
    reads: int = 6
    """Thousand characters that the tools it asks for give back."""
    blocks: int = 2
    """Lines that Claude Code writes for it: one for each content block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One conversation, in one folder."""

    name: str
    writer: Writer
    repo: str
    branch: str
    """At its start; what its log goes on to say."""
    begins: str
    """UTC, ISO 8601."""
    model: str
    prompt: str
    calls: tuple[Call, ...]
    parent: str | None = None
    """Name of the session that this is a subagent of."""
    plan: bool = False
    """Paid by a ChatGPT plan."""
    switches_after: int | None = field(default=None)
    """The call whose tool checks out another branch."""

    def moments(self) -> list[datetime]:
        """When each call is answered."""
        at = datetime.fromisoformat(self.begins).replace(tzinfo=UTC)
        found: list[datetime] = []
        for call in self.calls:
            at += timedelta(minutes=call.minutes)
            found.append(at)
        return found
