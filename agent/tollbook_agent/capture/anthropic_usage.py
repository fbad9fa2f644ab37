"""Anthropic's `usage` block: its shape, and how it is taken apart into disjoint counts by model.

The same block is in a response on the wire and in every transcript line of Claude Code. Its own counters are disjoint
already: `input_tokens` is what no cache held, `output_tokens` includes thinking. What it leaves out is in
`iterations`, one entry a sampling pass; the rules for those are in `anthropic_iterations`.
"""

from collections.abc import Mapping
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from tollbook.usage import Usage
from tollbook_agent.capture.frozen import builder

MAX_COUNT = 10**15
"""A counter beyond this is damage: no response holds as many tokens, and sums of such must fit in 64 bits."""
MAX_TEXT = 512
"""Characters of a name; a longer text is no name."""
type Name = Annotated[str, Meta(max_length=MAX_TEXT)]

NO_EXTRA: Mapping[str, Usage] = {}
"""Shared by all that have none."""


_USAGE = builder(
    Usage,
    *("input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write", "output", "reasoning", "web_searches"),
)


class CacheCreation(Struct, gc=False):
    """Cache writes by lifetime."""

    ephemeral_5m_input_tokens: int | None = None
    ephemeral_1h_input_tokens: int | None = None


class OutputDetails(Struct, gc=False):
    """Parts of the output."""

    thinking_tokens: int | None = None


class ServerToolUse(Struct, gc=False):
    """Server tools that are billed by request. Web fetches are free and not named here."""

    web_search_requests: int | None = None


class Iteration(Struct, gc=False):
    """One sampling pass inside a response."""

    type: Name | None = None
    model: Name | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None


class UsageBlock(Struct, gc=False):
    """The `usage` object of a message; an absent counter is `None`."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_input_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_creation: CacheCreation | None = None
    output_tokens_details: OutputDetails | None = None
    server_tool_use: ServerToolUse | None = None
    iterations: list[Iteration] | None = None
    service_tier: Name | None = None
    speed: Name | None = None
    inference_geo: Name | None = None


class Counts(NamedTuple):
    """The counters that blocks and iterations share. `written` is at least the sum of both lifetimes."""

    input: int
    cache_read: int
    written: int
    written_5m: int
    written_1h: int
    output: int

    def plus(self, other: "Counts") -> "Counts":
        """Element-wise sum."""
        return Counts._make(map(int.__add__, self, other))

    def at_least(self, other: "Counts") -> "Counts":
        """Element-wise maximum."""
        return Counts._make(map(max, self, other))

    def usage(self, reasoning: int = 0, web_searches: int = 0) -> Usage:
        """Disjoint counts; only for counts without fault and with no more reasoning than output."""
        return disjoint(*self, reasoning, web_searches)


def disjoint(
    fresh: int, read: int, written: int, five: int, one: int, output: int, reasoning: int, searches: int
) -> Usage:
    """A usage of counters that are proven: what was written in no known lifetime is the rest of the total."""
    rest = written - five - one
    return _USAGE(fresh, read, five, one, rest if rest > 0 else 0, output, reasoning, searches)


class Fault(NamedTuple):
    """Why a block could not be taken at its word: a Problem's reason and detail."""

    reason: str
    detail: str


class Parts(Struct, frozen=True):
    """A usage block taken apart. `usage` is `None` when the block tells nothing or cannot be believed."""

    usage: Usage | None
    model: str | None
    """The model that answered, to which `usage` belongs."""
    extra: Mapping[str, Usage]
    """Billed usage of other models in the same response."""
    faults: tuple[Fault, ...]


def counters(block: UsageBlock | Iteration) -> tuple[int, int, int, int, int, int]:
    """The counters of a block or an iteration, in the order of `Counts`; absent is zero.

    The top-level cache-write counter was 0 beside a filled split before Claude Code 2.1.152, and at other times more
    than the split: the larger of both is what was written.
    """
    split = block.cache_creation
    five = one = 0
    if split is not None:
        five = split.ephemeral_5m_input_tokens or 0
        one = split.ephemeral_1h_input_tokens or 0
    written = block.cache_creation_input_tokens or 0
    if 0 <= written < five + one:
        written = five + one
    return block.input_tokens or 0, block.cache_read_input_tokens or 0, written, five, one, block.output_tokens or 0


def known(text: str | None) -> str | None:
    """A text field of the block; the API writes an empty text or `not_available` where it says nothing."""
    return text if text and text != "not_available" else None


def fault_of(*counts: int) -> Fault | None:
    """What is impossible about counts that belong together, if anything."""
    if min(counts) < 0:
        return Fault("negative_count", "")
    return Fault("count_too_large", "") if max(counts) > MAX_COUNT else None


def is_silent(block: UsageBlock) -> bool:
    """Whether the block holds no counter at all: unknown, never zero."""
    return (
        block.input_tokens is None
        and block.output_tokens is None
        and block.cache_read_input_tokens is None
        and block.cache_creation_input_tokens is None
        and block.cache_creation is None
        and not block.iterations
    )
