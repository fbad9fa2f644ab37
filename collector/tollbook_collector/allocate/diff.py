"""What a change of rules would move, before anything is applied."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tollbook_collector.allocate.explain import money_json
from tollbook_collector.allocate.report import Key, tabulate
from tollbook_collector.allocate.result import Allocation, Amounts, Piece


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One value of a dimension before and after."""

    value: str | None
    before: Amounts
    after: Amounts


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What moves in one dimension; `rules`: how many rows each rule of the new rules wins or loses."""

    dimension: str
    changes: tuple[Change, ...]
    rules: tuple[tuple[str, int], ...]
    """(rule of the new rules, rows it wins that another rule had)."""
    moved_nano_usd: int
    """Half the sum of all differences: what leaves one value and arrives at another."""
    totals_equal: bool


def diff(before: Allocation, after: Allocation) -> tuple[Moved, ...]:
    """The dimensions of either allocation that differ. Both are of the same rows."""
    names = tuple(dict.fromkeys((*before.dimensions, *after.dimensions)))
    moved = [_moved(name, before, after) for name in names]
    return tuple(each for each in moved if each.changes or each.rules or not each.totals_equal)


def _moved(name: str, before: Allocation, after: Allocation) -> Moved:
    old, new = _values(before, name), _values(after, name)
    changes = [
        Change(value=key[0], before=old.get(key, _ZERO), after=new.get(key, _ZERO))
        for key in {**old, **new}
        if old.get(key, _ZERO) != new.get(key, _ZERO)
    ]
    changes.sort(key=lambda each: (-abs(_money(each.after) - _money(each.before)), each.value or ""))
    difference = sum(abs(_money(each.after) - _money(each.before)) for each in changes)
    return Moved(
        dimension=name,
        changes=tuple(changes),
        rules=_won(name, before, after),
        moved_nano_usd=difference // 2,
        totals_equal=_sum(old) == _sum(new),
    )


_ZERO: Amounts = (0, 0, 0)


def _money(amounts: Amounts) -> int:
    """Billed where there is a bill, else list."""
    return (amounts[1] if amounts[1] is not None else amounts[0]) or 0


def _values(allocation: Allocation, name: str) -> dict[Key, Amounts]:
    """A dimension that the rules do not have leaves all money without a value."""
    if name in allocation.dimensions:
        return {key: each.amounts for key, each in tabulate(allocation, [name]).rows}
    return {(None,): tabulate(allocation, []).total.amounts}


def _sum(values: dict[Key, Amounts]) -> tuple[int, int, int]:
    parts: Sequence[Amounts] = list(values.values())
    return tuple(sum(each[at] or 0 for each in parts) for at in range(3))  # type: ignore[return-value]


def _won(name: str, before: Allocation, after: Allocation) -> tuple[tuple[str, int], ...]:
    old, new = _winners(before, name), _winners(after, name)
    counts: dict[str, int] = {}
    for row, rule in new.items():
        if rule is not None and old.get(row) != rule:
            counts[rule] = counts.get(rule, 0) + 1
    return tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))


def _winners(allocation: Allocation, name: str) -> dict[int, str | None]:
    if name not in allocation.dimensions:
        return {}
    at = allocation.dimensions.index(name)
    unmoved: list[Piece] = [piece for piece in allocation.pieces if not piece.path]
    return {piece.row: piece.places[at].rule for piece in unmoved}


def as_json(moved: Sequence[Moved]) -> dict[str, Any]:
    """The documented JSON."""
    return {
        "dimensions": [
            {
                "dimension": each.dimension,
                "moved_nano_usd": each.moved_nano_usd,
                "totals_equal": each.totals_equal,
                "rules": [{"rule": rule, "rows": rows} for rule, rows in each.rules],
                "changes": [
                    {"value": c.value, "before": money_json(c.before), "after": money_json(c.after)}
                    for c in each.changes
                ],
            }
            for each in moved
        ]
    }
