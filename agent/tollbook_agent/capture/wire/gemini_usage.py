"""Gemini's `usageMetadata`, taken apart into disjoint counts.

The prompt includes what a cache held; results of tools that were given back to the model (`toolUsePromptTokenCount`)
are beside it. Candidates do not include thoughts: together they are the output (google-genai 2026 `types.py`). Caches
are billed by time, so no call writes to one.
"""

from msgspec import Raw, Struct
from msgspec.json import Decoder

from tollbook.usage import Usage
from tollbook_agent.capture.anthropic_usage import Fault, Name, fault_of
from tollbook_agent.capture.wire.openai_usage import DAMAGE, UNKNOWN, Counted

_UNSPECIFIED = "traffic_type_unspecified"


class UsageMetadata(Struct, frozen=True, rename="camel"):
    """The counters of one answer so far; a counter of zero is absent."""

    prompt_token_count: int | None = None
    cached_content_token_count: int | None = None
    tool_use_prompt_token_count: int | None = None
    candidates_token_count: int | None = None
    thoughts_token_count: int | None = None
    traffic_type: Name | None = None
    """Only Vertex AI says it: `ON_DEMAND`, `PROVISIONED_THROUGHPUT`, ..."""


_decode = Decoder(UsageMetadata | None).decode


def gemini_usage(raw: Raw | bytes) -> tuple[Counted, str | None]:
    """The counts, and the traffic type in lower case."""
    try:
        block = _decode(raw or b"null")
    except DAMAGE as error:
        return Counted(None, Fault("usage_unreadable", type(error).__name__)), None
    if block is None:
        return UNKNOWN, None
    tier = (block.traffic_type or "").lower()
    return _counted(block), None if tier in ("", _UNSPECIFIED) else tier


def _counted(block: UsageMetadata) -> Counted:
    if block.prompt_token_count is None:
        return UNKNOWN
    prompt, read = block.prompt_token_count, block.cached_content_token_count or 0
    tools = block.tool_use_prompt_token_count or 0
    answered, thoughts = block.candidates_token_count or 0, block.thoughts_token_count or 0
    fault = fault_of(prompt, read, tools, answered, thoughts)
    if fault is not None:
        return Counted(None, fault)
    if read > prompt:
        return Counted(None, Fault("parts_exceed_total", ""))
    return Counted(Usage(input=prompt - read + tools, cache_read=read, output=answered + thoughts, reasoning=thoughts))
