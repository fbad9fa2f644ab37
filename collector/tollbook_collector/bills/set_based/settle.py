"""Settling all cells at once: the twin of `bills/settle.py`. What is decided once a cell is decided by its code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from tollbook_collector.allocate.set_based.apportion import true_up
from tollbook_collector.bills.cells import Cell, CellKey
from tollbook_collector.bills.lines import Kind
from tollbook_collector.bills.match import ANY_WRITE
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seen import FIGURES
from tollbook_collector.bills.set_based.items import GROUP, KEYS, PLACE, make, same
from tollbook_collector.bills.settle import TRACKED, Part, beyond_list, untracked

COLUMNS = ("cell", "account", *GROUP, "owner", "tokens", "list_nano", "calls", "weight")
TYPES = "cell:int64 c:int64 weight:int64 kind:int64 amount:int64 sum:int64 usage:int64 num:int64 den:int64"
_BY_TOKENS, _BY_LIST, _BY_PRICE = range(3)
_GROUPS = ", ".join(GROUP)
_SUMS = ", ".join(f"sum({name})::BIGINT AS {name}" for name in FIGURES)


@dataclass(slots=True)
class Sums:
    """What is known of a usage cell before its money is apportioned."""

    cell: Cell
    seen: int = 0
    listed: int = 0
    weight: int = 0
    """Of all tracked parts."""
    lowest: Fraction | None = None
    """The lowest list price of a token seen, where lifetimes are not split."""
    method: str = "tokens"
    unseen: int = 0
    over: int = 0
    rest: int = 0
    """The weight of what was not seen."""
    by_name: dict[str, int] = field(default_factory=dict[str, int])

    @property
    def kind(self) -> int:
        """What the tracked parts weigh by."""
        if self.cell.quantity is None or not self.cell.key.token_class:
            return _BY_LIST
        return _BY_PRICE if self.cell.key.token_class == ANY_WRITE else _BY_TOKENS

    def weigh(self) -> None:
        """Work out the weight of what was not seen."""
        if self.kind == _BY_LIST:
            self.method, self.rest, self.weight = (
                "list_price",
                beyond_list(self.cell.nano_usd, self.listed),
                self.listed,
            )
            return
        quantity = self.cell.quantity or 0
        self.unseen, self.over = max(quantity - self.seen, 0), max(self.seen - quantity, 0)
        self.rest, self.weight = self.unseen, self.seen
        if self.kind == _BY_PRICE:
            self.method = "list_price"
            if self.lowest is not None:
                self.rest = round(self.unseen * self.lowest)


class Settle:
    """Makes the table `weighed`, a row a weight, and `money`, what it comes to by the row's `rowid`."""

    def __init__(self, database: Any, cells: Sequence[Cell], scopes: Scopes) -> None:
        self._database = database
        self._cells = cells
        self._scopes = scopes
        self.sums = {c: Sums(cell) for c, cell in enumerate(cells) if cell.key.kind == Kind.USAGE}

    def run(self) -> None:
        """Make the tables, from those of `Match`."""
        self._weigh_tracked()
        self._price()
        for one in self.sums.values():
            one.weigh()
        self._weigh_priced()
        self._name()
        self._weigh_untracked()
        amounts = [(c, one.cell.nano_usd) for c, one in self.sums.items()] + self._discounts()
        make(self._database, "amounts", ("cell", "amount"), amounts, TYPES)
        texts = "concat_ws(chr(31), " + ", ".join(f"i.{name}" for name in GROUP) + ")"
        true_up(self._database, "amounts", "weighed", "money", f"concat_ws(chr(30), i.account, {texts}, i.owner)")

    def _execute(self, sql: str) -> Any:
        return self._database.execute(sql)

    def _weigh_tracked(self) -> None:
        """The table `weighed` of tracked parts, one a cell and group; where lifetimes are not split, weights follow."""
        kinds = [(c, one.kind) for c, one in self.sums.items()]
        make(self._database, "kinds", ("c", "kind"), kinds, TYPES)
        groups = ", ".join(f"t.{name}" for name in GROUP)
        self._execute(
            f"CREATE OR REPLACE TABLE weighed AS SELECT c AS cell, '{TRACKED}' AS account, {_GROUPS}, '' AS owner,"
            f" tokens, list_nano, calls, CASE kind WHEN {_BY_LIST} THEN list_nano ELSE tokens END AS weight FROM"
            f" (SELECT c, {_GROUPS}, {_SUMS} FROM ("
            f"SELECT q.c, {groups}, t.tokens, t.list_nano, t.calls FROM items t JOIN placed q"
            f" ON {same('t', 'q', PLACE)} WHERE q.c IS NOT NULL"
            f" UNION ALL SELECT m.c, {groups}, m.tokens, m.list_nano, m.calls FROM more m"
            f" JOIN rest t ON t.i = m.i) GROUP BY c, {_GROUPS}) JOIN kinds USING (c)"
        )
        found = self._execute("SELECT cell, sum(tokens), sum(list_nano) FROM weighed GROUP BY cell").fetchall()
        for c, tokens, listed in found:
            self.sums[c].seen, self.sums[c].listed = int(tokens), int(listed)

    def _price(self) -> None:
        """The table `priced` of items in cells that do not split lifetimes, and the lowest price of each such cell."""
        cells = [(c,) for c, one in self.sums.items() if one.kind == _BY_PRICE]
        make(self._database, "priced_cell", ("c",), cells, TYPES)
        keys = ", ".join(f"t.{name}" for name in KEYS)
        self._execute(
            f"CREATE OR REPLACE TABLE priced AS SELECT c, {_GROUPS}, tokens, list_nano FROM ("
            f"SELECT c, {', '.join(KEYS)}, sum(tokens)::BIGINT AS tokens, sum(list_nano)::BIGINT AS list_nano FROM ("
            f"SELECT q.c, {keys}, t.tokens, t.list_nano FROM items t"
            f" JOIN (FROM placed SEMI JOIN priced_cell USING (c)) q ON {same('t', 'q', PLACE)}"
            f" UNION ALL SELECT m.c, {keys}, m.tokens, m.list_nano FROM more m JOIN rest t ON t.i = m.i"
            f" SEMI JOIN priced_cell b ON b.c = m.c) {'' if cells else 'WHERE false '}GROUP BY ALL)"
        )
        rates = self._execute(
            "SELECT DISTINCT c, list_nano // gcd(list_nano, tokens), tokens // gcd(list_nano, tokens) FROM priced"
            " WHERE tokens <> 0 AND list_nano <> 0"
        ).fetchall()
        for c, listed, tokens in rates:
            one, rate = self.sums[c], Fraction(listed, tokens)
            one.lowest = rate if one.lowest is None else min(one.lowest, rate)

    def _weigh_priced(self) -> None:
        """Weigh the tracked parts of cells that do not split lifetimes by their price."""
        if not any(one.kind == _BY_PRICE for one in self.sums.values()):
            return
        lowest = [(c, one.lowest.numerator, one.lowest.denominator) for c, one in self.sums.items() if one.lowest]
        make(self._database, "lowest", ("c", "num", "den"), lowest, TYPES)
        # Half-even, as Python rounds a fraction.
        whole, rest = "(p.tokens::HUGEINT * l.num) // l.den", "(p.tokens::HUGEINT * l.num) % l.den"
        half = f"(2 * ({rest}) > l.den OR (2 * ({rest}) = l.den AND ({whole}) % 2 = 1))::INTEGER"
        self._execute(
            f"CREATE OR REPLACE TABLE priced_weight AS SELECT p.c, {_GROUPS}, sum(CASE WHEN l.num IS NULL THEN p.tokens"
            f" WHEN p.list_nano <> 0 THEN p.list_nano ELSE {whole} + {half} END)::BIGINT AS weight"
            f" FROM priced p LEFT JOIN lowest l ON l.c = p.c GROUP BY p.c, {_GROUPS}"
        )
        self._execute(
            "UPDATE weighed SET weight = w.weight FROM priced_weight w"
            f" WHERE w.c = weighed.cell AND {same('weighed', 'w', GROUP)}"
        )
        found = self._execute("SELECT c, sum(weight) FROM priced_weight GROUP BY c").fetchall()
        for c, weight in found:
            self.sums[c].weight = int(weight)

    def _name(self) -> None:
        """Tokens by the engineer and account they were seen of, of the owners that bills name."""
        wanted: set[tuple[int, str]] = set()
        for c, one in self.sums.items():
            if one.rest > 0 and one.cell.quantity is not None:
                for owner in one.cell.owners:
                    person = self._scopes.person(one.cell.key.channel, owner, one.cell.key.day)
                    wanted.update((c, name) for name in (person, owner.partition(":")[2]) if name)
        make(self._database, "wanted", ("c", "name"), sorted(wanted), TYPES)
        if not wanted:
            return
        self._execute(
            "CREATE OR REPLACE TABLE by_name AS SELECT q.c, t.engineer, coalesce(t.account, '') AS account, t.tokens"
            f" FROM items t JOIN (FROM placed SEMI JOIN wanted USING (c)) q ON {same('t', 'q', PLACE)} UNION ALL"
            " SELECT m.c, t.engineer, coalesce(t.account, ''), m.tokens FROM more m JOIN rest t ON t.i = m.i"
            " SEMI JOIN wanted w ON w.c = m.c"
        )
        found = self._execute(
            "SELECT c, name, sum(tokens) FROM (SELECT c, engineer AS name, tokens FROM by_name UNION ALL"
            " SELECT c, account, tokens FROM by_name WHERE account <> engineer)"
            " JOIN wanted USING (c, name) GROUP BY ALL"
        ).fetchall()
        for c, name, tokens in found:
            self.sums[c].by_name[name] = int(tokens)

    def _weigh_untracked(self) -> None:
        """Add what was not seen to `weighed`, by owner."""
        rows: list[tuple[object, ...]] = []
        for c, one in self.sums.items():
            parts = untracked(one.cell, one.by_name, one.rest, one.unseen, self._scopes)
            if not one.weight and not parts:
                parts = untracked(one.cell, one.by_name, 1, 0, self._scopes)
            rows += [_row(c, part) for part in parts]
        make(self._database, "unseen_part", COLUMNS, rows, TYPES)
        self._execute("INSERT INTO weighed FROM unseen_part")

    def _discounts(self) -> list[tuple[int, int]]:
        """Add discounts to `weighed` over the weights of the usage they reduce; their cells and amounts."""
        usage: Mapping[CellKey, int] = {one.cell.key: c for c, one in self.sums.items()}
        pairs: list[tuple[int, int]] = []
        for c, cell in enumerate(self._cells):
            beside = usage.get(cell.key._replace(kind=Kind.USAGE.value)) if cell.key.kind == Kind.DISCOUNT else None
            if beside is not None:
                pairs.append((c, beside))
        make(self._database, "reduced", ("c", "usage"), pairs, TYPES)
        self._execute(
            f"INSERT INTO weighed SELECT r.c, w.account, {_GROUPS}, w.owner, 0, 0, 0, w.weight"
            " FROM weighed w JOIN reduced r ON r.usage = w.cell"
        )
        return [(c, self._cells[c].nano_usd) for c, _ in pairs]


def _row(c: int, part: Part) -> tuple[object, ...]:
    return (c, part.account, *part.group, part.owner, part.tokens, part.list_nano, part.calls, part.weight)
