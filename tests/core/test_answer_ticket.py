"""What a ticket cost: the share of every call that names it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.booked_rows import booked, booked_rows
from tests.support.law import law
from tollbook.answer import spend, ticket
from tollbook.booked import Booked
from tollbook.usage import FIELDS, Usage

ROWS = st.lists(booked_rows(), max_size=5)


def answer(rows: list[Booked], key: str = "PAY-1") -> dict[str, Any]:
    return ticket(rows, key, source="laptop", price_book="2026-11-20")


def brief(parts: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [(part["key"], part["calls"], part["list_nano_usd"]) for part in parts]


@law
@given(ROWS)
def test_a_ticket_costs_what_the_spend_table_says(rows: list[Booked]) -> None:
    found = answer(rows)
    table = {row["key"][0]: row for row in spend(rows, ["ticket"], None, None)["rows"]}
    row = table.get("PAY-1", {"calls": 0, "usage": dict.fromkeys(FIELDS, 0), "list_nano_usd": 0})
    assert (found["calls"], found["usage"], found["list_nano_usd"]) == (
        row["calls"],
        row["usage"],
        row["list_nano_usd"],
    )


@law
@given(ROWS)
def test_every_dimension_of_a_ticket_crossfoots(rows: list[Booked]) -> None:
    found = answer(rows)
    for parts in found["by"].values():
        assert sum(part["calls"] for part in parts) == found["calls"]
        assert sum(part["list_nano_usd"] for part in parts) == found["list_nano_usd"]
        for name in FIELDS:
            assert sum(part["usage"][name] for part in parts) == found["usage"][name]
    assert sum(found["evidence"].values()) == found["calls"]
    assert found["unpriced_calls"] <= found["calls"]


@law
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Booked], shuffle: Any) -> None:
    expected = answer(rows)
    shuffle.shuffle(rows)
    assert answer(rows) == expected


def test_the_documented_shape() -> None:
    rows = [
        booked(
            Usage(input=10, output=4),
            {"haiku": (Usage(output=2), 6)},
            tickets="OPS-2 PAY-1",
            ticket_evidence="explicit",
            list_nano_usd=101,
            engineer="ada@example.com",
            repo="shop/api",
            branch="PAY-1-retry",
            flags="void_ids",
        ),
        booked(Usage(output=1), tickets="PAY-1", ticket_evidence="branch", list_nano_usd=25, unpriced=1),
        booked(Usage(output=9), tickets="PAY-10", ticket_evidence="branch", list_nano_usd=225),
    ]
    found = answer(rows)
    assert list(found["by"]) == ["engineer", "model", "tool", "repo", "branch", "day"]
    by = {
        name: [(part["key"], part["calls"], part["list_nano_usd"]) for part in parts]
        for name, parts in found["by"].items()
    }
    assert by["engineer"] == [("ada@example.com", 1, 53), (None, 1, 25)]
    assert by["model"] == [("claude-opus-5-5", 2, 75), ("haiku", 0, 3)]
    del found["by"]
    assert sum(month["list_nano_usd"] for month in found.pop("months")) == found["list_nano_usd"]
    assert found == {
        "ticket": "PAY-1",
        "source": "laptop",
        "status": "estimated",
        "calls": 2,
        "list_nano_usd": 78,
        "list_usd": "0.000000078",
        "billed_nano_usd": None,
        "billed_usd": None,
        "effective_nano_usd": None,
        "usage": {**dict.fromkeys(FIELDS, 0), "input": 5, "output": 4},
        "evidence": {"branch": 1, "explicit": 1},
        "unpriced_calls": 1,
        "price_book": "2026-11-20",
        "flags": [{"flag": "void_ids", "calls": 1}],
    }


def test_a_ticket_nobody_worked_on_costs_nothing() -> None:
    found = answer([booked(Usage(output=9), tickets="PAY-10")])
    assert (found["calls"], found["list_nano_usd"], found["by"]["day"]) == (0, 0, [])
