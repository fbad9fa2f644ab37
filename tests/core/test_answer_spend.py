"""Spend tables: every one of them sums to its total, whatever it is grouped by."""

from collections.abc import Sequence
from itertools import chain, combinations
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.booked_rows import booked, booked_rows
from tests.support.domain import NOON
from tests.support.law import law
from tollbook.answer import DIMENSIONS, day_number, day_text, iso_time, moment, spend
from tollbook.booked import Booked, other_models
from tollbook.booking import day_of
from tollbook.usage import FIELDS, Usage

EVERY_SUBSET = list(chain.from_iterable(combinations(DIMENSIONS, size) for size in range(len(DIMENSIONS) + 1)))
ROWS = st.lists(booked_rows(), max_size=5)


def table(rows: Sequence[Booked], *by: str) -> dict[tuple[str | None, ...], dict[str, Any]]:
    """Rows of the answer by their key."""
    return {tuple(row["key"]): row for row in spend(rows, by, None, None)["rows"]}


def money(rows: Sequence[Booked]) -> int:
    return sum(row.list_nano_usd + sum(part for _, _, part in other_models(row)) for row in rows)


def tokens(rows: Sequence[Booked]) -> dict[str, int]:
    return {
        name: sum(
            (getattr(row, name) or 0) + sum(getattr(usage, name) for _, usage, _ in other_models(row)) for row in rows
        )
        for name in FIELDS
    }


def assert_crossfoots(rows: Sequence[Booked], by: Sequence[str]) -> None:
    answer = spend(rows, by, None, None)
    total = answer["total"]
    assert total["calls"] == len(rows)
    assert total["list_nano_usd"] == money(rows) == sum(row["list_nano_usd"] for row in answer["rows"])
    assert total["usage"] == tokens(rows)
    for name in FIELDS:
        assert sum(row["usage"][name] for row in answer["rows"]) == total["usage"][name]
    mentions = sum(max(1, len((row.tickets or "").split())) for row in rows) if "ticket" in by else len(rows)
    assert sum(row["calls"] for row in answer["rows"]) == mentions
    for row in answer["rows"]:
        assert row["usage"]["reasoning"] <= row["usage"]["output"]
        assert len(row["key"]) == len(by)


@law
@given(ROWS, st.sets(st.sampled_from(DIMENSIONS)))
def test_every_table_sums_to_its_total(rows: list[Booked], by: set[str]) -> None:
    assert_crossfoots(rows, sorted(by))


def test_every_subset_of_dimensions_crossfoots() -> None:
    usage = Usage(input=10, cache_read=7, output=5, reasoning=4, web_searches=1)
    rows = [
        booked(
            usage, {"haiku": (Usage(output=5), 7)}, tickets="OPS-2 PAY-1 PAY-3", list_nano_usd=100, session_id="s-1"
        ),
        booked(usage, {"claude-opus-5-5": (Usage(input=1), 1)}, tickets="PAY-1", list_nano_usd=11, repo="shop/api"),
        booked(None, tickets=None, engineer="ada@example.com", sources="proxy+log", branch="main", unpriced=1),
    ]
    for by in EVERY_SUBSET:
        assert_crossfoots(rows, by)


@law
@given(ROWS, st.sets(st.sampled_from(DIMENSIONS)), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_rows(rows: list[Booked], by: set[str], shuffle: Random) -> None:
    expected = spend(rows, sorted(by), None, None)
    shuffle.shuffle(rows)
    assert spend(rows, sorted(by), None, None) == expected


def test_a_call_of_several_tickets_is_split_evenly_and_counted_under_each() -> None:
    rows = [booked(Usage(input=10, output=4, reasoning=3), tickets="OPS-2 PAY-1 PAY-3", list_nano_usd=100)]
    by_ticket = table(rows, "ticket")
    assert {key: (row["calls"], row["list_nano_usd"], row["usage"]["input"]) for key, row in by_ticket.items()} == {
        ("OPS-2",): (1, 34, 4),
        ("PAY-1",): (1, 33, 3),
        ("PAY-3",): (1, 33, 3),
    }
    assert spend(rows, ["ticket"], None, None)["total"]["calls"] == 1


def test_another_model_inside_a_response_adds_tokens_and_money_and_no_call() -> None:
    rows = [booked(Usage(output=5), {"haiku": (Usage(output=4), 7)}, tickets="OPS-2 PAY-1", list_nano_usd=100)]
    by_model = table(rows, "model")
    assert by_model["claude-opus-5-5",]["calls"] == 1
    assert (by_model["haiku",]["calls"], by_model["haiku",]["list_nano_usd"]) == (0, 7)
    by_ticket = table(rows, "ticket")
    assert [(row["calls"], row["list_nano_usd"]) for row in by_ticket.values()] == [(1, 54), (1, 53)]
    both = table(rows, "model", "ticket")
    assert {key: row["calls"] for key, row in both.items()} == {
        ("claude-opus-5-5", "OPS-2"): 1,
        ("claude-opus-5-5", "PAY-1"): 1,
        ("haiku", "OPS-2"): 0,
        ("haiku", "PAY-1"): 0,
    }
    assert table(rows, "repo")[None,]["calls"] == 1


def test_unknown_is_shown_as_null_beside_the_empty_text() -> None:
    rows = [booked(Usage(), repo=None), booked(Usage(), repo="")]
    assert [row["key"] for row in spend(rows, ["repo"], None, None)["rows"]] == [[None], [""]]


def test_rows_fall_by_amount_and_ties_rise_by_key() -> None:
    rows = [booked(tickets=key, list_nano_usd=cost) for key, cost in (("B-1", 5), ("A-1", 5), ("C-1", 9), (None, 5))]
    assert [row["key"][0] for row in spend(rows, ["ticket"], None, None)["rows"]] == ["C-1", None, "A-1", "B-1"]


def test_the_documented_shape() -> None:
    answer = spend([booked(Usage(output=1), list_nano_usd=25)], ["day", "source"], "2026-09-01", "2026-10-01")
    usage = {**dict.fromkeys(FIELDS, 0), "output": 1}
    sums = {"calls": 1, "usage": usage, "list_nano_usd": 25, "list_usd": "0.000000025"}
    assert answer == {
        "from": "2026-09-01",
        "to": "2026-10-01",
        "by": ["day", "source"],
        "rows": [{"key": [day_text(day_of(NOON)), "log"], **sums}],
        "total": sums,
        "flags": [],
    }
    assert list(answer) == ["from", "to", "by", "rows", "total", "flags"]


def test_nothing_spent_is_an_empty_table() -> None:
    answer = spend([], ["ticket"], None, None)
    assert answer["rows"] == []
    assert answer["total"]["calls"] == answer["total"]["list_nano_usd"] == 0


def test_an_unknown_dimension_is_the_callers_fault() -> None:
    with pytest.raises(KeyError):
        spend([], ["mood"], None, None)


@law
@given(st.integers(0, 200_000))
def test_days_and_their_texts(day: int) -> None:
    assert day_number(day_text(day)) == day
    assert day_of(moment(day)) == day
    assert day_of(moment(day) - 1) == day - 1
    assert iso_time(moment(day)) == f"{day_text(day)}T00:00:00.000Z"


def test_times_are_cut_to_milliseconds() -> None:
    assert iso_time(NOON + 1_999_999) == f"{day_text(day_of(NOON))}T12:00:00.001Z"
