"""Reconciliation of a month: every nano-dollar of its bills, to what was seen or to a named remainder. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tollbook_collector.bills.balances import DRAWN, UNUSED, of_month
from tollbook_collector.bills.cells import Cell, CellKey, Charged, cells_of
from tollbook_collector.bills.convert import Rate, convert
from tollbook_collector.bills.effective import Current, Stored, posted
from tollbook_collector.bills.findings import Finding, findings_of
from tollbook_collector.bills.items import NOBODY, Item
from tollbook_collector.bills.lines import AHEAD, BillLine, Kind, Role
from tollbook_collector.bills.match import Matched, match
from tollbook_collector.bills.models import ModelKey
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seats import IDLE, SeatPolicy, SeatRow, of_plan, spread
from tollbook_collector.bills.settle import TRACKED, Settled, Share, bucket, discount, settle

_BUCKETS = {
    Kind.CREDIT: "credit",
    Kind.TAX: "tax",
    Kind.ROUNDING: "rounding",
    Kind.ADJUSTMENT: "adjustment",
    Kind.DISCOUNT: "discount",
    Kind.PREPAID: "prepaid",
    Kind.COMMITMENT: "commitment",
    Kind.FX: "fx",
}
COMMITMENT_UNUSED = "commitment_unused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inputs:
    """Everything a reconciliation depends on: the same inputs always give the same result."""

    period: str
    documents: Sequence[Current]
    items: Sequence[Item]
    key: ModelKey
    scopes: Scopes = field(default_factory=Scopes)
    rates: Sequence[Rate] = ()
    seats: Sequence[SeatRow] = ()
    policy: SeatPolicy = SeatPolicy.EVEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """The settled cells, in a stable order, and what a person should know."""

    period: str
    cells: tuple[Settled, ...]
    unbilled: tuple[Item, ...]
    """Seen, and on no bill: an allowance, a free call, or a bill that has not come. No money."""
    findings: tuple[Finding, ...]


def reconcile(inputs: Inputs) -> Reconciled:
    """Settle every cell of a month."""
    cells, missing = bill_side(inputs)
    matched = match(cells, inputs.items, inputs.scopes)
    _match_untold(cells, matched, inputs.scopes)
    settled = _settle(cells, matched, inputs)
    found = findings_of(settled, matched, missing, inputs.documents, inputs.period)
    return Reconciled(
        period=inputs.period, cells=tuple(settled), unbilled=tuple(matched.unbilled), findings=tuple(found)
    )


def bill_side(inputs: Inputs) -> tuple[dict[CellKey, Cell], list[Stored]]:
    """The cells of a month's bills, in a stable order, and the documents in a currency without a rate."""
    charged, missing = _charged(inputs)
    charged += _drawn(inputs)
    cells = cells_of(charged, inputs.key)
    _count(cells, inputs)
    return cells, missing


def _charged(inputs: Inputs) -> tuple[list[Charged], list[Stored]]:
    """The lines that are owed, in nano-dollars, and the documents in a currency without a rate."""
    made: list[Charged] = []
    missing: list[Stored] = []
    for stored, numbered in posted(inputs.documents, inputs.period):
        document = stored.document
        converted = convert(document, [line for _, line in numbered], inputs.rates)
        if converted is None:
            missing.append(stored)
            continue
        numbers = [n for n, _ in numbered]
        for place, (line, amount) in enumerate(converted.lines):
            number = numbers[place] if place < len(numbers) else len(document.lines)
            made.append(_charge(document.channel_of(line), document.source, stored.number, number, line, amount))
    return made, missing


def _drawn(inputs: Inputs) -> list[Charged]:
    """What use drew from balances, and what of a commitment was never used: moved out of what it was bought as."""
    made: list[Charged] = []
    for one in of_month(inputs.documents, inputs.rates, inputs.period):
        for what, amount in ((DRAWN, -one.drawn - one.unused), (UNUSED, one.unused)):
            if amount:
                line = BillLine(
                    day=one.day,
                    days=one.days,
                    period=inputs.period,
                    kind=one.kind,
                    amount_nano=amount,
                    token_class=what,
                    sku=f"{one.kind} {what}",
                )
                made.append(_charge(one.channel, one.source, one.document, one.line, line, amount))
    return made


def _charge(channel: str, source: str, document: int, number: int, line: BillLine, amount: int) -> Charged:
    return Charged(
        channel,
        source,
        document,
        number,
        line.day,
        line.days,
        line.scope,
        line.model,
        line.service_tier,
        line.geo,
        line.band,
        line.token_class,
        line.quantity,
        line.owner,
        line.kind,
        amount,
        line.sku,
        line.mapped,
    )


