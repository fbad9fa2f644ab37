"""OpenAI's `usage` blocks, of Responses and of Chat Completions, taken apart into disjoint counts.

Both are inclusive: what a cache held and what was written to one is inside the input, reasoning inside the output
(openai 3.54 `response_usage.py`, `completion_usage.py`). A part that would be negative means that the block is not
understood: then the usage is unknown, never clamped.
"""

from typing import NamedTuple

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from tollbook.usage import Usage
from tollbook_agent.capture.anthropic_usage import Fault, fault_of

DAMAGE = (DecodeError, ValidationError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are not of the expected form."""


class WriteDetails(Struct, gc=False):
    """Cache writes by lifetime."""

    ttl_30m_tokens: int | None = None
    ttl_12h_tokens: int | None = None


class InputDetails(Struct, gc=False):
    """Parts of the input."""

    cached_tokens: int | None = None
    cache_write_tokens: int | None = None
    cache_write_tokens_details: WriteDetails | None = None


class OutputDetails(Struct, gc=False):
    """Parts of the output."""

    reasoning_tokens: int | None = None


class ResponsesUsage(Struct, gc=False):
    """`response.usage`."""

    input_tokens: int | None = None
    input_tokens_details: InputDetails | None = None
    output_tokens: int | None = None
    output_tokens_details: OutputDetails | None = None


class ChatUsage(Struct, gc=False):
    """`usage` of a chat completion."""

    prompt_tokens: int | None = None
    prompt_tokens_details: InputDetails | None = None
    completion_tokens: int | None = None
    completion_tokens_details: OutputDetails | None = None


class Counted(NamedTuple):
    """A usage block taken apart: `usage` is `None` where it is absent or cannot be believed, and then `fault` says."""

    usage: Usage | None = None
    fault: Fault | None = None


UNKNOWN = Counted()
_decode_responses = Decoder(ResponsesUsage | None).decode
_decode_chat = Decoder(ChatUsage | None).decode


def responses_usage(raw: Raw, searches: int = 0) -> Counted:
    """The counts of `response.usage`. `searches`: billable web searches, which stand beside it."""
    try:
        block = _decode_responses(raw or b"null")
    except DAMAGE as error:
        return Counted(None, Fault("usage_unreadable", type(error).__name__))
    if block is None:
        return UNKNOWN
    return _counted(
        block.input_tokens, block.input_tokens_details, block.output_tokens, block.output_tokens_details, searches
    )


def chat_usage(raw: Raw) -> Counted:
    """The counts of a chat completion's `usage`."""
    try:
        block = _decode_chat(raw or b"null")
    except DAMAGE as error:
        return Counted(None, Fault("usage_unreadable", type(error).__name__))
    if block is None:
        return UNKNOWN
    return _counted(
        block.prompt_tokens, block.prompt_tokens_details, block.completion_tokens, block.completion_tokens_details, 0
    )


def _counted(
    given: int | None, parts: InputDetails | None, output: int | None, made: OutputDetails | None, searches: int
) -> Counted:
    """Disjoint counts. A block without both totals tells nothing that could be priced."""
    if given is None and output is None:
        return UNKNOWN
    if given is None or output is None:
        return Counted(None, Fault("usage_incomplete", ""))
    parts = parts or InputDetails()
    read = parts.cached_tokens or 0
    split = parts.cache_write_tokens_details or WriteDetails()
    half_hour, half_day = split.ttl_30m_tokens or 0, split.ttl_12h_tokens or 0
    written = parts.cache_write_tokens
    if written is None:
        written = half_hour + half_day
    reasoning = (made.reasoning_tokens if made else None) or 0
    fault = fault_of(given, read, half_hour, half_day, written, output, reasoning, searches)
    if fault is not None:
        return Counted(None, fault)
    fresh, rest = given - read - written, written - half_hour - half_day
    if fresh < 0 or rest < 0 or reasoning > output:
        return Counted(None, Fault("parts_exceed_total", ""))
    usage = Usage(
        input=fresh,
        cache_read=read,
        cache_write_30m=half_hour,
        cache_write_12h=half_day,
        cache_write=rest,
        output=output,
        reasoning=reasoning,
        web_searches=searches,
    )
    return Counted(usage)
