"""Seats: a fee over the people who had one, by policy. Idle and unassigned seats are money too, and stay visible."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

from tollbook.money import apportion
from tollbook_collector.bills.scopes import FOREVER
from tollbook_collector.bills.texts import csv_header, csv_rows, day_of, refuse, whole

COLUMNS = ("channel", "plan", "email", "assigned_from", "assigned_to", "active_days", "period")
IDLE = "idle_seat"


class SeatPolicy(StrEnum):
    """How a fee is spread."""

    EVEN = "even"
    """Over all seats; those without a person, or not used, are idle."""
    ACTIVE_DAYS = "active_days"
    """By the days each person used it; unused seats cost their users nothing, and the others more."""


class SeatRow(NamedTuple):
    """One seat of a plan in a month. `email` is "" for one nobody was given; days are UTC, the end exclusive."""

    channel: str
    period: str
    plan: str
    email: str
    assigned_from: int
    assigned_to: int
    active_days: int


def read_seats(raw: bytes) -> list[SeatRow]:
    """The rows of a seats file, a CSV with the columns of `COLUMNS`.

    Raises:
        Unreadable: a column is missing or a value is wrong.
    """
    missing = [name for name in COLUMNS if name not in csv_header(raw)]
    if missing:
        refuse("column_missing", f"the columns {', '.join(missing)} are missing", f"The header is {','.join(COLUMNS)}.")
    rows: list[SeatRow] = []
    for line, row in csv_rows(raw):
        end = row["assigned_to"].strip()
        rows.append(
            SeatRow(
                row["channel"].strip(),
                row["period"].strip(),
                row["plan"].strip(),
                row["email"].strip().lower(),
                day_of(row["assigned_from"], f"line {line}: assigned_from"),
                day_of(end, f"line {line}: assigned_to") if end else FOREVER,
                whole(row["active_days"].strip() or "0", f"line {line}: active_days"),
            )
        )
    return rows


def spread(fee: int, seats: Sequence[SeatRow], policy: SeatPolicy) -> dict[str, int]:
    """The fee by e-mail address, and under `IDLE` what nobody used. Sums to the fee exactly.

    Ties of the largest remainder go to the smaller key: the address, and then the place among seats of one address.
    """
    if not seats:
        return {IDLE: fee}
    ordered = sorted(seats)
    keys = [f"{seat.email}\x1f{place:06d}" for place, seat in enumerate(ordered)]
    if policy is SeatPolicy.ACTIVE_DAYS and any(seat.active_days for seat in ordered):
        weights = {key: seat.active_days for key, seat in zip(keys, ordered, strict=True)}
    else:
        weights = dict.fromkeys(keys, 1)
    parts = apportion(fee, weights)
    sums: dict[str, int] = {}
    for key, seat in zip(keys, ordered, strict=True):
        name = seat.email if seat.email and seat.active_days else IDLE
        sums[name] = sums.get(name, 0) + parts[key]
    return {name: amount for name, amount in sums.items() if amount}


def of_plan(rows: Iterable[SeatRow], channel: str, period: str) -> list[SeatRow]:
    """The seats of a channel in a month."""
    return [row for row in rows if (row.channel, row.period) == (channel, period)]
