"""Months to reconcile, made of a number: bills of several channels, usage reports, items, scopes and seats.

Made by chance rather than drawn by hypothesis: what is of interest (items that several cells fit, lifetimes that a bill
does not split, discounts beside their use) needs many values to agree, which small examples never do.
"""

from dataclasses import replace
from decimal import Decimal
from random import Random

from tollbook_collector.bills.convert import Rate
from tollbook_collector.bills.effective import Current, Stored, current
from tollbook_collector.bills.items import Group, Item, summed
from tollbook_collector.bills.lines import BillDocument, BillLine, Kind, Role
from tollbook_collector.bills.reconcile import Inputs
from tollbook_collector.bills.scopes import FOREVER, ScopeRow, Scopes
from tollbook_collector.bills.seats import SeatPolicy, SeatRow

PERIOD = "2026-10"
FIRST = 20_727
"""The first of October 2026."""
CHANNELS = ("anthropic", "cursor", "aws_marketplace")
SOURCES = {
    "anthropic": "anthropic_cost_report",
    "cursor": "cursor_usage_events",
    "aws_marketplace": "aws_cur",
}
PEOPLE = ("ada@acme.example", "ben@acme.example", "éva@acme.example", "")
OWNERS = (None, "user:ada@acme.example", "account:a1", "key:k1")

CLASSES = ("output", "output", "cache_write", "cache_write", "cache_write_5m", "web_searches")


def document(lines: tuple[BillLine, ...], channel: str = "anthropic", **more: object) -> BillDocument:
    """A document of whole October 2026 with these lines."""
    plain: dict[str, object] = {
        "channel": channel,
        "source": SOURCES[channel],
        "scope": "",
        "role": Role.BILL,
        "first_day": FIRST,
        "end_day": FIRST + 31,
        "currency": "USD",
        "total_nano": sum(line.amount_nano for line in lines),
        "records": len(lines),
        "ignored": 0,
        "whole": False,
        "sha256": f"{hash(lines):x}",
        "lines": lines,
    }
    return BillDocument(**plain | more)  # type: ignore[arg-type]


def kept(*documents: BillDocument) -> list[Current]:
    """Documents in the order of their import, with what holds of each."""
    return current(Stored(number, "2026-11-20T00:00:00Z", one) for number, one in enumerate(documents, start=1))


class _Chance(Random):
    """What months are made by."""

    def mostly(self) -> bool:
        return self.random() < 0.8

    def of(self, *values: str | None) -> str | None:
        return self.choice(values)

    def money(self) -> int:
        return self.randint(-5, 5) if self.random() < 0.2 else self.randint(-(10**11), 10**12)


def _lines(chance: _Chance, channel: str, role: Role) -> list[BillLine]:
    """One line, or a use and the discount on it. Days, models and classes are few, so that much meets in a cell."""
    others = (Kind.TAX, Kind.SEAT, Kind.CREDIT, Kind.DISCOUNT, Kind.ROUNDING)
    token_class = chance.of(*CLASSES) if role is Role.USAGE or chance.mostly() else None
    line = BillLine(
        day=FIRST + (not chance.mostly()),
        days=1 + (not chance.mostly()),
        period=PERIOD,
        kind=Kind.USAGE if role is Role.USAGE or chance.mostly() else chance.choice(others),
        amount_nano=chance.money() if role is Role.BILL else 0,
        scope=chance.of("w1", "w1", "w2", None),
        model=None if token_class == "web_searches" else chance.of("m1", "m1", "m1", "m2", None),
        service_tier=chance.of(None, None, "standard", "batch"),
        geo=chance.of(None, None, None, "us"),
        band=None if chance.mostly() else chance.of("0-200k", "200k-1M"),
        token_class=token_class,
        quantity=chance.randint(0, 9_000) if chance.mostly() else None,
        sku=chance.of("s1", "s2") or "",
        owner=chance.of(*OWNERS) if channel == "cursor" or role is Role.USAGE else None,
        mapped=chance.mostly(),
    )
    if role is Role.USAGE or line.kind is not Kind.USAGE or chance.mostly():
        return [line]
    return [line, replace(line, kind=Kind.DISCOUNT, amount_nano=chance.money())]


def _documents(chance: _Chance) -> list[Current]:
    """Up to three bills and a usage report."""
    found: list[BillDocument] = []
    for channel in CHANNELS:
        if chance.mostly():
            some = [_lines(chance, channel, Role.BILL) for _ in range(chance.randint(0, 9))]
            found.append(document(tuple(line for each in some for line in each), channel))
    usage = [_lines(chance, "anthropic", Role.USAGE) for _ in range(chance.randint(0, 6))]
    counts = tuple(line for each in usage for line in each)
    return kept(*found, document(counts, role=Role.USAGE, source="anthropic_usage_report"))


def _item(chance: _Chance) -> Item:
    tokens = chance.choice((0, 7, 7, 7, chance.randint(0, 3_000)))
    token_class = chance.choice(CLASSES)
    return Item(
        channel=chance.choice(("anthropic", "anthropic", *CHANNELS)),
        day=FIRST + (not chance.mostly()),
        model=chance.of("m1", "m1", "m1", "m2", None),
        token_class=token_class,
        scope=chance.of(None, None, "w1", "w2"),
        account=chance.of(None, "a1", "k1", "ada@acme.example"),
        service_tier=chance.of(None, None, "standard", "batch"),
        geo=chance.of(None, None, None, "us"),
        long=not chance.mostly(),
        group=Group(
            engineer=chance.choice(PEOPLE),
            branch=chance.choice(("", "b\x01", "b")),
            ticket=chance.choice(("", "PAY-1")),
        ),
        tokens=tokens,
        list_nano=chance.choice((tokens * 5, tokens * 3 // 2, chance.randint(0, 10**9))),
        calls=chance.randint(0, 2),
    )


def month(number: int) -> Inputs:
    """Everything a reconciliation depends on, another for every number."""
    chance = _Chance(number)
    owner = chance.of("", "ben@acme.example")
    seats = [SeatRow("anthropic", PERIOD, "team", who, FIRST, FOREVER, used) for used, who in enumerate(PEOPLE)]
    return Inputs(
        period=PERIOD,
        documents=_documents(chance),
        items=summed(_item(chance) for _ in range(chance.randint(0, 30))),
        key=lambda channel, model: model,
        scopes=Scopes([ScopeRow("anthropic", "a1", "", "", "", owner, 0, FOREVER)] if owner else []),
        rates=[Rate("EUR", FIRST, Decimal("1.08"), "ECB")],
        seats=seats if chance.mostly() else [],
        policy=chance.choice(list(SeatPolicy)),
    )