def _count(cells: Mapping[CellKey, Cell], inputs: Inputs) -> None:
    """Tokens and owners of cells from usage reports, where the bill itself does not say them."""
    index: dict[tuple[str, int, str, str, str], list[Cell]] = {}
    for key, cell in cells.items():
        if key.kind == Kind.USAGE and not key.owner:
            index.setdefault((key.channel, key.day, key.scope, key.model, key.token_class), []).append(cell)
    counted: dict[CellKey, int] = {}
    owners: dict[CellKey, dict[str, int]] = {}
    for line in _beside(inputs):
        model = inputs.key(line.channel, line.model) or ""
        place = (line.channel, line.day, line.scope or "", model, line.token_class or "")
        cell = next((cell for cell in index.get(place, ()) if _same(cell.key, line)), None)
        if cell is None:
            continue
        if line.quantity:
            counted[cell.key] = counted.get(cell.key, 0) + line.quantity
        mine = owners.setdefault(cell.key, {})
        mine[line.owner or ""] = mine.get(line.owner or "", 0) + (line.quantity or max(line.nano_usd, 0))
    for key, mine in owners.items():
        cell = cells[key]
        if cell.quantity is None:
            cell.quantity = counted.get(key)
        if cell.quantity is None:
            mine[""] = mine.get("", 0) + max(cell.nano_usd - sum(mine.values()), 0)
        cell.owners = mine


def _beside(inputs: Inputs) -> Iterator[Charged]:
    """Lines that explain a bill: counts of usage reports, and money by person of what another document bills."""
    for one in inputs.documents:
        document = one.stored.document
        if document.role not in (Role.USAGE, Role.DETAIL) or document.whole:
            continue
        for n, line in one.lines:
            if line.period == inputs.period:
                amount = line.amount_nano if document.role is Role.DETAIL else 0
                yield _charge(document.channel, document.source, one.stored.number, n, line, amount)


def _same(key: CellKey, line: Charged) -> bool:
    """Whether a usage line counts a cell: what the bill does not say, it may say."""
    tier = line.service_tier or ""
    return (
        (
            not key.service_tier
            or tier == key.service_tier
            or (tier in ("", "default") and key.service_tier == "standard")
        )
        and (not key.geo or key.geo == (line.geo or ""))
        and (not key.band or key.band == (line.band or ""))
    )


def _match_untold(cells: Mapping[CellKey, Cell], matched: Matched, scopes: Scopes) -> None:
    """Bills that count no tokens: what was seen on their channel and days and is in no other cell, is theirs."""
    rest = matched.unbilled
    for key, cell in cells.items():
        if key.kind != Kind.USAGE or (key.token_class and not key.owner) or not (rest and cell.mapped):
            continue
        person = scopes.person(key.channel, key.owner, key.day)
        mine = [item for item in rest if _theirs(item, key, person)]
        if mine:
            matched.by_cell[cell.key].extend(mine)
            taken = set(map(id, mine))
            rest = [item for item in rest if id(item) not in taken]
    matched.unbilled = rest


def _theirs(item: Item, key: CellKey, person: str | None) -> bool:
    return (
        item.channel == key.channel
        and key.day <= item.day < key.day + key.days
        and (not key.model or key.model == item.model)
        and (not key.owner or (person is not None and item.group.engineer == person))
    )


def _settle(cells: Mapping[CellKey, Cell], matched: Matched, inputs: Inputs) -> list[Settled]:
    """Usage first, since discounts follow it."""
    usage = {
        key: settle(cell, matched.by_cell.get(key, ()), inputs.scopes)
        for key, cell in cells.items()
        if key.kind == Kind.USAGE
    }
    made: list[Settled] = []
    for key, cell in cells.items():
        beside = usage.get(key._replace(kind=Kind.USAGE.value))
        if key.kind == Kind.USAGE:
            made.append(usage[key])
        elif key.kind == Kind.DISCOUNT and beside is not None:
            made.append(discount(cell, beside))
        else:
            made.append(settle_other(cell, inputs))
    return made


def settle_other(cell: Cell, inputs: Inputs) -> Settled:
    """What is no use: seats by person, everything else in a bucket of its name."""
    kind = Kind(cell.key.kind)
    if kind in AHEAD and cell.key.token_class == UNUSED:
        return bucket(cell, COMMITMENT_UNUSED)
    return _seats(cell, inputs) if kind is Kind.SEAT else bucket(cell, _BUCKETS[kind])


def _seats(cell: Cell, inputs: Inputs) -> Settled:
    """A seat fee by person, and the idle part of it."""
    seats = of_plan(inputs.seats, cell.key.channel, inputs.period)
    if not seats:
        return bucket(cell, "seat")
    parts = spread(cell.nano_usd, seats, inputs.policy)
    shares = tuple(
        Share(
            IDLE if name == IDLE else TRACKED,
            NOBODY if name == IDLE else NOBODY._replace(engineer=name),
            "",
            0,
            0,
            amount,
            f"seats_{inputs.policy}",
            0,
            0,
        )
        for name, amount in sorted(parts.items())
    )
    return Settled(cell=cell, seen_tokens=0, list_nano=0, shares=shares, method="seats")
