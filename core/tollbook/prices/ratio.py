"""Exact arithmetic of prices: a decimal price becomes a ratio of integers, and a line is rounded once."""

from decimal import Clamped, Context, Decimal, Inexact, Rounded
from math import gcd
from typing import NamedTuple

from tollbook.money import NANO_USD_PER_USD

TOKENS_PER_PRICE = 1_000_000
"""Token prices are quoted per million."""
SEARCHES_PER_PRICE = 1_000
"""Web searches are quoted per thousand."""

_EXACT = Context(prec=60, traps=[Inexact, Rounded, Clamped])
"""A product that needs more than 60 digits is a fault of the rates, never silently rounded."""


class Ratio(NamedTuple):
    """Nano-dollars per single unit (token or search), in lowest terms; the denominator is positive."""

    numerator: int
    denominator: int


def product(price: Decimal, *factors: Decimal) -> Decimal:
    """The exact product, independent of the ambient decimal context."""
    for factor in factors:
        price = _EXACT.multiply(price, factor)
    return price


def per_unit(usd: Decimal, units: int) -> Ratio:
    """A price of `usd` dollars for `units` units, as nano-dollars per unit."""
    numerator, denominator = usd.as_integer_ratio()
    numerator *= NANO_USD_PER_USD
    denominator *= units
    common = gcd(numerator, denominator)
    return Ratio(numerator // common, denominator // common)


def amount_nano_usd(quantity: int, numerator: int, denominator: int) -> int:
    """`quantity` units at `numerator / denominator` nano-dollars each, rounded half-even once."""
    if denominator == 1:
        return quantity * numerator
    whole, rest = divmod(quantity * numerator, denominator)
    twice = rest * 2
    return whole + (twice > denominator or (twice == denominator and whole & 1))
