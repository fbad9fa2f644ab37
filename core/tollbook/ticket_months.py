"""A ticket's money by month: estimated where no bill was reconciled, billed where one was. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollbook.money import usd_text

STATES: tuple[str, ...] = ("estimated", "provisional", "final", "closed")
"""How far a month's bills have come."""
ESTIMATED = STATES[0]


def ticket_months(
    days: Iterable[Mapping[str, Any]], posted: Mapping[str, int], states: Mapping[str, str]
) -> dict[str, Any]:
    """The fields of a ticket's answer that bills change.

    `days` are the rows by day of the answer (key, calls, list_nano_usd); `posted` has nano-dollars and `states` how far
    each reconciled month has come, such as 2026-10. The status is that of the least advanced month; billed money is of
    reconciled months alone, and `None` where there is none.

    Raises:
        ValueError: a state that is none of `STATES`.
    """
    months: dict[str, dict[str, Any]] = {}
    for row in days:
        one = months.setdefault(row["key"][:7], {"calls": 0, "list_nano_usd": 0})
        one["calls"] += row["calls"]
        one["list_nano_usd"] += row["list_nano_usd"]
    for month in posted:
        months.setdefault(month, {"calls": 0, "list_nano_usd": 0})
    billed = {month: posted.get(month, 0) for month in months if month in states}
    rows = [
        {"month": month, "status": states.get(month, ESTIMATED), **sums, "billed_nano_usd": billed.get(month)}
        for month, sums in sorted(months.items())
    ]
    total = sum(billed.values()) if billed else None
    return {
        "status": STATES[min((STATES.index(states.get(month, ESTIMATED)) for month in months), default=0)],
        "billed_nano_usd": total,
        "billed_usd": None if total is None else usd_text(total),
        # Seats and commitments are spread over use when they are posted: what stands about a ticket has its share.
        "effective_nano_usd": total,
        "months": rows,
    }
