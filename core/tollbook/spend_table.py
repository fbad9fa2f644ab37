"""A spend table put together from sums of several sources: what each says of disjoint calls is added. Pure."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from tollbook.answer import Key, Sum, day_text, month_text, order
from tollbook.counts import FIELDS

Group = tuple[Any, ...]
"""Sums of one key: its values (the number of a day for days and months), distinct calls under the key, calls towards
the total, nano-dollars, the counts of `FIELDS`; a sum of nothing may be `None`."""

_TEXTS: dict[str, Callable[[int], str]] = {"day": day_text, "month": month_text}
"""How answers write the days that databases group by."""


class _Texts(dict[int, str]):
    """The texts of days that were asked for: few are, often."""

    def __init__(self, text: Callable[[int], str]) -> None:
        super().__init__()
        self._text = text

    def __missing__(self, day: int) -> str:
        self[day] = made = self._text(day)
        return made


class Table:
    """The answer to one question as it grows."""

    def __init__(self, by: Sequence[str]) -> None:
        self._by = tuple(by)
        texts = ((place, _TEXTS.get(name)) for place, name in enumerate(self._by))
        self._dates = [(place, text) for place, text in texts if text is not None]
        self._sums: dict[Key, Sum] = {}
        self._total = Sum()

    def add_groups(self, groups: Iterable[Group]) -> None:
        """Add sums as a database gave them."""
        size, sums, total = len(self._by), self._sums, self._total
        dates = [(place, _Texts(text)) for place, text in self._dates]
        for group in groups:
            here, calls, money = group[size], group[size + 1], group[size + 2]
            counts = [count or 0 for count in group[size + 3 :]]
            key: tuple[Any, ...] = group[:size]
            for place, texts in dates:
                key = (*key[:place], texts[key[place]], *key[place + 1 :])
            sums.setdefault(key, Sum()).add(counts, money, here)
            total.add(counts, money, calls)

    def add_answer(self, answer: dict[str, Any]) -> None:
        """Add what `tollbook.answer.spend` said by the same dimensions."""
        for row in answer["rows"]:
            self._sums.setdefault(tuple(row["key"]), Sum()).add(*_figures(row))
        self._total.add(*_figures(answer["total"]))

    def as_json(self, start: str | None, end: str | None) -> dict[str, Any]:
        """The documented answer: rows by falling amount, then by key with unallocated first."""
        rows = [{"key": list(key), **each.as_json()} for key, each in sorted(self._sums.items(), key=order)]
        return {
            "from": start,
            "to": end,
            "by": list(self._by),
            "rows": rows,
            "total": self._total.as_json(),
            "flags": [],
        }


def _figures(row: dict[str, Any]) -> tuple[list[int], int, int]:
    return [row["usage"][name] for name in FIELDS], row["list_nano_usd"], row["calls"]
