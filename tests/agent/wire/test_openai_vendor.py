"""OpenAI's own package decodes the recordings, through its own transport, and gives the same counts."""

import json
from collections.abc import Iterator
from typing import Any, cast

import httpx2
import openai
import pytest
from openai.types.responses import Response as VendorResponse

from tests.agent.wire.openai_recording import Exchange, counts_by_id, frames_of, read, recorded, whole

RECORDED = recorded("openai")
HTTP = [each for each in RECORDED if not each.is_socket and each.response.status == 200 and each.complete]
SOCKETS = [each for each in RECORDED if each.is_socket]


def client(exchange: Exchange) -> openai.OpenAI:
    """The vendor's client, answered by the recording."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"} | dict(exchange.response.headers)
        return httpx2.Response(200, headers=headers, content=exchange.answer)

    return openai.OpenAI(api_key="none", http_client=httpx2.Client(transport=httpx2.MockTransport(answer)))


def responses_usage(response: Any) -> dict[str, int] | None:
    """Counts of a `Response` of the vendor's, as the vendor's documentation says they nest."""
    usage = response.usage
    if usage is None:
        return None
    given, made = usage.input_tokens_details, usage.output_tokens_details
    split = given.cache_write_tokens_details
    tools = getattr(response, "tool_usage", None)
    counts = {
        "input": usage.input_tokens - given.cached_tokens - given.cache_write_tokens,
        "cache_read": given.cached_tokens,
        "cache_write_30m": split.ttl_30m_tokens if split else 0,
        "cache_write_12h": split.ttl_12h_tokens if split else 0,
        "cache_write": given.cache_write_tokens - (split.ttl_30m_tokens + split.ttl_12h_tokens if split else 0),
        "output": usage.output_tokens,
        "reasoning": made.reasoning_tokens,
        "web_searches": tools.web_search.num_requests if tools else 0,
    }
    return {name: count for name, count in counts.items() if count}


def chat_usage(usage: Any) -> dict[str, int]:
    """Counts of a `CompletionUsage` of the vendor's."""
    given, made = usage.prompt_tokens_details, usage.completion_tokens_details
    counts = {
        "input": usage.prompt_tokens - given.cached_tokens - given.cache_write_tokens,
        "cache_read": given.cached_tokens,
        "cache_write": given.cache_write_tokens,
        "output": usage.completion_tokens,
        "reasoning": made.reasoning_tokens,
    }
    return {name: count for name, count in counts.items() if count}


def vendor_answer(exchange: Exchange) -> Iterator[tuple[str, dict[str, int] | None]]:
    """Id and counts of each call, as the vendor's package tells them."""
    api, path = client(exchange), exchange.request.path
    ask = cast(dict[str, Any], json.loads(exchange.body))
    ask.pop("client_metadata", None)  # Codex's own
    if "chat/completions" in path:
        answer = cast(Any, api.chat.completions).create(**ask)
        chunks = list(answer) if ask["stream"] else [answer]
        used = [one.usage for one in chunks if one.usage]
        yield next(one.id for one in chunks if one.id), chat_usage(used[-1]) if used else None
    elif path.endswith("/compact"):
        answer = api.responses.compact(model=ask["model"])
        yield answer.id, responses_usage(answer)
    elif not ask["stream"]:
        answer = cast(Any, api.responses).create(**ask)
        yield answer.id, responses_usage(answer)
    else:
        for event in cast(Any, api.responses).create(**ask):
            if event.type in ("response.completed", "response.incomplete", "response.failed"):
                yield event.response.id, responses_usage(event.response)


def ours(exchange: Exchange) -> dict[str, dict[str, int] | None]:
    """Id and counts as our reader tells them."""
    return counts_by_id(read(exchange, whole))


@pytest.mark.parametrize("exchange", HTTP, ids=lambda each: each.name)
def test_openai_package_counts_the_same(exchange: Exchange) -> None:
    if exchange.name == "responses_refused":
        assert [usage for _, usage in vendor_answer(exchange)] == [None]
        return
    theirs = dict(vendor_answer(exchange))
    if exchange.name == "responses_impossible":
        assert [counts and counts.get("input", 0) for counts in theirs.values()] == [-10]
        theirs = dict.fromkeys(theirs)
    assert ours(exchange) == theirs


@pytest.mark.parametrize("exchange", SOCKETS, ids=lambda each: each.name)
def test_openai_package_reads_the_frames_of_sockets(exchange: Exchange) -> None:
    theirs: dict[str, dict[str, int] | None] = {}
    for from_client, text in frames_of(exchange.answer):
        frame = json.loads(text)
        if not from_client and frame["type"] in ("response.completed", "response.incomplete"):
            response = VendorResponse.model_validate(frame["response"])
            theirs[response.id] = responses_usage(response)
    told = {call: counts for call, counts in ours(exchange).items() if counts is not None}
    assert told == theirs
