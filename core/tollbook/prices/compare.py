"""Comparing the price book with a public data set, row by row. It only reports: a person decides what to write down."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from tollbook.prices.book import PriceBook
from tollbook.prices.resolve import Terms
from tollbook.vocabulary import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRow:
    """One unit price as somebody else's data set has it."""

    source: str
    channel: Channel
    model: str
    kind: str
    """A name of `rates.KINDS`."""
    usd: Decimal
    """Per million tokens; per 1,000 web searches."""
    day: int
    """A UTC day (since 1970-01-01) on which the data set says the price holds."""
    prompt: int = 0
    """Tokens of a prompt for which it holds: decides the context band."""
    tier: str | None = None
    speed: str | None = None
    endpoint_scope: str | None = None
    region: str | None = None


class Finding(StrEnum):
    """What is wrong between the two."""

    PRICE = "price"
    """Both have it, at different prices."""
    NO_MODEL = "no model"
    NO_KIND = "no price of that kind"
    ASSUMED = "assumed"
    """The book has no such tier, speed or scope and would charge the plain price, flagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One foreign row that the book does not confirm."""

    finding: Finding
    foreign: ForeignRow
    usd: Decimal | None
    """The book's price; `None` where it has none."""
    row: str | None
    """The book's row."""


def compare(book: PriceBook, foreign_rows: Iterable[ForeignRow]) -> list[Difference]:
    """Every foreign row that the book does not confirm, by channel, model, kind. An empty list: full agreement."""
    found = [difference for row in foreign_rows if (difference := _difference(book, row)) is not None]
    return sorted(found, key=_order)


def _difference(book: PriceBook, foreign: ForeignRow) -> Difference | None:
    terms = Terms(
        channel=foreign.channel,
        model=foreign.model,
        requested=foreign.model,
        answered=None,
        endpoint_scope=foreign.endpoint_scope,
        region=foreign.region,
        tier=foreign.tier,
        speed=foreign.speed,
        geo=None,
        day=foreign.day,
        known_day=None,
    )
    rates = book.rates(terms)
    if rates.model is None:
        return Difference(finding=Finding.NO_MODEL, foreign=foreign, usd=None, row=None)
    rate = rates.of(foreign.prompt).get(foreign.kind)
    row = None if rate is None else book.row(rate.row)
    if row is None:
        return Difference(finding=Finding.NO_KIND, foreign=foreign, usd=None, row=None)
    if rates.flags:
        return Difference(finding=Finding.ASSUMED, foreign=foreign, usd=row.usd, row=row.name)
    if row.usd != foreign.usd:
        return Difference(finding=Finding.PRICE, foreign=foreign, usd=row.usd, row=row.name)
    return None


def _order(one: Difference) -> tuple[str, str, str, int, str, str, int]:
    row = one.foreign
    return row.channel, row.model, row.kind, row.day, row.tier or "", row.speed or "", row.prompt
