"""The engine: a month reconciled in a database, where its shares stay as a table that allocation goes on from."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from tollbook_collector.allocate.set_based.connect import connect, within_64_bits
from tollbook_collector.bills.cells import Cell
from tollbook_collector.bills.findings import findings_of
from tollbook_collector.bills.items import NOBODY, Group, Item
from tollbook_collector.bills.match import Matched
from tollbook_collector.bills.reconcile import Inputs, Reconciled, bill_side, settle_other
from tollbook_collector.bills.reconcile import reconcile as reconcile_in_python
from tollbook_collector.bills.seen import FIGURES
from tollbook_collector.bills.set_based.items import GROUP, KEYS, load_items, make
from tollbook_collector.bills.set_based.match import Match
from tollbook_collector.bills.set_based.settle import COLUMNS, TYPES, Settle
from tollbook_collector.bills.settle import Settled, Share

_GROUPS = ", ".join(GROUP)
_AFTER_GROUP = 2 + len(GROUP)


def reconcile(inputs: Inputs, threads: int | None = None) -> Reconciled:
    """Exactly what the reference gives. Figures of more than 64 bits are left to the reference."""
    database = connect(threads)
    try:
        load_items(database, inputs.items)
        month = Month(database, inputs)
        month.run()
        return month.reconciled()
    except OverflowError:
        return reconcile_in_python(inputs)
    finally:
        database.close()


class Month:
    """Reconciles the table `items` of a database into the view `shares` and the table `unbilled`.

    `shares`: n (unique; NULL for what is no use), cell (its number), account, engineer, repo, branch, ticket, tool,
    owner, tokens, list_nano, calls, weight, nano.
    """

    def __init__(self, database: Any, inputs: Inputs) -> None:
        self._database = database
        self._inputs = inputs
        cells, self._missing = bill_side(inputs)
        self.cells: tuple[Cell, ...] = tuple(cells.values())
        self._match = Match(database, self.cells, inputs.scopes)
        self._settle = Settle(database, self.cells, inputs.scopes)
        self.others: dict[int, Settled] = {}
        """Settled cells that hold no usage, and no discount beside one."""
        self._unresolved: dict[str, int] = {}

    def run(self) -> None:
        """Reconcile.

        Raises:
            OverflowError: a sum of more than 64 bits.
        """
        with within_64_bits():
            self._match.run()
            self._unresolved = self._match.unresolved()
            self._settle.run()
            self._share()
            self._database.execute(
                f"CREATE OR REPLACE TABLE unbilled AS SELECT {', '.join(KEYS)}, tokens, list_nano, calls FROM rest"
                " WHERE i NOT IN (SELECT i FROM more UNION ALL SELECT i FROM options)"
            )

    def _share(self) -> None:
        """The view `shares`: what says something of what was weighed, and the cells that nothing was weighed for."""
        weighed = {c for (c,) in self._database.execute("SELECT cell FROM amounts").fetchall()}
        rows: list[tuple[object, ...]] = []
        for c, cell in enumerate(self.cells):
            if c not in weighed:
                self.others[c] = one = settle_other(cell, self._inputs)
                rows += [
                    (c, s.account, *s.group, s.owner, s.tokens, s.list_nano, s.calls, s.weight, s.nano_usd)
                    for s in one.shares
                ]
        make(self._database, "other", (*COLUMNS, "nano"), rows, f"{TYPES} nano:int64")
        self._database.execute(
            "CREATE OR REPLACE VIEW shares AS SELECT w.rowid AS n, w.*, m.amount AS nano FROM weighed w JOIN money m"
            " ON m.n = w.rowid WHERE m.amount <> 0 OR w.tokens <> 0 OR w.list_nano <> 0 OR w.calls <> 0"
            " UNION ALL SELECT NULL, * FROM other"
        )

    def reconciled(self) -> Reconciled:
        """The result as records, line for line the reference's."""
        weighed = self._rows(f"SELECT cell, account, {_GROUPS}, owner, weight FROM weighed ORDER BY cell")
        weights: dict[int, dict[tuple[str, str, str], int]] = {
            c: {(row[1], Group._make(row[2:_AFTER_GROUP]).key, row[-2]): int(row[-1]) for row in rows}
            for c, rows in groupby(weighed, lambda row: row[0])
        }
        total = {c: sum(mine.values()) for c, mine in weights.items()}
        at = _AFTER_GROUP
        columns = f"cell, account, {_GROUPS}, owner, tokens, list_nano, nano, weight, calls"
        sql = f"SELECT {columns} FROM shares ORDER BY cell"
        shares: dict[int, tuple[Share, ...]] = {}
        for c, rows in groupby(self._rows(sql), lambda row: row[0]):
            if c not in self.others:
                method = self._method(c)
                made = [
                    Share._make((row[1], Group._make(row[2:at]), *row[at:-2], method, row[-2], total[c], row[-1]))
                    for row in rows
                ]
                shares[c] = tuple(sorted(made, key=lambda one: "\x1e".join((one.account, one.group.key, one.owner))))
        settled = [self._settled(c, shares.get(c, ()), weights.get(c, {})) for c in range(len(self.cells))]
        rows = self._rows(f"SELECT {', '.join(KEYS)}, tokens, list_nano, calls FROM unbilled")
        return self._with_findings(settled, sorted(map(_item, rows), key=_order))

    def summary(self) -> Reconciled:
        """The same with one share a cell and account, and one unbilled item a channel and model: what tables show."""
        found = self._rows("SELECT cell, account, sum(tokens), sum(list_nano), sum(nano) FROM shares GROUP BY ALL")
        shares: dict[int, list[Share]] = {}
        for c, account, *figures in sorted(found):
            tokens, listed, nano = map(int, figures)
            shares.setdefault(c, []).append(Share(account, NOBODY, "", tokens, listed, nano, "", 0, 0))
        settled = [self._settled(c, tuple(shares.get(c, ())), {}) for c in range(len(self.cells))]
        sums = "min(day), sum(tokens)::BIGINT, sum(list_nano)::BIGINT, sum(calls)::BIGINT"
        rows = self._rows(f"SELECT channel, coalesce(model, ''), {sums} FROM unbilled GROUP BY 1, 2 ORDER BY 1, 2")
        unbilled = [
            Item(channel=channel, day=day, model=model, token_class="", tokens=tokens, list_nano=listed, calls=calls)
            for channel, model, day, tokens, listed, calls in rows
        ]
        return self._with_findings(settled, unbilled)

    def _rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self._database.execute(sql).fetchall()

    def _method(self, c: int) -> str:
        return self._settle.sums[c].method if c in self._settle.sums else "discount"

    def _settled(self, c: int, shares: tuple[Share, ...], weights: dict[tuple[str, str, str], int]) -> Settled:
        other = self.others.get(c)
        if other is not None:
            return other
        sums = self._settle.sums.get(c)
        seen, listed, over = (0, 0, 0) if sums is None else (sums.seen, sums.listed, sums.over)
        cell = self.cells[c]
        return Settled(
            cell=cell,
            seen_tokens=seen,
            list_nano=listed,
            shares=shares,
            method=self._method(c),
            over=over,
            weights=weights,
        )

    def _with_findings(self, settled: list[Settled], unbilled: Iterable[Item]) -> Reconciled:
        inputs = self._inputs
        matched = Matched(unbilled=list(unbilled))
        matched.unresolved_tokens.update(self._unresolved)
        found = findings_of(settled, matched, self._missing, inputs.documents, inputs.period)
        return Reconciled(
            period=inputs.period, cells=tuple(settled), unbilled=tuple(matched.unbilled), findings=tuple(found)
        )


def _item(row: tuple[Any, ...]) -> Item:
    values = dict(zip((*KEYS, *FIGURES), row, strict=True))
    group = Group._make(values.pop(name) for name in GROUP)
    return Item(**values, group=group)


def _order(item: Item) -> tuple[Any, ...]:
    """As `items.summed` orders."""
    return tuple("" if part is None else part for part in item[: -len(FIGURES)])
