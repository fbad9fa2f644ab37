"""What SQLite sums is what is summed call by call, for every table and every span; and plain calls are never read."""

import sqlite3
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.booked_rows import booked, booked_rows
from tests.support.domain import DAY, NOON
from tests.support.law import law
from tollbook.answer import DIMENSIONS
from tollbook.answer import spend as by_call
from tollbook.booked import Booked
from tollbook.usage import Usage
from tollbook_agent.standing import Standing
from tollbook_agent.store import reading, schema
from tollbook_agent.store.sums import Asked, spend, spend_and_standing

ODD_TICKETS = ("", " ", "PAY-1\tPAY-2", "PAY-1 PAY-2", " PAY-1", "a\u00a0b", "PAY-1")
HUGE = 2**62


@contextmanager
def stored(rows: Sequence[Booked]) -> Generator[sqlite3.Connection]:
    """A store with these calls in it."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema.migrate(connection)
        marks = ",".join("?" * (3 + len(Booked._fields)))
        connection.executemany(
            f"INSERT INTO call VALUES ({marks})", [(row.day, place, 0, *row) for place, row in enumerate(rows)]
        )
        yield connection


def counters(standing: Standing) -> dict[str, Any]:
    return {name: getattr(standing, name) for name in Standing.__slots__}


def assert_same(rows: Sequence[Booked], by: Sequence[str], start: int | None = None, end: int | None = None) -> None:
    inside = [
        row for row in rows if (start is None or row.started_at >= start) and (end is None or row.started_at < end)
    ]
    with stored(rows) as connection:
        asked = Asked(by, start, end, "first", "last")
        answer, standing = spend_and_standing(connection, asked)
        assert answer == by_call(inside, by, "first", "last") == spend(connection, asked)
        assert counters(standing) == counters(Standing.of(inside))


@law
@given(
    st.lists(booked_rows(), max_size=8),
    st.lists(st.sampled_from(DIMENSIONS), unique=True, min_size=1, max_size=3),
    st.sampled_from((None, NOON, NOON + DAY)),
    st.sampled_from((None, NOON + 1, NOON + 2 * DAY)),
)
def test_sums_are_what_every_call_adds_up_to(
    rows: list[Booked], by: list[str], start: int | None, end: int | None
) -> None:
    assert_same(rows, by, start, end)


@pytest.mark.parametrize("text", ODD_TICKETS)
@pytest.mark.parametrize("by", [("ticket",), ("model", "ticket"), ("session",)])
def test_a_text_that_is_no_single_ticket_is_taken_apart_as_ever(text: str, by: tuple[str, ...]) -> None:
    usage = Usage(input=7, output=3)
    assert_same([booked(usage, tickets=text, list_nano_usd=5, session_id="s-1"), booked(usage, tickets="PAY-1")], by)


def test_a_sum_beyond_64_bits_is_exact() -> None:
    rows = [booked(Usage(input=1), list_nano_usd=HUGE) for _ in range(3)]
    with stored(rows) as connection:
        assert spend(connection, Asked(["model"]))["total"]["list_nano_usd"] == 3 * HUGE
    assert_same(rows, ["ticket"])


def test_plain_calls_are_not_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Iterator[Booked]:
        raise AssertionError("calls were read")

    monkeypatch.setattr(reading, "rows_where", refuse)
    rows = [booked(Usage(input=1), tickets=f"PAY-{number % 3}", list_nano_usd=2) for number in range(9)]
    with stored(rows) as connection:
        answer, standing = spend_and_standing(connection, Asked(["ticket"]))
    assert [(row["key"], row["calls"], row["list_nano_usd"]) for row in answer["rows"]] == [
        (["PAY-0"], 3, 6),
        (["PAY-1"], 3, 6),
        (["PAY-2"], 3, 6),
    ]
    assert standing.calls == 9
