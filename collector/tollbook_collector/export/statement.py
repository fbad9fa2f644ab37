"""A statement in cents, built once from the nano ledger: lines that sum to the cent, with their own rounding line.

Each line is rounded half-even by itself; what that loses or gains against the rounded total stands as a line named
`rounding`, so that a person can add up what is printed. The statement never feeds back into the ledger.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

NANO_USD_PER_CENT = 10_000_000
ROUNDING = "rounding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """Lines in cents and their total. `total_cents` is the rounded exact total, and the sum of the lines."""

    lines: tuple[tuple[str, int], ...]
    total_cents: int
    exact_nano_usd: int


def cents(amount_nano_usd: int) -> int:
    """Cents, rounded half-even."""
    whole, rest = divmod(abs(amount_nano_usd), NANO_USD_PER_CENT)
    whole += rest * 2 > NANO_USD_PER_CENT or (rest * 2 == NANO_USD_PER_CENT and whole % 2 == 1)
    return -whole if amount_nano_usd < 0 else whole


def statement(amounts: Iterable[tuple[str, int]]) -> Statement:
    """The statement of named amounts in nano-dollars, in the order given; `rounding` is there where it is not zero."""
    exact = list(amounts)
    total = sum(amount for _, amount in exact)
    lines = [(name, cents(amount)) for name, amount in exact]
    rounding = cents(total) - sum(amount for _, amount in lines)
    if rounding:
        lines.append((ROUNDING, rounding))
    return Statement(lines=tuple(lines), total_cents=cents(total), exact_nano_usd=total)


def cents_text(amount_cents: int) -> str:
    """Cents as dollars: -12.34."""
    sign = "-" if amount_cents < 0 else ""
    return f"{sign}{abs(amount_cents) // 100}.{abs(amount_cents) % 100:02d}"


def statement_json(found: Statement) -> dict[str, Any]:
    """The documented JSON."""
    return {
        "lines": [
            {"name": name, "cents": amount, "usd": cents_text(amount)} for name, amount in found.lines
        ],
        "total_cents": found.total_cents,
        "total_usd": cents_text(found.total_cents),
        "exact_nano_usd": found.exact_nano_usd,
    }  # fmt: skip
