"""The words of a comment: amounts, labels, and names as they can be shown anywhere. Pure.

A branch, a ticket or a model may be named by anybody. What is not on the list of harmless letters becomes a question
mark, so that no name is ever a mention, a link, markup, a cell of a table or the end of a code span.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from tollbook_collector.comments.cost import WorkCost
from tollbook_collector.shown import count, decimals_for, money

LONGEST_NAME = 80
"""Characters of a name."""
NOTE = (
    "Estimated: public list price of every call that was seen. Reconciled: its part of the provider's bill. "
    "Coverage: the seen part of all use that those bills charge."
)
_HARMLESS = frozenset(" ._/-+=:#,()")
_FLAGS = {
    "only_your_calls": "only the calls of the token's owner are counted",
    "only_your_team": "only the calls of one team are counted",
    "older_months_not_reconciled": "months before the last twelve are not reconciled here",
    "cache_write_lifetime_unknown": "some cache writes have an unknown lifetime and are priced as the shortest",
}
"""Flags worth a word; others are in --json only."""


def name_shown(text: str) -> str:
    """A name of others, harmless in markdown code spans and in ADF."""
    cut = text if len(text) <= LONGEST_NAME else text[: LONGEST_NAME - 1] + "…"
    shown = "".join(letter if letter.isalnum() or letter in _HARMLESS or letter == "…" else "?" for letter in cut)
    return shown.replace("://", ":?/").strip() or "?"


def list_shown(cost: WorkCost) -> str:
    """The list amount with its label."""
    return f"{amount(cost.list_nano_usd)} (estimated)"


def billed_shown(cost: WorkCost) -> str:
    """The billed amount with its label: how far the bill has come, and for how much of the work."""
    if cost.billed_nano_usd is None:
        return "not reconciled yet"
    label = {"final": "reconciled", "closed": "reconciled, month closed"}.get(cost.status, "reconciled, may change")
    if not cost.whole:
        label = f"reconciled for {percent(cost.reconciled_list_nano_usd, cost.list_nano_usd)} of it"
    return f"{amount(cost.billed_nano_usd)} ({label})"


def coverage_shown(cost: WorkCost) -> str:
    """How much of what the channels billed was seen."""
    if cost.coverage is None:
        return "unknown until then"
    return f"{(Decimal(cost.coverage) * 100).quantize(Decimal('0.1'))} %"


def amount(nano_usd: int) -> str:
    """Dollars for the eye."""
    return money(nano_usd, decimals_for(nano_usd))


def percent(part: int, whole: int) -> str:
    """A ratio for the eye, never 100 % of what is not whole."""
    if whole <= 0:
        return "0 %"
    found = min((Decimal(part) * 100 / whole).quantize(Decimal("0.1"), ROUND_HALF_EVEN), Decimal("99.9"))
    return f"{found} %"


def remarks(costs: list[WorkCost]) -> list[str]:
    """What the figures lack, each once."""
    found = [_FLAGS[flag] for flag in _FLAGS if any(flag in cost.flags for cost in costs)]
    unpriced = sum(cost.unpriced_calls for cost in costs)
    if unpriced:
        found.append(f"{count(unpriced)} calls have no list price and are counted as $0")
    return found
