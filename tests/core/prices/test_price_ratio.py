"""Exact ratios and the one rounding."""

from decimal import Decimal, getcontext, localcontext

import pytest

from tollbook.prices.ratio import Ratio, amount_nano_usd, per_unit, product


@pytest.mark.parametrize(
    ("usd", "units", "ratio"),
    [
        ("4", 1_000_000, Ratio(4_000, 1)),
        ("0.20", 1_000_000, Ratio(200, 1)),
        ("0.0055", 1_000_000, Ratio(11, 2)),
        ("10", 1_000, Ratio(10_000_000, 1)),
        ("0", 1_000_000, Ratio(0, 1)),
    ],
)
def test_prices_as_ratios(usd: str, units: int, ratio: Ratio) -> None:
    assert per_unit(Decimal(usd), units) == ratio


@pytest.mark.parametrize(("tokens", "nano_usd"), [(0, 0), (1, 6), (2, 11), (3, 16), (4, 22), (5, 28), (7, 38)])
def test_halves_go_to_the_even_neighbour(tokens: int, nano_usd: int) -> None:
    assert amount_nano_usd(tokens, 11, 2) == nano_usd


def test_the_ambient_decimal_context_has_no_say() -> None:
    with localcontext() as context:
        context.prec = 2
        assert product(Decimal("12.345"), Decimal("1.1"), Decimal("0.5")) == Decimal("6.78975")
    assert getcontext().prec > 2
