"""Posting a reconciliation: what should stand, less what stands, is what is written. The same again writes nothing."""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

from tollbook_collector.bills.balances import of_month
from tollbook_collector.bills.reconcile import Inputs, Reconciled
from tollbook_collector.bills.settle import Settled
from tollbook_collector.bills.texts import month_days
from tollbook_collector.ledger.entries import NOTHING, PAYABLE, Amounts, Entry, Place, Posting, Why

ENGINE = "1"
"""Raised when the rules of reconciliation change: the same inputs then give another run."""

Standing = Mapping[str, Mapping[Place, Amounts]]
"""Cell -> place -> what stands there, about one month."""


def wanted(reconciled: Reconciled) -> dict[str, dict[Place, Posting]]:
    """What should stand about the month: every cell's money from its bill to its shares."""
    return {settled.cell.key.text: _postings(settled) for settled in reconciled.cells}


def _postings(settled: Settled) -> dict[Place, Posting]:
    cell = settled.cell
    made: dict[Place, Posting] = {}
    for document, amount in sorted(cell.by_document.items()):
        place = Place(account=f"{PAYABLE}:{cell.key.channel}", document=document)
        made[place] = Posting(place, Amounts(-amount))
    for share in settled.shares:
        place = Place(share.account, share.group, share.owner)
        why = Why(share.rule, share.weight, share.weights)
        made[place] = Posting(place, Amounts(share.nano_usd, share.tokens, share.list_nano), why)
    return made


def entries(reconciled: Reconciled, standing: Standing, booked_in: str) -> list[Entry]:
    """The entries that bring what stands to what should stand; none where it does already."""
    return [
        Entry(cell=cell, about=reconciled.period, booked_in=booked_in, postings=tuple(postings))
        for cell, postings in changes(reconciled, standing).items()
    ]


def changes(reconciled: Reconciled, standing: Standing) -> dict[str, list[Posting]]:
    """Cell -> what its entry would post; cells that stand as they should are not in it."""
    should = wanted(reconciled)
    made: dict[str, list[Posting]] = {}
    for cell in sorted({*should, *standing}):
        mine, there = should.get(cell, {}), standing.get(cell, {})
        postings: list[Posting] = []
        for place in sorted({*mine, *there}):
            posting = mine.get(place, Posting(place, NOTHING))
            change = posting.amounts.minus(there.get(place, NOTHING))
            if any(change):
                postings.append(posting._replace(amounts=change))
        if postings:
            made[cell] = postings
    return made


def input_hash(inputs: Inputs) -> str:
    """A hash of everything a reconciliation depends on, in whatever order it came."""
    digest = blake2b(digest_size=16)

    def feed(*texts: object) -> None:
        digest.update(repr(texts).encode())

    feed("engine", ENGINE, inputs.period, inputs.policy.value)
    first, end = month_days(inputs.period)
    for one in sorted(inputs.documents, key=lambda each: each.stored.number):
        document = one.stored.document
        lines = [n for n, line in one.lines if line.period == inputs.period]
        if lines or (one.lines and document.first_day < end and first < document.end_day):
            feed("document", one.stored.number, document.sha256, lines)
    for item in inputs.items:
        feed(*item)
    for row in inputs.scopes.rows:
        feed("scope", *row)
    for moved in of_month(inputs.documents, inputs.rates, inputs.period):
        feed("balance", *moved)
    for rate in sorted(inputs.rates):
        feed("rate", rate.currency, rate.day, str(rate.usd))
    for seat in sorted(inputs.seats):
        if seat.period == inputs.period:
            feed("seat", *seat)
    return digest.hexdigest()


def ledger_hash(rows: Iterable[Entry]) -> str:
    """A hash of entries in the order they were written: what a closed month must always have."""
    digest = blake2b(digest_size=16)
    for entry in rows:
        digest.update(repr((entry.cell, entry.about, entry.booked_in)).encode())
        for place, amounts, _ in entry.postings:
            digest.update(repr((tuple(place), tuple(amounts))).encode())
    return digest.hexdigest()
