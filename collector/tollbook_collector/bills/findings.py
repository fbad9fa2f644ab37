"""Findings: what a person should look at before believing a reconciliation, each with what to do."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import NamedTuple

from tollbook.answer import day_text
from tollbook.money import usd_text
from tollbook_collector.bills.effective import Current, Stored, elsewhere
from tollbook_collector.bills.lines import Kind, Role
from tollbook_collector.bills.match import Matched
from tollbook_collector.bills.settle import TRACKED, Settled

RATE_MISSING = "rate_missing"
UNIT_FACTOR = 40
"""A channel billed at so many times its list price, or so small a part of it, was read in a wrong unit."""


class Finding(NamedTuple):
    """One thing to look at."""

    reason: str
    channel: str
    detail: str
    remedy: str
    blocks: bool = False
    """The month should not be closed as it is."""


def findings_of(
    settled: Sequence[Settled], matched: Matched, missing: Iterable[Stored], documents: Sequence[Current], period: str
) -> list[Finding]:
    """All findings, in a stable order."""
    found = [*_over(settled), *_unit(settled), *_unbilled(matched), *_documents(missing, documents, period)]
    found += [
        Finding(
            "scope_unresolved",
            channel,
            f"{tokens} tokens were spread over several cells, since their workspace, tier or region is not known",
            "Import a scopes table (`scopes import`), so that keys and accounts have one.",
        )
        for channel, tokens in matched.unresolved_tokens.items()
        if tokens
    ]
    return sorted(found)


def _over(settled: Iterable[Settled]) -> Iterable[Finding]:
    for one in settled:
        if one.over:
            key = one.cell.key
            yield Finding(
                "over_tracked",
                key.channel,
                f"{day_text(key.day)} {key.model} {key.token_class}: {one.over} tokens more were seen than billed",
                "The bill may not be complete yet: pull it again. If it is: a call counted twice, or one not billed.",
            )


def _unit(settled: Iterable[Settled]) -> Iterable[Finding]:
    """Cents read as dollars, thousands as units: all of a channel is off by one large factor."""
    sums: dict[tuple[str, str], list[int]] = {}
    for one in settled:
        key = one.cell.key
        if key.kind == Kind.USAGE and one.list_nano and one.seen_tokens:
            mine = sums.setdefault((key.channel, key.source), [0, 0])
            mine[0] += one.total(TRACKED)
            mine[1] += one.list_nano
    for (channel, source), (billed, listed) in sums.items():
        ratio = Fraction(billed, listed)
        if ratio > UNIT_FACTOR or (billed > 0 and ratio < Fraction(1, UNIT_FACTOR)):
            yield Finding(
                "unit_suspect",
                channel,
                f"{source} bills {float(ratio):.3g} times the list price of what was seen",
                "Cents may stand for dollars, or thousands for units: import the provider's own file, unchanged.",
                blocks=True,
            )


def _unbilled(matched: Matched) -> Iterable[Finding]:
    sums: dict[str, int] = {}
    for item in matched.unbilled:
        sums[item.channel] = sums.get(item.channel, 0) + item.tokens
    for channel, tokens in sums.items():
        yield Finding(
            "unbilled",
            channel,
            f"{tokens} tokens were seen that no bill has",
            "Import the channel's bill for those days; calls within a plan stay here, at list value.",
        )


def _documents(missing: Iterable[Stored], documents: Sequence[Current], period: str) -> Iterable[Finding]:
    for stored in missing:
        currency = stored.document.currency
        yield Finding(
            RATE_MISSING,
            stored.document.channel,
            f"document {stored.number}, {stored.document.source} of {day_text(stored.document.first_day)} to"
            f" {day_text(stored.document.end_day - 1)}, is {usd_text(stored.document.total_nano)} {currency}, which has"
            f" no rate: it is in no sum, and nothing of {period} is posted without it",
            f"Enter what one {currency} is worth in dollars: `tollbook-collector bills rate {currency} DOLLARS --from"
            f" {day_text(stored.document.first_day)} --source WHO`, then reconcile again.",
            blocks=True,
        )
    for stored, line in elsewhere(documents, period):
        currency = stored.document.currency
        yield Finding(
            "billed_elsewhere",
            stored.document.channel,
            f"document {stored.number}: {usd_text(line.amount_nano)} {currency} of use on an invoice is not added,"
            " since a report of the same days bills it",
            "Compare both. Where it is other money, such as credits bought for a plan, call the line a Purchase.",
        )
    for one in documents:
        document = one.stored.document
        unknown = sorted({line.sku for _, line in one.lines if not line.mapped and line.period == period})
        if unknown and document.role is Role.BILL:
            yield Finding(
                "sku_unmapped",
                document.channel,
                f"document {one.stored.number}: {len(unknown)} unknown: {', '.join(unknown[:5])[:200]}",
                "Their money is in the total, untracked. Report the names, so that a version can map them.",
            )
