"""A reconciliation as the rows that allocation works on: their sum is the bill's, to the nano-dollar."""

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.bills.cells import CellKey, cell_key
from tollbook_collector.bills.items import Item
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.reconcile import Reconciled
from tollbook_collector.bills.settle import TRACKED, UNTRACKED
from tollbook_collector.bills.spread import carried, is_fee, spread
from tollbook_collector.ledger.entries import PAYABLE, Amounts, Entry, Place

_KINDS = {
    Kind.USAGE: "usage",
    Kind.DISCOUNT: "credit",
    Kind.CREDIT: "credit",
    Kind.TAX: "tax",
    Kind.SEAT: "purchase",
    Kind.ADJUSTMENT: "adjustment",
    Kind.ROUNDING: "adjustment",
    Kind.FX: "adjustment",
    Kind.PREPAID: "purchase",
    Kind.COMMITMENT: "purchase",
}
BALANCES = ("prepaid", "commitment")
"""Buckets of money that was paid and has bought nothing yet: it costs when it is drawn."""
SCOPES: Mapping[str, str] = {"anthropic": "workspace", "openai": "project", "vertex": "project", "bedrock": "principal"}
"""What a bill's scope is, by channel; a workspace on all others."""
UNKNOWN = "unknown"


def allocation_rows(reconciled: Reconciled) -> Iterator[AllocationRow]:
    """A row a share of every cell; what a fee costs lies where it is billed, until `effective_rows` spreads it."""
    return (row for row, _ in _shares(reconciled))


def effective_rows(reconciled: Reconciled) -> Iterator[AllocationRow]:
    """As `allocation_rows`, with fees over the days they are for."""
    for row, key in _shares(reconciled):
        yield from spread(row, key, reconciled.period) if is_fee(key) else (row,)


def _shares(reconciled: Reconciled) -> Iterator[tuple[AllocationRow, CellKey]]:
    for settled in reconciled.cells:
        document = min(settled.cell.by_document)
        for share in settled.shares:
            place = Place(share.account, share.group, share.owner)
            amounts = Amounts(share.nano_usd, share.tokens, share.list_nano)
            yield row_of(settled.cell.key, document, place, amounts, share.calls), settled.cell.key


def calls_behind(reconciled: Reconciled) -> dict[tuple[str, Place], int]:
    """Calls behind the shares of a month, by the cell and the place that they are posted to."""
    return {
        (settled.cell.key.text, Place(share.account, share.group, share.owner)): share.calls
        for settled in reconciled.cells
        for share in settled.shares
        if share.calls
    }


def posted_rows(
    entries: Iterable[Entry], calls: Mapping[tuple[str, Place], int] = MappingProxyType({})
) -> Iterator[AllocationRow]:
    """Rows as they were posted, with fees over their days: what a closed month says for ever.

    The ledger counts no calls: `calls` are those behind each place as they are seen now, and stand in its first row.
    """
    left = dict(calls)
    for entry in entries:
        for row, key in _posted(entry, left):
            yield from spread(row, key, entry.booked_in) if is_fee(key) else (row,)


def carried_rows(entries: Iterable[Entry], period: str) -> Iterator[AllocationRow]:
    """What fees that were posted to earlier months cost in this one."""
    fees = (found for entry in entries if entry.booked_in < period for found in _posted(entry, {}) if is_fee(found[1]))
    return carried(fees, period)


def _posted(entry: Entry, calls: dict[tuple[str, Place], int]) -> Iterator[tuple[AllocationRow, CellKey]]:
    """Rows of an entry; what they have of `calls` is taken out."""
    key = cell_key(entry.cell)
    documents = [posting.place.document for posting in entry.postings if posting.place.document]
    for posting in entry.postings:
        if not posting.place.account.startswith(PAYABLE):
            behind = calls.pop((entry.cell, posting.place), 0)
            yield row_of(key, min(documents, default=0), posting.place, posting.amounts, behind), key


def unbilled_rows(items: Iterable[Item]) -> Iterator[AllocationRow]:
    """What was seen and is on no bill: its list value, and no money."""
    for item in items:
        group = item.group
        yield AllocationRow(
            day=item.day,
            channel=item.channel,
            model=item.model or UNKNOWN,
            token_class=item.token_class,
            service_tier=item.service_tier,
            account=item.account,
            tool=group.tool or None,
            engineer=group.engineer or None,
            ticket=group.ticket or None,
            repo=group.repo or None,
            branch=group.branch or None,
            tokens=item.tokens,
            calls=item.calls,
            list_nano_usd=item.list_nano,
            **_scope(item.channel, item.scope or ""),
        )


def row_of(key: CellKey, document: int, place: Place, amounts: Amounts, calls: int = 0) -> AllocationRow:
    """The row of an amount of a cell, with the calls behind it."""
    group = place.group
    kind, _, owner = place.owner.rpartition(":")
    named: dict[str, Any] = {"engineer": group.engineer or None, **_scope(key.channel, key.scope)}
    if kind == "" and "@" in owner:
        named["engineer"] = owner
    elif kind == "account":
        named["account"] = owner
    elif kind == "key":
        named["api_key"] = owner
    return AllocationRow(
        day=key.day,
        channel=key.channel,
        model=key.model or UNKNOWN,
        token_class=key.token_class or key.kind,
        kind=_KINDS[Kind(key.kind)],
        service_tier=key.service_tier or None,
        region=key.geo or None,
        tool=group.tool or None,
        ticket=group.ticket or None,
        repo=group.repo or None,
        branch=group.branch or None,
        document=str(document) if document else None,
        bucket=None if place.account in (TRACKED, UNTRACKED) else place.account,
        untracked=place.account == UNTRACKED,
        calls=calls,
        tokens=amounts.tokens,
        list_nano_usd=amounts.list_nano_usd,
        billed_nano_usd=amounts.nano_usd,
        effective_nano_usd=0 if place.account in BALANCES else amounts.nano_usd,
        **named,
    )


def _scope(channel: str, scope: str) -> dict[str, Any]:
    return {SCOPES.get(channel, "workspace"): scope or None}
