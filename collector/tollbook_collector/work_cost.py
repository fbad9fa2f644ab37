"""What a ticket, or a branch of a repository, cost: seen, and billed where bills came. Sums, and nobody's name. Pure.

The list amount is an estimate from public prices. The billed amount is what reconciliation has posted to this
work, month by month; `coverage` says how much of those bills' use was seen at all.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from tollbook.money import usd_text
from tollbook_collector.ledger.periods import State

MOST_MONTHS = 12
"""Months whose bills are looked at, the latest: each reads a month of calls."""
OLDER = "older_months_not_reconciled"
"""The flag of calls in months before those."""
BRANCH_BY = ("repo", "branch", "model", "month")
"""How spend is asked for a branch."""
_RATIO = Decimal("0.0001")
_ORDER = (State.ESTIMATED, State.PROVISIONAL, State.FINAL, State.CLOSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkQuestion:
    """A ticket, or a branch of a repository."""

    ticket: str | None = None
    repo: str | None = None
    """owner/name."""
    branch: str | None = None
    start: int | None = None
    """Of a branch: the first UTC day that counts, since names of branches come again."""

    def owns(self, ticket: str | None, repo: str | None, branch: str | None) -> bool:
        """Whether something belongs to this work. Repositories are named in any case."""
        if self.ticket is not None:
            return ticket == self.ticket
        return branch == self.branch and (repo or "").casefold() == (self.repo or "").casefold()


class MonthBill(NamedTuple):
    """What the bills of a month say of some work."""

    month: str
    state: State
    billed_nano_usd: int | None
    """`None`: nothing of any bill is posted to it."""
    reconciled_list_nano_usd: int
    """List value of the part that a bill has come for."""
    tracked_nano_usd: int
    untracked_nano_usd: int
    """Of all use that was billed on the same channels: seen, and not seen."""


Bills = Callable[[Sequence[str]], Sequence[MonthBill]]
"""Months such as 2026-10 -> what their bills say; months without a bill may be left out."""


def of_ticket(ticket: Mapping[str, Any], question: WorkQuestion) -> dict[str, Any]:
    """From the answer to what a ticket cost."""
    months: dict[str, list[int]] = {}
    for row in ticket["by"]["day"]:
        _add(months, row["key"][:7], row)
    models = [_plain(row["key"], row) for row in ticket["by"]["model"]]
    made = _answer(question, ticket, models, months, ticket["price_book"], ticket["flags"])
    return made | {"unpriced_calls": ticket["unpriced_calls"]}


def of_branch(spend: Mapping[str, Any], question: WorkQuestion, price_book: str) -> dict[str, Any]:
    """From the spend table by `BRANCH_BY`."""
    months: dict[str, list[int]] = {}
    models: dict[str, dict[str, Any]] = {}
    total: dict[str, Any] = {"calls": 0, "usage": dict.fromkeys(spend["total"]["usage"], 0), "list_nano_usd": 0}
    for row in spend["rows"]:
        repo, branch, model, month = row["key"]
        if question.owns(None, repo, branch):
            _add(months, month, row)
            empty = {"calls": 0, "usage": dict.fromkeys(row["usage"], 0), "list_nano_usd": 0}
            for sums in (total, models.setdefault(model, empty)):
                sums["calls"] += row["calls"]
                sums["list_nano_usd"] += row["list_nano_usd"]
                for kind, tokens in row["usage"].items():
                    sums["usage"][kind] += tokens
    ranked = sorted(models.items(), key=lambda entry: (-entry[1]["list_nano_usd"], entry[0] or ""))
    return _answer(question, total, [_plain(model, row) for model, row in ranked], months, price_book, spend["flags"])


def _add(months: dict[str, list[int]], month: str, row: Mapping[str, Any]) -> None:
    mine = months.setdefault(month, [0, 0])
    mine[0] += row["calls"]
    mine[1] += row["list_nano_usd"]


def _plain(model: str | None, row: Mapping[str, Any]) -> dict[str, Any]:
    amount = row["list_nano_usd"]
    figures = {"calls": row["calls"], "usage": row["usage"], "list_nano_usd": amount, "list_usd": usd_text(amount)}
    return {"model": model, **figures}


def _answer(
    question: WorkQuestion, total: Mapping[str, Any], models: Sequence[Mapping[str, Any]],
    months: Mapping[str, Sequence[int]], price_book: str, flags: Sequence[Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    return {
        "ticket": question.ticket,
        "repo": question.repo,
        "branch": question.branch,
        "status": State.ESTIMATED.value,
        "calls": total["calls"],
        "usage": dict(total["usage"]),
        "list_nano_usd": total["list_nano_usd"],
        "list_usd": usd_text(total["list_nano_usd"]),
        "billed_nano_usd": None,
        "billed_usd": None,
        "reconciled_list_nano_usd": 0,
        "coverage": None,
        "models": list(models),
        "months": [
            {
                "month": month,
                "status": State.ESTIMATED.value,
                "calls": calls,
                "list_nano_usd": amount,
                "billed_nano_usd": None,
            }
            for month, (calls, amount) in sorted(months.items())
        ],
        "unpriced_calls": None,
        "price_book": price_book,
        "flags": list(flags),
    }


def with_bills(answer: dict[str, Any], bills: Bills) -> dict[str, Any]:
    """The answer with what bills say, and the state of its least advanced month."""
    months: list[dict[str, Any]] = answer["months"]
    older = months[:-MOST_MONTHS]
    found = {one.month: one for one in bills([one["month"] for one in months[-MOST_MONTHS:]])}
    if older:
        answer["flags"].append({"flag": OLDER, "calls": sum(one["calls"] for one in older)})
    for one in months:
        bill = found.get(one["month"])
        if bill is not None:
            one["status"], one["billed_nano_usd"] = bill.state.value, bill.billed_nano_usd
    amounts = [one.billed_nano_usd for one in found.values() if one.billed_nano_usd is not None]
    if not amounts:
        return answer
    billed = sum(amounts)
    answer |= {"billed_nano_usd": billed, "billed_usd": usd_text(billed)}
    answer["reconciled_list_nano_usd"] = sum(one.reconciled_list_nano_usd for one in found.values())
    answer["status"] = min((State(one["status"]) for one in months), key=_ORDER.index).value
    tracked = sum(one.tracked_nano_usd for one in found.values())
    use = tracked + sum(one.untracked_nano_usd for one in found.values())
    if use > 0:
        answer["coverage"] = str((Decimal(tracked) / use).quantize(_RATIO))
    return answer
