"""Taking Anthropic's usage blocks apart."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook.usage import Usage
from tollbook_agent.capture.anthropic_iterations import MAX_ITERATIONS, take_apart
from tollbook_agent.capture.anthropic_usage import MAX_COUNT, NO_EXTRA, Fault, Parts, UsageBlock, known

MODEL = "claude-opus-5-5"


def apart(block: dict[str, Any], model: str | None = MODEL, advisor: str | None = None) -> Parts:
    return take_apart(msgspec.convert(block, UsageBlock), model=model, advisor=advisor)


def told(usage: Usage, model: str | None, extra: Mapping[str, Usage] = NO_EXTRA) -> Parts:
    return Parts(usage, model, extra, ())


def entry(kind: str | None, given: int, output: int, model: str | None = None) -> dict[str, Any]:
    return {"type": kind, "model": model, "input_tokens": given, "output_tokens": output}


def test_all_kinds() -> None:
    block: dict[str, Any] = {
        "input_tokens": 14,
        "cache_creation_input_tokens": 2800,
        "cache_read_input_tokens": 48211,
        "cache_creation": {"ephemeral_5m_input_tokens": 2100, "ephemeral_1h_input_tokens": 640},
        "output_tokens": 913,
        "output_tokens_details": {"thinking_tokens": 402},
        "server_tool_use": {"web_search_requests": 3, "web_fetch_requests": 9},
        "service_tier": "standard",
        "iterations": [],
    }
    assert apart(block) == told(
        Usage(
            input=14,
            cache_read=48211,
            cache_write_5m=2100,
            cache_write_1h=640,
            cache_write=60,
            output=913,
            reasoning=402,
            web_searches=3,
        ),
        MODEL,
    )


@pytest.mark.parametrize("block", [{}, {"service_tier": "standard"}, {"iterations": []}, {"input_tokens": None}])
def test_nothing_told_is_unknown(block: dict[str, Any]) -> None:
    assert apart(block).usage is None


def test_zero_is_known() -> None:
    assert apart({"input_tokens": 0, "output_tokens": 0}).usage == Usage()


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ({"input_tokens": -1}, "negative_count"),
        ({"cache_creation_input_tokens": -1, "output_tokens": 5}, "negative_count"),
        ({"cache_creation": {"ephemeral_1h_input_tokens": -1}}, "negative_count"),
        ({"output_tokens": 1, "server_tool_use": {"web_search_requests": -1}}, "negative_count"),
        ({"output_tokens": 1, "iterations": [entry("message", 1, 1), entry("compaction", -1, 1)]}, "negative_count"),
        ({"output_tokens": MAX_COUNT + 1}, "count_too_large"),
        ({"output_tokens": 1, "iterations": [entry("message", 0, 0)] * (MAX_ITERATIONS + 1)}, "unexpected_shape"),
    ],
)
def test_impossible_numbers_make_the_usage_unknown(block: dict[str, Any], reason: str) -> None:
    parts = apart(block)
    assert parts.usage is None
    assert [fault.reason for fault in parts.faults] == [reason]


def test_more_thinking_than_output_loses_the_thinking_only() -> None:
    parts = apart({"input_tokens": 1, "output_tokens": 2, "output_tokens_details": {"thinking_tokens": 3}})
    assert parts.usage == Usage(input=1, output=2)
    assert parts.faults == (Fault("inconsistent_count", "thinking_tokens"),)


def test_splits_and_totals_of_several_passes_add_up() -> None:
    """The compaction tells its lifetimes only, the answer its total only."""
    compaction = entry("compaction", 0, 0) | {"cache_creation": {"ephemeral_5m_input_tokens": 50}}
    block = {"cache_creation_input_tokens": 100, "output_tokens": 1, "iterations": [compaction]}
    assert apart(block).usage == Usage(cache_write_5m=50, cache_write=100, output=1)


def test_an_advisor_of_the_same_model_adds_to_it() -> None:
    block = {"output_tokens": 5, "iterations": [entry("message", 0, 5), entry("advisor_message", 7, 8, MODEL)]}
    assert apart(block) == told(Usage(input=7, output=13), MODEL)


def test_a_refusal_before_any_output_is_not_billed() -> None:
    block = {
        "input_tokens": 412,
        "output_tokens": 264,
        "iterations": [entry("message", 535, 0, "claude-fable-5"), entry("fallback_message", 412, 264, MODEL)],
    }
    assert apart(block) == told(Usage(input=412, output=264), MODEL)


def test_a_refusal_in_the_middle_of_a_stream_is_billed_at_its_own_model() -> None:
    """The message still names the model that was asked; the counters are those of the model that answered."""
    block = {
        "input_tokens": 500,
        "output_tokens": 300,
        "iterations": [entry("message", 535, 40, "claude-fable-5"), entry("fallback_message", 500, 300, MODEL)],
    }
    parts = apart(block, model="claude-fable-5")
    assert parts == told(Usage(input=500, output=300), MODEL, {"claude-fable-5": Usage(input=535, output=40)})


def test_a_fallback_that_the_top_level_does_not_hold_is_an_extra_model() -> None:
    block = {
        "input_tokens": 100,
        "output_tokens": 10,
        "iterations": [entry("message", 100, 10, MODEL), entry("fallback_message", 50, 5, "claude-opus-4-8")],
    }
    assert apart(block) == told(Usage(input=100, output=10), MODEL, {"claude-opus-4-8": Usage(input=50, output=5)})


def test_an_alias_and_its_dated_name_are_one_model() -> None:
    block = {"output_tokens": 9, "iterations": [entry("message", 0, 4, MODEL), entry("message", 0, 5, MODEL)]}
    assert apart(block, model=f"{MODEL}-20261101") == told(Usage(output=9), f"{MODEL}-20261101")


def test_texts_that_say_nothing_are_unknown() -> None:
    assert [known(text) for text in ("", "not_available", None, "us")] == [None, None, None, "us"]


COUNT = st.one_of(st.none(), st.integers(-2, 5000))
ENTRIES = st.lists(
    st.builds(
        entry,
        st.sampled_from([None, "message", "compaction", "advisor_message", "fallback_message", "dream"]),
        st.integers(-1, 500),
        st.integers(-1, 500),
        st.sampled_from([None, MODEL, "claude-fable-5"]),
    ),
    max_size=5,
)


@settings(max_examples=80, deadline=None, derandomize=True)
@given(st.lists(COUNT, min_size=8, max_size=8), ENTRIES)
def test_every_usage_is_one_the_constructor_accepts(counts: list[int | None], entries: list[dict[str, Any]]) -> None:
    block = {
        "input_tokens": counts[0],
        "output_tokens": counts[1],
        "cache_read_input_tokens": counts[2],
        "cache_creation_input_tokens": counts[3],
        "cache_creation": {"ephemeral_5m_input_tokens": counts[4], "ephemeral_1h_input_tokens": counts[5]},
        "output_tokens_details": {"thinking_tokens": counts[6]},
        "server_tool_use": {"web_search_requests": counts[7]},
        "iterations": entries,
    }
    parts = apart(block)
    negative = any(count is not None and count < 0 for count in counts)
    assert not (negative and parts.usage)
    for usage in filter(None, [parts.usage, *parts.extra.values()]):
        assert Usage(**usage.as_dict()) == usage
    if parts.usage is not None:
        assert parts.usage.output >= (counts[1] or 0)
        assert parts.usage.cache_write_total >= (counts[3] or 0)
