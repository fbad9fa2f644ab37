"""Money: integer nano-dollars, one rounding, one division.

No float ever touches an amount. `apportion` is the only code of the project that divides money.
"""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # who only shows amounts does not wait for decimals
    from decimal import Context, Decimal

NANO_USD_PER_USD = 1_000_000_000


def nano_usd(usd: "Decimal") -> int:
    """An exact dollar amount as nano-dollars, rounded half-even once."""
    step, context = _rounding()
    return int(usd.quantize(step, context=context).scaleb(9, context=context))


@cache
def _rounding() -> "tuple[Decimal, Context]":
    """A nano-dollar, and how amounts are rounded to it."""
    from decimal import ROUND_HALF_EVEN, Context, Decimal

    return Decimal("1e-9"), Context(prec=50, rounding=ROUND_HALF_EVEN)


def usd_text(amount_nano_usd: int) -> str:
    """Nano-dollars as an exact decimal string of dollars: always nine decimals."""
    sign = "-" if amount_nano_usd < 0 else ""
    whole, rest = divmod(abs(amount_nano_usd), NANO_USD_PER_USD)
    return f"{sign}{whole}.{rest:09d}"


def apportion(amount: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Split an integer amount over keys in proportion to integer weights, exactly.

    Largest remainder; ties go to the smaller key, so the result does not depend on the order of the mapping. A negative
    amount is the mirror image of the positive one. The parts always sum to `amount`.

    Raises:
        ValueError: no keys, a negative weight, or only zero weights with a non-zero amount.
    """
    if not weights:
        raise ValueError("nothing to apportion over")
    total = sum(weights.values())
    if min(weights.values()) < 0:
        raise ValueError("negative weight")
    if total == 0:
        if amount == 0:
            return dict.fromkeys(weights, 0)
        raise ValueError("all weights are zero")
    sign, size = (-1, -amount) if amount < 0 else (1, amount)
    floors = {key: divmod(size * weight, total) for key, weight in weights.items()}
    left = size - sum(floor for floor, _ in floors.values())
    by_remainder = sorted(floors, key=lambda key: (-floors[key][1], key))
    extra = set(by_remainder[:left])
    return {key: sign * (floor + (key in extra)) for key, (floor, _) in floors.items()}


def split_even(amount: int, keys: tuple[str, ...]) -> dict[str, int]:
    """Split evenly over keys: the remainder goes to the smallest keys."""
    return apportion(amount, dict.fromkeys(keys, 1))
