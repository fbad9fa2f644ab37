"""Whether a document is taken: the same twice, an older one, one that would tear another apart, or at a wrong scale."""

from collections.abc import Sequence
from fractions import Fraction
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector.bills.effective import Stored, overlap
from tollbook_collector.bills.lines import BillDocument

SCALE = 40
"""A document that bills so many times what it replaces, or so small a part of it, was changed on its way."""


class Admission(NamedTuple):
    """What becomes of a document."""

    document: BillDocument
    taken: bool
    note: str
    """What it does, in words."""
    problem: Problem | None = None
    same: Stored | None = None
    """The document that says the same and still holds."""


def admit(
    document: BillDocument,
    pulled_at: str,
    known: Sequence[Stored],
    beside: Sequence[BillDocument],
    closed: frozenset[str],
    *,
    pulled: bool = False,
) -> Admission:
    """Judge a document against what is known, and what comes with it in the same import.

    A file may be an old copy, so that one that was ever taken is never taken again. What was `pulled` is what the
    provider says now: where it returns to what it said before a restatement, that counts again.
    """
    family = [one for one in known if (one.document.source, one.document.scope) == (document.source, document.scope)]
    over = [one for one in family if _shares_days(one.document, document)]
    compared = sorted(over, key=lambda one: (one.pulled_at, one.number))[-1:] if pulled else family
    same = next((one for one in compared if one.document.sha256 == document.sha256 and _equal(one, document)), None)
    if same is not None:
        return Admission(document, False, f"is document {same.number} already: nothing to do", same=same)
    if any(one.sha256 == document.sha256 and _same_days(one, document) for one in beside):
        return Admission(document, False, "is given twice: taken once")
    if any(
        (one.source, one.scope) == (document.source, document.scope) and _shares_days(one, document) for one in beside
    ):
        return _refused(
            document,
            "order_unknown",
            "two of the files are of the same days, and nothing says which is the later",
            "Import the earlier one first, by itself.",
        )
    torn = overlap(document, [one.document for one in over])
    if torn is not None:
        return _refused(
            document,
            "overlap_partial",
            "it covers a part of the days of an earlier document that cannot be divided by day",
            "Export the whole span of that one again, or more.",
        )
    later = [one for one in over if (one.document.watermark or "") > (document.watermark or "\uffff")]
    if later or any(one.pulled_at > pulled_at for one in over):
        return _refused(
            document,
            "document_older",
            "a newer document of the same days is known",
            "Nothing to do; if this one is the newer, say when it was pulled with --pulled-at.",
        )
    scale = _scale(document, [one.document for one in over])
    if scale is not None:
        return _refused(
            document,
            "amount_scale",
            f"it bills {float(scale):.3g} times what the document it would replace does",
            "Cents may stand for dollars: import the provider's own file, unchanged. What is booked stays.",
        )
    return Admission(document, True, _note(document, over, closed))


def _note(document: BillDocument, over: Sequence[Stored], closed: frozenset[str]) -> str:
    said = f"replaces document {max(one.number for one in over)}" if over else "is new"
    late = sorted({line.period for line in document.lines} & closed)
    if late:
        said += f"; {', '.join(late)} is closed, so that the difference is posted to the next open month"
    return said


def _refused(document: BillDocument, reason: str, detail: str, remedy: str) -> Admission:
    where = " ".join(part for part in (document.source, document.scope) if part)
    return Admission(document, False, "is refused", Problem(reason=reason, where=where, detail=detail, remedy=remedy))


def _shares_days(one: BillDocument, other: BillDocument) -> bool:
    return one.first_day < other.end_day and other.first_day < one.end_day


def _same_days(one: BillDocument, other: BillDocument) -> bool:
    return (one.source, one.scope, one.first_day, one.end_day) == (
        other.source,
        other.scope,
        other.first_day,
        other.end_day,
    )


def _equal(one: Stored, document: BillDocument) -> bool:
    return _same_days(one.document, document) and one.document.total_nano == document.total_nano


def _scale(document: BillDocument, over: Sequence[BillDocument]) -> Fraction | None:
    """The factor to what it replaces where that is absurd; only of documents of the same days."""
    for other in reversed(over):
        if _same_days(document, other) and other.total_nano > 0 and document.total_nano > 0:
            factor = Fraction(document.total_nano, other.total_nano)
            return factor if factor >= SCALE or factor <= Fraction(1, SCALE) else None
    return None


def admission_json(one: Admission) -> dict[str, object]:
    """The documented row of `bills import`. Amounts are billionths of the document's currency."""
    document = one.document
    unmapped = [line for line in document.lines if not line.mapped]
    return {
        "channel": document.channel,
        "source": document.source,
        "scope": document.scope or None,
        "lines": document.records,
        "ignored": document.ignored,
        "currency": document.currency,
        "total_nano": document.total_nano,
        "mapped_nano": document.total_nano - sum(line.amount_nano for line in unmapped),
        "unmapped_nano": sum(line.amount_nano for line in unmapped),
        "unmapped": list(document.unmapped),
        "taken": one.taken,
        "note": one.note,
    }
