"""One set of rates, ready to be multiplied: what most calls of a day and a model cost, in a microsecond. Pure.

A call with a quantity that has no whole price of its own is left to `tollbook.prices.price`, which says why; both give
the same amount, which a property test holds.
"""

from collections.abc import Callable, Mapping
from operator import itemgetter, mul
from typing import NamedTuple

from tollbook.prices.rates import UNKNOWN_WRITE
from tollbook.prices.resolve import Rate, Rates
from tollbook.usage import FIELDS, Totals

Parts = tuple[int, ...]
"""Counts in the order of `usage.FIELDS`."""

_FREE = "reasoning"
_UNKNOWN = FIELDS.index(UNKNOWN_WRITE)


def parts_of(totals: Totals) -> Parts:
    """What `totals.usage().parts()` gives."""
    uncached, read, written, five, thirty, hour, half_day, output, reasoning, searches = totals
    split = five + thirty + hour + half_day
    unknown = written - split if written > split else 0
    return uncached, read, five, thirty, hour, half_day, unknown, output, reasoning, searches


class _Band(NamedTuple):
    """The rates of one context band."""

    numerators: Parts
    bare: Callable[[Parts], tuple[int, ...]]
    """Takes out the counts that must be zero for the numerators to price all."""


class Tariff:
    """Rates of one model under given terms."""

    __slots__ = ("_above", "_base", "_high")

    def __init__(self, rates: Rates) -> None:
        self._above = rates.above
        self._base = None if rates.flags else _band(rates.base)
        self._high = None if rates.flags else _band(rates.high)

    def price(self, parts: Parts) -> int | None:
        """The price of the counts in nano-dollars, where it is whole and nothing is to be said of it."""
        band = self._base
        if self._above is not None and sum(parts[: _UNKNOWN + 1]) > self._above:
            band = self._high
        if band is None or any(band.bare(parts)):
            return None
        return sum(map(mul, parts, band.numerators))


def _band(rates: Mapping[str, Rate]) -> _Band:
    whole = {kind: rate.numerator for kind, rate in rates.items() if rate.denominator == 1 and kind != UNKNOWN_WRITE}
    bare = [place for place, kind in enumerate(FIELDS) if kind not in whole and kind != _FREE]
    numerators = tuple([0 if kind == _FREE else whole.get(kind, 0) for kind in FIELDS])
    return _Band(numerators, itemgetter(_UNKNOWN, *bare))
