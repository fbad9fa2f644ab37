"""Seat fees: exact, by policy, with idle seats in sight."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.bills.scopes import FOREVER
from tollbook_collector.bills.seats import COLUMNS, IDLE, SeatPolicy, SeatRow, read_seats, spread
from tollbook_collector.bills.texts import Unreadable

PEOPLE = ("ada", "ben", "chi", "dov", "eva", "fay", "")
DAYS = (19, 7, 20, 0, 13, 4, 0)


def seats(days: tuple[int, ...] = DAYS, people: tuple[str, ...] = PEOPLE) -> list[SeatRow]:
    return [
        SeatRow("anthropic", "2026-10", "team", who, 0, FOREVER, used) for who, used in zip(people, days, strict=True)
    ]


def test_by_active_days_with_a_tie() -> None:
    """eva and fay tie on the remainder: the smaller address gets the last cent, whatever the order of the file."""
    parts = spread(87_500, seats(), SeatPolicy.ACTIVE_DAYS)
    assert parts == {"ada": 26_389, "ben": 9_722, "chi": 27_778, "eva": 18_056, "fay": 5_555}
    assert spread(87_500, seats()[::-1], SeatPolicy.ACTIVE_DAYS) == parts


def test_even_leaves_idle_seats_in_sight() -> None:
    assert spread(87_500, seats(), SeatPolicy.EVEN) == {
        "ada": 12_500,
        "ben": 12_500,
        "chi": 12_500,
        "eva": 12_500,
        "fay": 12_500,
        IDLE: 25_000,
    }
    assert spread(500, [], SeatPolicy.EVEN) == {IDLE: 500}


@given(
    st.integers(-(10**12), 10**12), st.lists(st.integers(0, 31), min_size=1, max_size=7), st.sampled_from(SeatPolicy)
)
def test_a_fee_is_spread_exactly(fee: int, days: list[int], policy: SeatPolicy) -> None:
    assert sum(spread(fee, seats(tuple(days), PEOPLE[: len(days)]), policy).values()) == fee


def test_a_seats_file() -> None:
    raw = (
        b"channel,plan,email,assigned_from,assigned_to,active_days,period\n"
        b"anthropic,team,Ada@x.example,2026-10-01,,3,2026-10\n"
    )
    assert read_seats(raw) == [SeatRow("anthropic", "2026-10", "team", "ada@x.example", 20_727, FOREVER, 3)]
    with pytest.raises(Unreadable, match="column_missing"):
        read_seats(raw.replace(b"period", b"month"))
    assert set(COLUMNS) == set(raw.split(b"\n")[0].decode().split(","))
