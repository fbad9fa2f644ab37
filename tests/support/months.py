"""Months to reconcile, drawn at random: bills of several channels, usage reports, items, scopes and seats."""

from decimal import Decimal

from hypothesis import strategies as st

from tollbook_collector.bills.convert import Rate
from tollbook_collector.bills.effective import Current, Stored, current
from tollbook_collector.bills.items import Group, Item, summed
from tollbook_collector.bills.lines import BillDocument, BillLine, Kind, Role
from tollbook_collector.bills.reconcile import Inputs
from tollbook_collector.bills.scopes import FOREVER, Scopes, ScopeRow
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
MODELS = ("m1", "m2")
CLASSES = ("output", "cache_write", "cache_write_5m", "cache_write_1h", "web_searches")
SCOPES = ("w1", "w2")
OWNERS = (None, "user:ada@acme.example", "account:a1", "key:k1")

_maybe = st.sampled_from((None, "standard"))
_money = st.integers(-(10**12), 10**12) | st.integers(-5, 5)


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


@st.composite
def lines(draw: st.DrawFn, channel: str, role: Role) -> BillLine:
    token_class = draw(st.none() | st.sampled_from(CLASSES)) if role is Role.BILL else draw(st.sampled_from(CLASSES))
    kinds = (Kind.USAGE, Kind.USAGE, Kind.USAGE, Kind.DISCOUNT, Kind.TAX, Kind.SEAT, Kind.CREDIT, Kind.ROUNDING)
    return BillLine(
        day=FIRST + draw(st.integers(0, 1)),
        days=draw(st.sampled_from((1, 1, 2))),
        period=PERIOD,
        kind=draw(st.sampled_from(kinds)) if role is Role.BILL else Kind.USAGE,
        amount_nano=draw(_money) if role is Role.BILL else 0,
        scope=draw(st.none() | st.sampled_from(SCOPES)),
        model=None if token_class == "web_searches" else draw(st.none() | st.sampled_from(MODELS)),
        service_tier=draw(st.sampled_from((None, "standard", "batch"))),
        geo=draw(st.sampled_from((None, None, "global", "us"))),
        band=draw(st.sampled_from((None, None, None, "0-200k", "200k-1M"))),
        token_class=token_class,
        quantity=draw(st.none() | st.integers(0, 5_000)),
        sku=draw(st.sampled_from(("s1", "s2"))),
        owner=draw(st.sampled_from(OWNERS)) if channel == "cursor" or role is Role.USAGE else None,
        mapped=draw(st.sampled_from((True, True, True, False))),
    )


@st.composite
def bills(draw: st.DrawFn) -> list[Current]:
    """Up to three bills and a usage report."""
    found = [
        document(tuple(draw(st.lists(lines(channel, Role.BILL), max_size=5))), channel)
        for channel in draw(st.lists(st.sampled_from(CHANNELS), max_size=3, unique=True))
    ]
    usage = draw(st.lists(lines("anthropic", Role.USAGE), max_size=4))
    return kept(*found, document(tuple(usage), role=Role.USAGE, source="anthropic_usage_report"))


@st.composite
def items(draw: st.DrawFn) -> Item:
    tokens = draw(st.integers(0, 3_000) | st.sampled_from((0, 7, 7, 7)))
    return Item(
        channel=draw(st.sampled_from(CHANNELS)),
        day=FIRST + draw(st.integers(0, 1)),
        model=draw(st.none() | st.sampled_from(MODELS)),
        token_class=draw(st.sampled_from(CLASSES)),
        scope=draw(st.none() | st.sampled_from(SCOPES)),
        account=draw(st.sampled_from((None, "a1", "k1", "ada@acme.example"))),
        service_tier=draw(_maybe | st.just("batch")),
        geo=draw(st.sampled_from((None, "global", "us"))),
        long=draw(st.booleans()),
        group=Group(
            engineer=draw(st.sampled_from(PEOPLE)),
            branch=draw(st.sampled_from(("", "b\x01", "b"))),
            ticket=draw(st.sampled_from(("", "PAY-1"))),
        ),
        tokens=tokens,
        list_nano=draw(st.just(tokens * 5) | st.just(tokens * 3 // 2) | st.integers(0, 10**9)),
        calls=draw(st.integers(0, 2)),
    )


@st.composite
def months(draw: st.DrawFn) -> Inputs:
    """Everything a reconciliation depends on."""
    owner = draw(st.sampled_from(("", "ben@acme.example")))
    scopes = [ScopeRow("anthropic", "a1", "", "", "", owner, 0, FOREVER)] if owner else []
    seats = [SeatRow("anthropic", PERIOD, "team", who, FIRST, FOREVER, used) for used, who in enumerate(PEOPLE)]
    return Inputs(
        period=PERIOD,
        documents=draw(bills()),
        items=summed(draw(st.lists(items(), max_size=10))),
        key=lambda channel, model: model,
        scopes=Scopes(scopes),
        rates=[Rate("EUR", FIRST, Decimal("1.08"), "ECB")],
        seats=draw(st.sampled_from(([], seats))),
        policy=draw(st.sampled_from(SeatPolicy)),
    )
