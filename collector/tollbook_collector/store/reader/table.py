"""A spend table put together from sums of several sources: what each says of disjoint calls is added. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any

from tollbook.answer import Key, Sum, day_text
from tollbook.usage import FIELDS

Group = tuple[Any, ...]
"""Sums of one key: its values (a day as a number), distinct calls under the key, calls towards the total, nano-dollars,
the counts of `FIELDS`; a sum of nothing may be `None`."""


class Table:
    """The answer to one question as it grows."""

    def __init__(self, by: Sequence[str]) -> None:
        self._by = tuple(by)
        self._day = self._by.index("day") if "day" in self._by else None
        self._sums: dict[Key, Sum] = {}
        self._total = Sum()

    def add_groups(self, groups: Iterable[Group]) -> None:
        """Add sums as a database gave them."""
        size, place, sums, total = len(self._by), self._day, self._sums, self._total
        for group in groups:
            here, calls, money = group[size], group[size + 1], group[size + 2]
            counts = [count or 0 for count in group[size + 3 :]]
            key = group[:size]
            if place is not None:
                key = (*key[:place], day_text(key[place]), *key[place + 1 :])
            sums.setdefault(key, Sum()).add(counts, money, here)
            total.add(counts, money, calls)

    def add_answer(self, answer: dict[str, Any]) -> None:
        """Add what `tollbook.answer.spend` said by the same dimensions."""
        for row in answer["rows"]:
            self._sums.setdefault(tuple(row["key"]), Sum()).add(*_figures(row))
        self._total.add(*_figures(answer["total"]))

    def as_json(self, start: str | None, end: str | None) -> dict[str, Any]:
        """The documented answer: rows by falling amount, then by key with unallocated first."""
        rows = [{"key": list(key), **each.as_json()} for key, each in sorted(self._sums.items(), key=_order)]
        return {"from": start, "to": end, "by": list(self._by), "rows": rows, "total": self._total.as_json()}


def _figures(row: dict[str, Any]) -> tuple[list[int], int, int]:
    return [row["usage"][name] for name in FIELDS], row["list_nano_usd"], row["calls"]


def _order(entry: tuple[Key, Sum]) -> tuple[int, tuple[str, ...]]:
    """As `tollbook.answer` orders: a property test holds it."""
    key, total = entry
    return -total.list_nano_usd, tuple("" if each is None else f"!{each}" for each in key)
