"""The lines of a Claude Code transcript, as far as they are read: no field here can hold a prompt or an answer.

Names are Claude Code's own (observed of 1.0.95 to 2.1.330). The format is internal to the tool and changes between
versions, so every field may be absent and every record type unknown.
"""

from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct, json

from tollbook_agent.capture.anthropic_usage import Name, UsageBlock

MAX_PATH = 4096
"""Characters of a folder's path (Linux: PATH_MAX)."""

type Path = Annotated[str, Meta(max_length=MAX_PATH)]


class Message(Struct, gc=False):
    """An Anthropic message, without its content."""

    id: Name | None = None
    model: Name | None = None
    role: Name | None = None
    stop_reason: Name | None = None
    usage: UsageBlock | None = None


class Nested(Struct, gc=False):
    """A subagent's line inside a `progress` record (up to about 2.1.42)."""

    type: Name | None = None
    timestamp: Name | None = None
    requestId: Name | None = None
    isApiErrorMessage: bool | None = None
    message: Message | None = None


class Data(Struct, gc=False):
    """The payload of a `progress` record."""

    type: Name | None = None
    agentId: Name | None = None
    message: Nested | None = None


class Line(Struct, gc=False):
    """A record that may hold a response: `assistant`, or `progress` with `agent_progress`."""

    type: Name | None = None
    timestamp: Name | None = None
    message: Message | None = None
    data: Data | None = None
    requestId: Name | None = None
    requestedModel: Name | None = None
    advisorModel: Name | None = None
    sessionId: Name | None = None
    requestSessionId: Name | None = None
    """Of a copy made by a fork: the session that made the request."""
    promptId: Name | None = None
    agentId: Name | None = None
    isSidechain: bool | None = None
    isApiErrorMessage: bool | None = None
    cwd: Path | None = None
    gitBranch: Name | None = None
    version: Name | None = None
    costUSD: Decimal | None = None
    """The client's own price, until about 1.0.8."""
    cursor_version: Name | None = None
    """Only in what Cursor writes: it runs Claude Code's hooks and may share its folders."""


class Worktree(Struct, gc=False):
    """Where a session moved to."""

    worktreeBranch: Name | None = None


class ToolResult(Struct, gc=False):
    """What a tool gave back; WebSearch says how often it searched."""

    searchCount: int | None = None


class Event(Struct, gc=False):
    """A record about the session: `worktree-state`, `pr-link`, or a tool's result."""

    type: Name | None = None
    sessionId: Name | None = None
    worktreeSession: Worktree | None = None
    """`null` when the session left its worktree."""
    worktreeBranch: Name | None = None
    prNumber: int | None = None
    prRepository: Name | None = None
    toolUseResult: ToolResult | None = None


LINE = json.Decoder(Line)
EVENT = json.Decoder(Event)

KNOWN_TYPES: frozenset[str] = frozenset(
    {
        "agent-color",
        "agent-name",
        "agent-setting",
        "ai-title",
        "api-request",
        "api-request-blob",
        "api-request-shape",
        "assistant",
        "atis-latch",
        "attachment",
        "attribution-snapshot",
        "away_summary",
        "bridge-session",
        "content-replacement",
        "cost-state",
        "custom-title",
        "file-history-delta",
        "file-history-snapshot",
        "fork-context-ref",
        "frame-link",
        "last-prompt",
        "mode",
        "permission-mode",
        "pr-link",
        "progress",
        "queue-operation",
        "relocated",
        "result",
        "speculation-accept",
        "started",
        "summary",
        "system",
        "tag",
        "task-summary",
        "teleported-from",
        "tools-used",
        "user",
        "worktree-state",
    }
)
"""Record types that are no reason to look closer."""
