"""A provider's own usage block, as some emitters carry it along: the best witness of how input was counted. Pure."""

from collections.abc import Mapping
from typing import Any

from tollbook_collector.receivers.dialects.counting import Counting, Reported
from tollbook_collector.receivers.plain import whole
from tollbook_collector.receivers.plain_document import part


def reported(block: Mapping[str, Any]) -> tuple[Reported, Counting] | None:
    """The counts of a usage block of Anthropic, OpenAI (both of its interfaces) or LiteLLM; `None` for any other.

    LiteLLM's block has OpenAI's names and Anthropic's cache counts beside them; its `prompt_tokens` hold all input.
    """
    if "prompt_tokens" in block:
        return _chat(block), Counting.INCLUSIVE
    if "input_tokens_details" in block:
        return _responses(block), Counting.INCLUSIVE
    if "cache_creation_input_tokens" in block or "cache_read_input_tokens" in block:
        return _anthropic(block), Counting.EXCLUSIVE
    return None


def _chat(block: Mapping[str, Any]) -> Reported:
    details = part(block, "prompt_tokens_details")
    split = part(details, "cache_creation_token_details")
    return Reported(
        input=whole(block.get("prompt_tokens")),
        output=whole(block.get("completion_tokens")),
        cache_read=_first(block.get("cache_read_input_tokens"), details.get("cached_tokens")),
        cache_write=_first(block.get("cache_creation_input_tokens"), details.get("cache_creation_tokens")),
        cache_write_5m=whole(split.get("ephemeral_5m_input_tokens")),
        cache_write_1h=whole(split.get("ephemeral_1h_input_tokens")),
        reasoning=whole(part(block, "completion_tokens_details").get("reasoning_tokens")),
        web_searches=whole(part(block, "server_tool_use").get("web_search_requests")),
    )


def _responses(block: Mapping[str, Any]) -> Reported:
    details = part(block, "input_tokens_details")
    return Reported(
        input=whole(block.get("input_tokens")),
        output=whole(block.get("output_tokens")),
        cache_read=whole(details.get("cached_tokens")),
        cache_write=whole(details.get("cache_write_tokens")),
        reasoning=whole(part(block, "output_tokens_details").get("reasoning_tokens")),
    )


def _anthropic(block: Mapping[str, Any]) -> Reported:
    split = part(block, "cache_creation")
    return Reported(
        input=whole(block.get("input_tokens")),
        output=whole(block.get("output_tokens")),
        cache_read=whole(block.get("cache_read_input_tokens")),
        cache_write=whole(block.get("cache_creation_input_tokens")),
        cache_write_5m=whole(split.get("ephemeral_5m_input_tokens")),
        cache_write_1h=whole(split.get("ephemeral_1h_input_tokens")),
        reasoning=whole(part(block, "output_tokens_details").get("thinking_tokens")),
        web_searches=whole(part(block, "server_tool_use").get("web_search_requests")),
    )


def _first(*values: object) -> int | None:
    """The first that is more than nothing; else the first that is known."""
    known = [number for value in values if (number := whole(value)) is not None]
    return next((number for number in known if number), known[0] if known else None)
