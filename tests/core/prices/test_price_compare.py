"""Comparing the book with foreign rows, and reading litellm's list as such rows."""

import json
from decimal import Decimal

import pytest

from tests.core.prices.calls import AUTUMN, BOOK
from tollbook.prices.compare import Finding, ForeignRow, compare
from tollbook.prices.litellm import MAX_ENTRIES, litellm_rows
from tollbook.prices.rates import day_of
from tollbook.vocabulary import Channel

TODAY = day_of(AUTUMN)


def foreign(model: str, kind: str, usd: str, channel: Channel = Channel.ANTHROPIC, **terms: str) -> ForeignRow:
    return ForeignRow(source="elsewhere", channel=channel, model=model, kind=kind, usd=Decimal(usd), day=TODAY, **terms)  # type: ignore[arg-type]


def test_agreement_is_silence() -> None:
    rows = [foreign("claude-opus-5-5", "input", "4.00"), foreign("claude-opus-5-5", "cache_read", "0.2")]
    assert compare(BOOK, rows) == []


def test_another_price() -> None:
    (difference,) = compare(BOOK, [foreign("claude-opus-5-5", "input", "5")])
    assert (difference.finding, difference.usd) == (Finding.PRICE, Decimal(4))
    assert difference.row == "anthropic/claude-opus-5-5@launch~2026-10-14/input"


@pytest.mark.parametrize(
    ("row", "finding"),
    [
        (foreign("claude-opus-9", "input", "5"), Finding.NO_MODEL),
        (foreign("claude-opus-5-5", "cache_write_12h", "5"), Finding.NO_KIND),
        (foreign("claude-opus-5-5", "input", "4", tier="express"), Finding.ASSUMED),
        (foreign("claude-opus-5-5", "input", "4", Channel.VERTEX), Finding.ASSUMED),
    ],
)
def test_what_the_book_lacks(row: ForeignRow, finding: Finding) -> None:
    assert [one.finding for one in compare(BOOK, [row])] == [finding]


def test_the_order_of_the_rows_does_not_matter() -> None:
    rows = [
        foreign(model, kind, "99") for model in ("claude-opus-5", "claude-opus-4-8") for kind in ("output", "input")
    ]
    assert compare(BOOK, rows) == compare(BOOK, rows[::-1])
    assert [(one.foreign.model, one.foreign.kind) for one in compare(BOOK, rows)] == sorted(
        (row.model, row.kind) for row in rows
    )


WRITE, ABOVE_1H = "cache_creation_input_token_cost", "cache_creation_input_token_cost_above_1hr"
LITELLM = json.dumps(
    {
        "sample_spec": {"litellm_provider": "one of ...", "input_cost_per_token": 0.0},
        "claude-haiku-5-5": {
            "litellm_provider": "anthropic",
            "mode": "chat",
            "input_cost_per_token": 1e-07,
            "input_cost_per_token_above_100k_tokens": 5e-07,
            WRITE: 1.25e-07,
            ABOVE_1H: 2e-07,
            f"{ABOVE_1H}_above_100k_tokens": 1e-06,
            "output_cost_per_token_batches": 2.5e-07,
            "supports_vision": True,
            "max_input_tokens": 1_000_000,
        },
        "gpt-6.1-sol": {
            "litellm_provider": "openai",
            f"{WRITE}_above_12hr_above_272k_tokens_priority": 2e-05,
            WRITE: 2.5e-06,
            "output_cost_per_token_ultrafast": 6e-05,
            "cache_read_input_token_cost": 2e-07,
        },
        "bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0": {
            "litellm_provider": "bedrock",
            "input_cost_per_token": 3.6e-06,
        },
        "vertex_ai/claude-opus-5-5": {
            "litellm_provider": "vertex_ai-anthropic_models",
            "input_cost_per_token": 4e-06,
        },
        "mistral-large": {"litellm_provider": "mistral", "input_cost_per_token": 1e-06},
        "odd": 5,
    }
)


def test_litellm_rows_against_the_book() -> None:
    rows, problems = litellm_rows(LITELLM, TODAY)
    assert problems == []
    assert {(row.model, row.kind, row.prompt, row.tier) for row in rows if row.model == "gpt-6.1-sol"} == {
        ("gpt-6.1-sol", "cache_write_12h", 272_001, "priority"),
        ("gpt-6.1-sol", "cache_write_30m", 0, None),
        ("gpt-6.1-sol", "output", 0, "ultrafast"),
        ("gpt-6.1-sol", "cache_read", 0, None),
    }
    assert len([row for row in rows if row.model == "claude-haiku-5-5"]) == 6
    assert {row.model for row in rows} == {
        "claude-haiku-5-5",
        "gpt-6.1-sol",
        "bedrock/us-gov-west-1/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "vertex_ai/claude-opus-5-5",
    }
    differences = compare(BOOK, rows)
    assert [(one.finding, one.foreign.kind, one.foreign.usd, one.usd) for one in differences] == [
        (Finding.PRICE, "cache_read", Decimal("0.2"), Decimal("0.10")),
    ]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "price_list_not_json"),
        ("[" * 100_000, "price_list_not_json"),
        ("[1]", "price_list_not_a_map"),
        (json.dumps({str(number): 0 for number in range(MAX_ENTRIES + 1)}), "price_list_too_long"),
    ],
)
def test_a_list_that_is_none(text: str, reason: str) -> None:
    rows, problems = litellm_rows(text, TODAY)
    assert rows == []
    assert [problem.reason for problem in problems] == [reason]
