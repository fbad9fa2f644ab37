"""Figures as people read them: in a terminal, on a page, in a comment. Pure; exact figures are in JSON and CSV."""

from tollbook.money import NANO_USD_PER_USD

CENTS_FROM_NANO_USD = 100 * NANO_USD_PER_USD
"""From this total on, a table shows cents; below it, hundredths of a cent."""


def decimals_for(total_nano_usd: int) -> int:
    """How many decimals a table with this total shows."""
    return 2 if abs(total_nano_usd) >= CENTS_FROM_NANO_USD else 4


def money(amount_nano_usd: int, decimals: int = 4) -> str:
    """Nano-dollars as dollars with thousands separators, rounded half-even for the eye; exact figures are in --json."""
    unit = NANO_USD_PER_USD // 10**decimals
    whole, rest = divmod(abs(amount_nano_usd), unit)
    whole += rest * 2 > unit or (rest * 2 == unit and whole % 2 == 1)
    dollars, cents = divmod(whole, 10**decimals)
    sign = "-" if amount_nano_usd < 0 and whole else ""
    return f"{sign}${dollars:,}.{cents:0{decimals}d}"


def count(number: int) -> str:
    """A count with thousands separators."""
    return f"{number:,}"
