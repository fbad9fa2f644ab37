"""Verifying the ledger: each invariant by name, and what breaks it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tollbook_collector.bills.effective import Current
from tollbook_collector.ledger.entries import PAYABLE, Amounts, Entry, Place, Posting
from tollbook_collector.ledger.post import Standing

MAX_FAULTS = 100
"""Faults listed of one invariant; the count goes on."""


class Closed(NamedTuple):
    """A closed month: the hash it was closed with, and the one its entries have now."""

    period: str
    recorded: str
    found: str


def unbalanced(entries: Iterable[tuple[int, Sequence[Posting]]]) -> list[str]:
    """Every entry sums to zero."""
    found: list[str] = []
    for number, postings in entries:
        total = sum(posting.amounts.nano_usd for posting in postings)
        if total:
            found.append(f"entry {number} is out of balance by {total} nano-dollars")
    return found[:MAX_FAULTS]


def documents_add_up(documents: Iterable[Current]) -> list[str]:
    """Every document's lines, mapped and unmapped, sum to its total."""
    found: list[str] = []
    for one in documents:
        document = one.stored.document
        total = sum(line.amount_nano for line in document.lines)
        if total != document.total_nano:
            found.append(f"document {one.stored.number}: its lines sum to {total}, its total is {document.total_nano}")
    return found[:MAX_FAULTS]


def documents_posted(owed: Mapping[int, int], standing: Mapping[int, int]) -> list[str]:
    """What stands as payable for each document is what it bills, to the nano-dollar."""
    found: list[str] = []
    for number in sorted({*owed, *standing}):
        should, stands = owed.get(number, 0), standing.get(number, 0)
        if should != stands:
            found.append(f"document {number}: {stands} nano-dollars are posted, it bills {should}")
    return found[:MAX_FAULTS]


def traceable(entries: Iterable[Entry], documents: Iterable[int]) -> list[str]:
    """Every amount that stands has a rule that gave it, and every amount that is owed a document that was imported."""
    known = set(documents)
    found: list[str] = []
    sums: dict[tuple[str, Place], int] = {}
    ruled: set[tuple[str, Place]] = set()
    for entry in entries:
        for posting in entry.postings:
            place = posting.place
            if place.account.startswith(PAYABLE):
                if place.document not in known:
                    found.append(f"{entry.about}: document {place.document} is owed money and was never imported")
                continue
            key = (entry.cell, place)
            sums[key] = sums.get(key, 0) + posting.amounts.nano_usd
            if posting.why.rule:
                ruled.add(key)
    found += [
        f"{place.account} of {place.group.engineer or place.owner or 'nobody'}: {amount} nano-dollars have no rule"
        for (cell, place), amount in sums.items()
        if amount and (cell, place) not in ruled
    ]
    return found[:MAX_FAULTS]


def payable(standing: Standing) -> dict[int, int]:
    """Document -> nano-dollars that stand as payable."""
    sums: dict[int, int] = {}
    for places in standing.values():
        for place, amounts in places.items():
            if place.account.startswith(PAYABLE):
                sums[place.document] = sums.get(place.document, 0) - amounts.nano_usd
    return {number: amount for number, amount in sums.items() if amount}


def crossfoots(standing: Standing, period: str) -> list[str]:
    """Every dimension of what stands has the same total: the parts, `untracked` and the buckets."""
    total = 0
    sums: dict[str, int] = {}
    for places in standing.values():
        for place, amounts in places.items():
            if place.account.startswith(PAYABLE):
                total -= amounts.nano_usd
                continue
            for name in place.group._fields:
                sums[name] = sums.get(name, 0) + amounts.nano_usd
    return [
        f"{period}: {name} sums to {amount} nano-dollars, the bills to {total}"
        for name, amount in sums.items()
        if amount != total
    ]


def closed_unchanged(months: Iterable[Closed]) -> list[str]:
    """A closed month's entries are those it was closed with."""
    return [
        f"{month.period} is closed, and its entries are not those it was closed with"
        for month in months
        if month.recorded != month.found
    ]


def merged(rows: Iterable[tuple[str, Place, Amounts]]) -> dict[str, dict[Place, Amounts]]:
    """Postings added up by cell and place; what cancelled out is gone."""
    standing: dict[str, dict[Place, Amounts]] = {}
    for cell, place, amounts in rows:
        mine = standing.setdefault(cell, {})
        mine[place] = mine[place].plus(amounts) if place in mine else amounts
    return {
        cell: left
        for cell, places in standing.items()
        if (left := {place: amounts for place, amounts in places.items() if any(amounts)})
    }
