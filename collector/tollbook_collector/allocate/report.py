"""Tables of an allocation: what each value has, direct and shared apart, with every remainder named.

For every choice of dimensions the rows sum to the same total, which is the total of the rows that were allocated.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.money import usd_text
from tollbook_collector.allocate.result import Allocation, Amounts, Piece, plus
from tollbook_collector.allocate.rows import MEASURES, AllocationRow

UNALLOCATED = "unallocated"
UNTRACKED = "untracked"
REMAINDERS = (UNALLOCATED, UNTRACKED)
"""Names of money without a value: seen but not placed; billed and never seen. The buckets of rows come beside them."""

type Key = tuple[str | None, ...]

_NONE: Amounts = (None, None, None)


@dataclass(slots=True)
class Sum:
    """Running sums. Direct and shared, tracked and not: each nano-dollar is in `amounts` once."""

    calls: int = 0
    tokens: int = 0
    amounts: Amounts = _NONE
    shared: Amounts = _NONE
    """The part of `amounts` that splits have brought."""
    untracked: Amounts = _NONE
    """The part of `amounts` behind which no call was seen."""
    defaulted: Amounts = _NONE
    """The part of `amounts` that is here only by a default."""
    unbilled_list: int = 0
    """List value of rows that no bill has come for."""
    rules: set[str] = field(default_factory=set[str])

    def add(self, piece: Piece, row: AllocationRow, rules: Iterable[str | None]) -> None:
        if not piece.path:
            self.calls += row.calls
            self.tokens += row.tokens
        self.amounts = plus(self.amounts, piece.amounts)
        if piece.path:
            self.shared = plus(self.shared, piece.amounts)
        if row.untracked:
            self.untracked = plus(self.untracked, piece.amounts)
        if row.billed_nano_usd is None:
            self.unbilled_list += piece.amounts[0] or 0
        named = {rule for rule in rules if rule is not None}
        if any(rule.endswith(".default") for rule in named):
            self.defaulted = plus(self.defaulted, piece.amounts)
        self.rules |= named

    def as_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"calls": self.calls, "tokens": self.tokens}
        parts = (("", self.amounts), ("shared_", self.shared), ("untracked_", self.untracked))
        for prefix, amounts in (*parts, ("defaulted_", self.defaulted)):
            for measure, amount in zip(MEASURES, amounts, strict=True):
                found[f"{prefix}{measure}_nano_usd"] = (0 if prefix or measure == "list" else None) if (
                    amount is None
                ) else amount  # fmt: skip
        for measure, amount in zip(MEASURES, self.amounts, strict=True):
            found[f"{measure}_usd"] = None if amount is None else usd_text(amount)
        return found


def remainder_of(row: AllocationRow) -> str:
    """The name of the remainder that money without a value is in."""
    return row.bucket or (UNTRACKED if row.untracked else UNALLOCATED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Sums by key, largest first; `remainders` are the sums of what a key leaves open, by name."""

    by: tuple[str, ...]
    rows: tuple[tuple[Key, Sum], ...]
    remainders: tuple[tuple[str, Sum], ...]
    total: Sum

    def as_json(self) -> dict[str, Any]:
        return {
            "by": list(self.by),
            "rows": [{"key": list(key), **each.as_json(), "rules": sorted(each.rules)} for key, each in self.rows],
            "remainders": [{"name": name, **each.as_json()} for name, each in self.remainders],
            "total": self.total.as_json(),
            "coverage": self.coverage,
        }

    @property
    def coverage(self) -> str | None:
        """1 - remainders / total to four places, of billed money, else of list; `None` for a total of zero."""
        measure = 1 if self.total.amounts[1] is not None else 0
        whole = self.total.amounts[measure] or 0
        rest = sum(each.amounts[measure] or 0 for _, each in self.remainders)
        return ratio(whole - rest, whole)


def ratio(part: int, whole: int, decimals: int = 4) -> str | None:
    """part / whole as a decimal, rounded half up; `None` where nothing can be divided by."""
    if whole == 0:
        return None
    sign = "-" if (part < 0) != (whole < 0) and part else ""
    scaled = (2 * abs(part) * 10**decimals + abs(whole)) // (2 * abs(whole))
    return f"{sign}{scaled // 10**decimals}.{scaled % 10**decimals:0{decimals}d}"


def tabulate(allocation: Allocation, by: Sequence[str]) -> Table:
    """The table by dimensions of the allocation; a row that has no value of the first is in a remainder too.

    Raises:
        ValueError: a dimension that the allocation does not have.
    """
    places = [allocation.dimensions.index(name) for name in by]
    sums: dict[Key, Sum] = {}
    remainders: dict[str, Sum] = {}
    total = Sum()
    for piece in allocation.pieces:
        row = allocation.rows[piece.row]
        placed = [piece.places[place] for place in places]
        key = tuple(each.value for each in placed)
        rules = [each.rule for each in placed]
        sums.setdefault(key, Sum()).add(piece, row, rules)
        total.add(piece, row, ())
        if any(value is None for value in key):
            remainders.setdefault(remainder_of(row), Sum()).add(piece, row, ())
        elif any(rule is not None and rule.endswith(".default") for rule in rules):
            remainders.setdefault("defaulted", Sum()).add(piece, row, ())
    ordered = sorted(sums.items(), key=_order)
    return Table(by=tuple(by), rows=tuple(ordered), remainders=tuple(sorted(remainders.items())), total=total)


def _order(entry: tuple[Key, Sum]) -> tuple[int, int, tuple[str, ...]]:
    key, found = entry
    money = found.amounts
    return -(money[1] or 0), -(money[0] or 0), tuple("" if each is None else f"!{each}" for each in key)


def crossfoots(allocation: Allocation) -> list[str]:
    """What does not add up: nothing, unless the engine is at fault. Rows against pieces, and each dimension."""
    found: list[str] = []
    by_row: dict[int, Amounts] = {}
    for piece in allocation.pieces:
        by_row[piece.row] = plus(by_row.get(piece.row, _NONE), piece.amounts)
    for number, row in enumerate(allocation.rows):
        whole = (row.list_nano_usd, row.billed_nano_usd, row.effective_nano_usd)
        if by_row.get(number) != whole:
            found.append(f"row {number}: its pieces sum to {by_row.get(number)}, it has {whole}")
    totals = {name: tabulate(allocation, [name]) for name in allocation.dimensions}
    for name, table in totals.items():
        summed: Amounts = _NONE
        for _, each in table.rows:
            summed = plus(summed, each.amounts)
        if summed != table.total.amounts:
            found.append(f"dimension {name}: its values sum to {summed}, all there is is {table.total.amounts}")
    return found
