"""What one unit of a bill's quantity is: derived from its rate, since the texts of units cannot be relied upon.

AWS prices native Bedrock by the thousand tokens and Marketplace by the million, and its own examples differ. The rate
of a line, divided by the known list price of a token, says which it is.
"""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

from tollbook.answer import moment
from tollbook.prices.book import PriceBook
from tollbook.prices.resolve import Terms
from tollbook.vocabulary import Channel

ListRate = Callable[[str, str, str, int], Fraction | None]
"""(channel, model, token class, UTC day) -> nano-dollars a token at list price, `None` where the book has none."""

FACTORS: tuple[int, ...] = (1, 1_000, 1_000_000)
TOLERANCE = 6
"""A rate may differ from the list price by this factor: half price for batch, double for fast, cache classes apart."""
NANO = 10**9
_DAY_NS = moment(1)


def list_rates(book: PriceBook) -> ListRate:
    """List prices of a price book, with no premium of region or tier."""

    def rate(channel: str, model: str, token_class: str, day: int) -> Fraction | None:
        if channel not in Channel:
            return None
        terms = Terms(Channel(channel), model, None, model, "global", None, None, None, None, day, None)
        found = book.rates(terms).of(0).get(token_class)
        return None if found is None else Fraction(found.numerator, found.denominator)

    return rate


def tokens_of(quantity: Decimal, amount: Decimal, list_rate: Fraction | None) -> int | None:
    """The tokens that a quantity billed at an amount (units of currency) means; `None` where its rate says nothing.

    Half a token is rounded half-even: quantities of a cloud are prorated by the hour.
    """
    if not quantity or not amount or not list_rate:
        return None
    rate = Fraction(amount) * NANO / Fraction(quantity)
    for factor in FACTORS:
        ratio = rate / factor / list_rate
        if Fraction(1, TOLERANCE) <= ratio <= TOLERANCE:
            return round(Fraction(quantity) * factor)
    return None
