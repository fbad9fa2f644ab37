"""OpenAI's and Gemini's inclusive counts are taken apart without a token gained, lost or clamped."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw

from tests.support.law import law
from tollbook.usage import Usage
from tollbook_agent.capture.anthropic_usage import MAX_COUNT
from tollbook_agent.capture.wire.gemini_usage import gemini_usage
from tollbook_agent.capture.wire.openai_usage import UNKNOWN, Counted, chat_usage, responses_usage

counts = st.integers(0, 10**12)


def raw(value: Any) -> Raw:
    return Raw(json.dumps(value).encode())


def responses(block: Any, searches: int = 0) -> Counted:
    return responses_usage(raw(block), searches)


@law
@given(fresh=counts, read=counts, short=counts, long=counts, rest=counts, output=counts, reasoning=counts)
def test_disjoint_counts_come_back(
    fresh: int, read: int, short: int, long: int, rest: int, output: int, reasoning: int
) -> None:
    reasoning = min(reasoning, output)
    written = short + long + rest
    block = {
        "input_tokens": fresh + read + written,
        "input_tokens_details": {
            "cached_tokens": read,
            "cache_write_tokens": written,
            "cache_write_tokens_details": {"ttl_30m_tokens": short, "ttl_12h_tokens": long},
        },
        "output_tokens": output,
        "output_tokens_details": {"reasoning_tokens": reasoning},
    }
    expected = Usage(
        input=fresh,
        cache_read=read,
        cache_write_30m=short,
        cache_write_12h=long,
        cache_write=rest,
        output=output,
        reasoning=reasoning,
        web_searches=3,
    )
    assert responses(block, 3) == (expected, None)


@law
@given(given_=counts, read=counts, written=counts, output=counts, reasoning=counts)
def test_counts_that_contradict_are_unknown(given_: int, read: int, written: int, output: int, reasoning: int) -> None:
    block = {
        "prompt_tokens": given_,
        "prompt_tokens_details": {"cached_tokens": read, "cache_write_tokens": written},
        "completion_tokens": output,
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    usage, fault = chat_usage(raw(block))
    if read + written > given_ or reasoning > output:
        assert usage is None
        assert fault is not None
        assert fault.reason == "parts_exceed_total"
    else:
        assert usage is not None
        assert (usage.prompt, usage.output) == (given_, output)


@pytest.mark.parametrize("block", [None, {}, {"total_tokens": 7}, {"input_tokens": None, "output_tokens": None}])
def test_an_absent_usage_is_unknown_and_no_fault(block: Any) -> None:
    assert responses(block) == UNKNOWN


def test_no_bytes_at_all_are_an_absent_usage() -> None:
    assert responses_usage(Raw()) == chat_usage(Raw()) == gemini_usage(b"")[0] == UNKNOWN


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"input_tokens": 5}, "usage_incomplete"),
        ({"output_tokens": 5}, "usage_incomplete"),
        ({"input_tokens": -5, "output_tokens": 5}, "negative_count"),
        ({"input_tokens": 5, "output_tokens": MAX_COUNT + 1}, "count_too_large"),
        ({"input_tokens": "5", "output_tokens": 5}, "usage_unreadable"),
        ({"input_tokens": 5.5, "output_tokens": 5}, "usage_unreadable"),
        ([1, 2], "usage_unreadable"),
        (
            {
                "input_tokens": 9,
                "output_tokens": 0,
                "input_tokens_details": {
                    "cache_write_tokens": 1,
                    "cache_write_tokens_details": {"ttl_30m_tokens": 2},
                },
            },
            "parts_exceed_total",
        ),
    ],
)
def test_what_cannot_be_believed_is_a_fault(block: Any, reason: str) -> None:
    usage, fault = responses(block)
    assert usage is None
    assert fault is not None
    assert fault.reason == reason


def test_a_split_without_its_sum_is_the_sum() -> None:
    details = {"cache_write_tokens_details": {"ttl_30m_tokens": 3, "ttl_12h_tokens": 4}}
    usage, _ = responses({"input_tokens": 10, "output_tokens": 1, "input_tokens_details": details})
    assert usage == Usage(input=3, cache_write_30m=3, cache_write_12h=4, output=1)


@law
@given(prompt=counts, read=counts, tools=counts, answered=counts, thoughts=counts)
def test_gemini_counts_tools_and_thoughts_beside(
    prompt: int, read: int, tools: int, answered: int, thoughts: int
) -> None:
    block = {
        "promptTokenCount": prompt + read,
        "cachedContentTokenCount": read,
        "toolUsePromptTokenCount": tools,
        "candidatesTokenCount": answered,
        "thoughtsTokenCount": thoughts,
        "trafficType": "ON_DEMAND",
    }
    (usage, fault), tier = gemini_usage(raw(block))
    expected = Usage(input=prompt + tools, cache_read=read, output=answered + thoughts, reasoning=thoughts)
    assert (usage, fault, tier) == (expected, None, "on_demand")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"promptTokenCount": -1}, "negative_count"),
        ({"promptTokenCount": 1, "cachedContentTokenCount": 2}, "parts_exceed_total"),
        ({"promptTokenCount": "1"}, "usage_unreadable"),
    ],
)
def test_gemini_counts_that_cannot_be_believed(block: Any, reason: str) -> None:
    (usage, fault), _ = gemini_usage(raw(block))
    assert usage is None
    assert fault is not None
    assert fault.reason == reason


def test_an_unspecified_traffic_type_is_none() -> None:
    assert gemini_usage(raw({"promptTokenCount": 1, "trafficType": "TRAFFIC_TYPE_UNSPECIFIED"}))[1] is None
