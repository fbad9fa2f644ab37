"""Why a value of a dimension has the money it has: by rule, by split, by bill document."""

from dataclasses import dataclass
from typing import Any

from tollbook_collector.allocate.place import Places, given, holds, value_of
from tollbook_collector.allocate.report import Sum
from tollbook_collector.allocate.result import Allocation, Amounts, plus
from tollbook_collector.allocate.rows import MEASURES, AllocationRow
from tollbook_collector.allocate.rules import Constant, Copy, Find, Rule, RuleSet

MOST_EXAMPLES = 3
"""Rows shown of each rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One rule, split or default that brought money, from where, and examples of the rows it took."""

    rule: str | None
    came_from: str | None
    """The value the money was taken from, where a split brought it."""
    line: int | None
    sum: Sum
    documents: tuple[tuple[str, Amounts], ...]
    examples: tuple[AllocationRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """All the money of one value, by reason; and what splits took away from it."""

    dimension: str
    value: str | None
    total: Sum
    reasons: tuple[Reason, ...]
    given_away: tuple[tuple[str, str, Amounts], ...]
    """(split, to which value, amounts)."""

    def as_json(self) -> dict[str, Any]:
        return {
            "dimension": self.dimension,
            "value": self.value,
            "total": self.total.as_json(),
            "reasons": [
                {
                    "rule": reason.rule,
                    "from": reason.came_from,
                    "line": reason.line,
                    **reason.sum.as_json(),
                    "documents": [{"document": name, **money_json(amounts)} for name, amounts in reason.documents],
                }
                for reason in self.reasons
            ],
            "given_away": [
                {"split": split, "to": to, **money_json(amounts)} for split, to, amounts in self.given_away
            ],
        }  # fmt: skip


def money_json(amounts: Amounts) -> dict[str, int | None]:
    """Amounts by their names."""
    return {f"{measure}_nano_usd": amount for measure, amount in zip(MEASURES, amounts, strict=True)}


def explain(allocation: Allocation, rules: RuleSet, dimension: str, value: str | None) -> Explained:
    """The money of one value (`None`: of none), by reason, the largest first.

    Raises:
        ValueError: a dimension that the allocation does not have.
    """
    at = allocation.dimensions.index(dimension)
    origins = _origins(allocation, dimension)
    sums: dict[tuple[str | None, str | None], Sum] = {}
    rows: dict[tuple[str | None, str | None], list[tuple[AllocationRow, Amounts]]] = {}
    total = Sum()
    for piece in allocation.pieces:
        placed = piece.places[at]
        if placed.value != value:
            continue
        row = allocation.rows[piece.row]
        key = placed.rule, origins.get((piece.row, piece.path)) if piece.path else None
        sums.setdefault(key, Sum()).add(piece, row, (placed.rule,))
        rows.setdefault(key, []).append((row, piece.amounts))
        total.add(piece, row, (placed.rule,))
    lines = {rule.id: rule.line for each in rules.dimensions for rule in each.rules}
    lines |= {split.id: split.line for split in rules.splits}
    reasons = [
        Reason(
            rule=key[0],
            came_from=key[1],
            line=lines.get(key[0] or "") or None,
            sum=found,
            documents=_documents(rows[key]),
            examples=tuple(row for row, _ in rows[key][:MOST_EXAMPLES]),
        )
        for key, found in sums.items()
    ]
    reasons.sort(key=lambda reason: (-_size(reason.sum.amounts), reason.rule or "", reason.came_from or ""))
    away = _away(allocation, dimension, value)
    return Explained(dimension=dimension, value=value, total=total, reasons=tuple(reasons), given_away=away)


def _size(amounts: Amounts) -> int:
    return abs(amounts[1] if amounts[1] is not None else amounts[0] or 0)


def _origins(allocation: Allocation, dimension: str) -> dict[tuple[int, str], str | None]:
    """(row, path) of a moved piece -> the value of the dimension it was taken from."""
    return {
        (each.row, f"{each.path}/{each.split}:{each.to_value}"): each.from_value
        for each in allocation.postings
        if each.dimension == dimension
    }


def _documents(rows: list[tuple[AllocationRow, Amounts]]) -> tuple[tuple[str, Amounts], ...]:
    found: dict[str, Amounts] = {}
    for row, amounts in rows:
        name = row.document or "no bill yet"
        found[name] = plus(found.get(name, (None, None, None)), amounts)
    return tuple(sorted(found.items()))


def _away(allocation: Allocation, dimension: str, value: str | None) -> tuple[tuple[str, str, Amounts], ...]:
    found: dict[tuple[str, str], Amounts] = {}
    for each in allocation.postings:
        if each.dimension == dimension and each.from_value == value:
            key = each.split, each.to_value
            found[key] = plus(found.get(key, (None, None, None)), each.amounts)
    return tuple((split, to, amounts) for (split, to), amounts in sorted(found.items()))


def why(rules: RuleSet, dimension: str, row: AllocationRow, places: Places) -> list[tuple[str, str]]:
    """(rule, what came of it) of every rule of a dimension for one row, in order, up to the one that won."""
    found: list[tuple[str, str]] = []
    for rule in next(each for each in rules.dimensions if each.name == dimension).rules:
        value = given(rule, row, places, rules.lookups)
        if value is not None:
            found.append((rule.id, f"gives {value}"))
            return found
        found.append((rule.id, _refusal(rule, row, places)))
    found.append((f"{dimension}.default", "what no rule gave"))
    return found


def _refusal(rule: Rule, row: AllocationRow, places: Places) -> str:
    if not rule.days.holds(row.day):
        return "does not hold on this day"
    for condition in rule.when:
        if not holds(condition, row, places):
            return f"{condition.source.text} does not pass"
    match rule.gives:
        case Find(lookup=lookup, on=on) if value_of(on, row, places) is not None:
            return f"{lookup} has no entry for {on.text} on this day"
        case Find(on=source) | Copy(source=source):
            return f"{source.text} is absent"
        case Constant():
            return "gives nothing"
