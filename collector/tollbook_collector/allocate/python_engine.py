"""The reference engine: allocation in plain Python, one step after the other. Every other engine must agree with it."""

from collections.abc import Sequence

from tollbook.money import apportion
from tollbook_collector.allocate.order import dependents
from tollbook_collector.allocate.place import Placed, Placer, Places, holds, place_all
from tollbook_collector.allocate.result import Allocation, Amounts, Piece, Posting
from tollbook_collector.allocate.rows import MEASURES, AllocationRow, amounts
from tollbook_collector.allocate.rules import Proportional, RuleSet, Split
from tollbook_collector.allocate.tables import span_start
from tollbook_collector.allocate.weigh import Spend, weights_on


def allocate(rows: Sequence[AllocationRow], rules: RuleSet) -> Allocation:
    """Place every row, then run the splits in order. Money is moved, never made: every piece comes from its row."""
    placer = Placer(rules)
    names = rules.names
    pieces = [
        Piece(number, "", tuple(places[name] for name in names), amounts(row))
        for number, row in enumerate(rows)
        for places in (placer.place(row),)
    ]
    postings: list[Posting] = []
    for split in rules.splits:
        pieces = _Step(split, rows, rules).run(pieces, postings)
    pieces.sort(key=lambda piece: piece[:2])
    return Allocation(dimensions=names, rows=rows, pieces=tuple(pieces), postings=tuple(postings))


class _Step:
    """One split, run over all pieces."""

    def __init__(self, split: Split, rows: Sequence[AllocationRow], rules: RuleSet) -> None:
        self._split = split
        self._rows = rows
        self._rules = rules
        self._names = rules.names
        self._at = self._names.index(split.to)
        self._after = dependents(rules.dimensions, split.to)
        self._weights: dict[int, dict[str, int]] = {}
        self._spend: dict[tuple[int, str], int] = {}

    def run(self, pieces: list[Piece], postings: list[Posting]) -> list[Piece]:
        pooled = [self._in_pool(piece) for piece in pieces]
        self._spend = dict(self._spending(pieces, pooled))
        found: list[Piece] = []
        moved: list[Posting] = []
        for piece, inside in zip(pieces, pooled, strict=True):
            weights = self._weights_of(self._rows[piece.row].day) if inside else {}
            if weights:
                moved += self._move(piece, weights, found)
            else:
                found.append(piece)
        postings += sorted(moved, key=lambda each: (each.row, each.path, each.to_value))
        return found

    def _places(self, piece: Piece) -> Places:
        return dict(zip(self._names, piece.places, strict=True))

    def _in_pool(self, piece: Piece) -> bool:
        row = self._rows[piece.row]
        if not self._split.days.holds(row.day) or piece.amounts in _NOTHING:
            return False
        places = self._places(piece)
        return all(holds(condition, row, places) for condition in self._split.pool)

    def _spending(self, pieces: list[Piece], pooled: list[bool]) -> Spend:
        by = self._split.by
        found: dict[tuple[int, str], int] = {}
        if not isinstance(by, Proportional):
            return found
        measure = MEASURES.index(by.measure)
        for piece, inside in zip(pieces, pooled, strict=True):
            value, amount = piece.places[self._at].value, piece.amounts[measure]
            if not inside and value is not None and amount is not None:
                key = span_start(self._rows[piece.row].day, by.grain), value
                found[key] = found.get(key, 0) + amount
        return found

    def _weights_of(self, day: int) -> dict[str, int]:
        if day not in self._weights:
            self._weights[day] = weights_on(self._split, day, self._rules, self._spend)
        return self._weights[day]

    def _move(self, piece: Piece, weights: dict[str, int], found: list[Piece]) -> list[Posting]:
        """The postings of one piece; the pieces they make, and what stays of it, go to `found`."""
        split, total = self._split, sum(weights.values())
        shares = [None if amount is None else apportion(amount, weights) for amount in piece.amounts]
        if not piece.path:  # the calls and tokens stay where they were made
            found.append(piece._replace(amounts=_emptied(piece.amounts)))
        postings: list[Posting] = []
        for value, weight in weights.items():
            part: Amounts = tuple(None if share is None else share[value] for share in shares)  # type: ignore[assignment]
            postings.append(
                Posting(
                    row=piece.row,
                    path=piece.path,
                    split=split.id,
                    dimension=split.to,
                    from_value=piece.places[self._at].value,
                    to_value=value,
                    weight=weight,
                    total=total,
                    amounts=part,
                )
            )
            places = self._moved(piece, value)
            found.append(Piece(piece.row, f"{piece.path}/{split.id}:{value}", places, part))
        return postings

    def _moved(self, piece: Piece, value: str) -> tuple[Placed, ...]:
        places = dict(self._places(piece)) | {self._split.to: Placed(value, self._split.id)}
        places = place_all(self._rules, self._after, self._rows[piece.row], places)
        return tuple(places[name] for name in self._names)


_NOTHING: frozenset[Amounts] = frozenset(
    (one, two, three) for one in (0, None) for two in (0, None) for three in (0, None)
)
"""Amounts of which nothing can be moved."""


def _emptied(amounts: Amounts) -> Amounts:
    return tuple(None if amount is None else 0 for amount in amounts)  # type: ignore[return-value]
