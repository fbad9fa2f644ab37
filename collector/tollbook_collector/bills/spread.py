"""What is paid for days, over its days: a fee is billed once, and costs a part of it on every day it is for. Pure.

Billed amounts stay where the bill has them; the effective ones lie on the days. A fee of a year is billed in one month
and costs a twelfth, by days, in each: `carried` gives the months after it their part.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tollbook.money import apportion
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.bills.cells import CellKey
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.texts import month_days, month_of


def is_fee(key: CellKey) -> bool:
    """Whether a cell is paid for days rather than for use."""
    return key.kind == Kind.SEAT and key.days > 1


def spread(row: AllocationRow, key: CellKey, period: str) -> Iterator[AllocationRow]:
    """A fee's row in the month it is billed in: the bill, and what each of its days in that month costs.

    Days before the month (a fee billed at its end) cost in it too, since nothing before it knew of them.
    """
    first, end = month_days(period)
    begins = first if month_of(key.day) >= period else key.day
    yield replace(row, effective_nano_usd=0)
    yield from _days(row, key, begins, end)


def carried(rows: Iterable[tuple[AllocationRow, CellKey]], period: str) -> Iterator[AllocationRow]:
    """What fees billed in earlier months cost in this one."""
    first, end = month_days(period)
    for row, key in rows:
        yield from _days(row, key, first, end)


def _days(row: AllocationRow, key: CellKey, start: int, end: int) -> Iterator[AllocationRow]:
    """A row a day of [start, end) that the fee is for. All days of a fee sum to it, to the nano-dollar."""
    costs = apportion(row.billed_nano_usd or 0, {f"{day:08d}": 1 for day in range(key.day, key.day + key.days)})
    for day in range(max(start, key.day), min(end, key.day + key.days)):
        cost = costs[f"{day:08d}"]
        if cost:
            yield replace(row, day=day, calls=0, tokens=0, list_nano_usd=0, billed_nano_usd=0, effective_nano_usd=cost)
