"""The engine: rows placed by one query, each split by a few, the result as tables that are summed where they lie."""

import logging
from collections.abc import Sequence
from typing import Any

from tollbook_collector.allocate.order import dependents
from tollbook_collector.allocate.place import Placed
from tollbook_collector.allocate.python_engine import allocate as allocate_in_python
from tollbook_collector.allocate.result import Allocation, Piece, Posting
from tollbook_collector.allocate.rows import MEASURES, AllocationRow
from tollbook_collector.allocate.rules import Proportional, RuleSet, Split
from tollbook_collector.allocate.set_based.apportion import LARGEST, true_up
from tollbook_collector.allocate.set_based.compiled import Compiler
from tollbook_collector.allocate.set_based.connect import connect, within_64_bits
from tollbook_collector.allocate.set_based.load import AMOUNT_COLUMNS, load_lookups, load_rows, load_weights
from tollbook_collector.allocate.tables import span_start
from tollbook_collector.allocate.weigh import weights_on

_LOG = logging.getLogger(__name__)
_POSTING = "row, path, split, dimension, from_value, to_value, weight, total, m0, m1, m2"
_MOVABLE = "(coalesce(m0, 0) <> 0 OR coalesce(m1, 0) <> 0 OR coalesce(m2, 0) <> 0)"


class NotWholeError(Exception):
    """The pieces of an allocation do not sum to its rows."""


def allocate(rows: Sequence[AllocationRow], rules: RuleSet, threads: int | None = None) -> Allocation:
    """Exactly what the reference gives. Figures of more than 64 bits, and sums that do not prove, are left to it."""
    database = connect(threads)
    try:
        with within_64_bits():
            load_rows(database, rows, rules)
            engine = Engine(database, rules)
            engine.run()
        return engine.allocation(rows)
    except OverflowError:
        return allocate_in_python(rows, rules)
    except NotWholeError as fault:
        _LOG.error("the set-based allocation does not add up, the reference is asked: %s", fault)
        return allocate_in_python(rows, rules)
    finally:
        database.close()


class Engine:
    """Allocates the relation `rows` of a database into the tables `pieces` and `postings`."""

    def __init__(self, database: Any, rules: RuleSet) -> None:
        self._database = database
        self._rules = rules

    def run(self) -> None:
        """Place every row, then run the splits.

        Raises:
            OverflowError: weights of more than 64 bits.
            NotWholeError: money was lost or made on the way.
        """
        load_lookups(self._database, self._rules)
        self._place()
        amounts = ", ".join(f"{name} BIGINT" for name in AMOUNT_COLUMNS)
        self._execute(
            "CREATE OR REPLACE TABLE postings (step INTEGER, row BIGINT, path VARCHAR, split VARCHAR,"
            f" dimension VARCHAR, from_value VARCHAR, to_value VARCHAR, weight BIGINT, total BIGINT, {amounts})"
        )
        for step, split in enumerate(self._rules.splits):
            self._split(step, split)
        self.prove()

    def prove(self) -> None:
        """Whether every amount of the rows is in the pieces, once.

        Raises:
            NotWholeError: it is not.
        """
        sums = ", ".join(f"sum({name}::HUGEINT)" for name in AMOUNT_COLUMNS)
        placed, there = (self._execute(f"SELECT {sums} FROM {table}").fetchone() for table in ("pieces", "rows"))
        if placed != there:
            raise NotWholeError(f"the pieces sum to {placed}, the rows to {there}")

    def _execute(self, sql: str, parameters: dict[str, object] | None = None) -> Any:
        return self._database.execute(sql, parameters) if parameters else self._database.execute(sql)

    def _values(self) -> list[str]:
        return [column for place in range(len(self._rules.names)) for column in (f"d{place}", f"r{place}")]

    def _place(self) -> None:
        compiler = Compiler(self._rules)
        relation = "SELECT * FROM rows"
        for dimension in self._rules.dimensions:
            relation = compiler.dimension(dimension, relation)
        columns = ", ".join(["n AS row", "'' AS path", "day", *self._values(), *AMOUNT_COLUMNS])
        sql = f"CREATE OR REPLACE TABLE pieces AS SELECT {columns} FROM ({relation})"
        self._execute(sql, compiler.parameters)

    def _split(self, step: int, split: Split) -> None:
        if not self._pool(split):
            return
        to = self._rules.names.index(split.to)
        weights = self._weights(split, to)
        if not weights:
            return
        load_weights(self._database, weights)
        self._share(to)
        names: dict[str, object] = {"split": split.id, "dimension": split.to}
        self._execute(
            f"INSERT INTO postings SELECT {step:d}, row, path, $split, $dimension, from_value, value, weight, total,"
            " m0, m1, m2 FROM split_shares",
            names,
        )
        self._settle(split, to)

    def _pool(self, split: Split) -> bool:
        """Make the table `pooled` of the pieces that a split takes, `piece` being their rowid."""
        compiler = Compiler(self._rules)
        test = compiler.conditions(split.pool, split.days)
        sql = (
            "CREATE OR REPLACE TABLE pooled AS SELECT * FROM"
            f" (SELECT p.rowid AS piece, p.*, {self._row()} FROM pieces p JOIN rows b ON b.n = p.row)"
            f" WHERE {_MOVABLE} AND {test}"
        )
        self._execute(sql, compiler.parameters)
        return bool(self._execute("SELECT 1 FROM pooled LIMIT 1").fetchone())

    def _row(self) -> str:
        """What rules look at of a row, beside its day."""
        return "b.* EXCLUDE (n, day, m0, m1, m2)"

    def _share(self, to: int) -> None:
        """Make the table `split_shares`: every piece of the pool, taken apart by the weights of its day."""
        self._execute(
            f"CREATE OR REPLACE TABLE parts AS SELECT p.piece AS cell, p.row, p.path, p.day, d{to} AS from_value,"
            " w.value, w.weight, w.total FROM pooled p JOIN weights w ON w.day = p.day"
        )
        # Until seats are spread, effective is billed: the same amount over the same weights is worked out once.
        alike = self._execute("SELECT bool_and(m1 IS NOT DISTINCT FROM m2) FROM pooled").fetchone()[0]
        columns, joins = list[str](), list[str]()
        for name in AMOUNT_COLUMNS:
            if name == "m2" and alike:
                columns.append("s_m1.amount AS m2")
                continue
            self._execute(
                "CREATE OR REPLACE TABLE whole AS SELECT piece AS cell,"
                f" {name} AS amount FROM pooled WHERE {name} IS NOT NULL"
            )
            true_up(self._database, "whole", "parts", f"share_{name}", "i.value", proven=False)
            columns.append(f"s_{name}.amount AS {name}")
            joins.append(f" LEFT JOIN share_{name} s_{name} ON s_{name}.n = p.rowid")
        self._execute(
            f"CREATE OR REPLACE TABLE split_shares AS SELECT p.*, {', '.join(columns)} FROM parts p{''.join(joins)}"
        )

    def _weights(self, split: Split, to: int) -> list[tuple[int, str, int, int]]:
        """(day, value, weight, total) for every day of the pool; the arithmetic of weights is the reference's."""
        spend: dict[tuple[int, str], int] = {}
        if isinstance(split.by, Proportional):
            measure = AMOUNT_COLUMNS[MEASURES.index(split.by.measure)]
            of = f"SELECT day, d{to} AS value, {measure}::HUGEINT AS amount"
            where = f"WHERE d{to} IS NOT NULL AND {measure} IS NOT NULL"
            found = self._execute(
                f"SELECT day, value, sum(sign * amount), sum(sign) AS many FROM ({of}, 1 AS sign FROM pieces {where}"
                f" UNION ALL {of}, -1 FROM pooled {where}) GROUP BY day, value HAVING many > 0"
            )
            for day, value, amount, _ in found.fetchall():
                key = span_start(day, split.by.grain), value
                spend[key] = spend.get(key, 0) + int(amount)
        lines: list[tuple[int, str, int, int]] = []
        for (day,) in self._execute("SELECT DISTINCT day FROM pooled ORDER BY day").fetchall():
            weights = weights_on(split, day, self._rules, spend)
            total = sum(weights.values())
            if total > LARGEST:
                raise OverflowError("weights of more than 64 bits")
            lines += [(day, value, weight, total) for value, weight in weights.items()]
        return lines

    def _settle(self, split: Split, to: int) -> None:
        """Take the moved money out of its pieces, and add the pieces it has become."""
        moved = "(SELECT piece AS cell, path FROM pooled SEMI JOIN weights USING (day)) s"
        empty = ", ".join(f"{name} = {name} * 0" for name in AMOUNT_COLUMNS)
        compiler = Compiler(self._rules)
        name = compiler.text(f"/{split.id}:")
        places = ", ".join(
            f"s.value AS d{to}, {compiler.names[split.id]:d} AS r{to}" if column == f"d{to}" else f"p.{column}"
            for column in self._values()
            if column != f"r{to}"
        )
        taken = ", ".join(["piece", "row", "path", "day", *self._values(), *AMOUNT_COLUMNS])
        relation = (
            f"SELECT s.row, s.path || {name} || s.value AS path, s.day, {places}, s.m0, s.m1, s.m2,"
            f" p.* EXCLUDE ({taken}) FROM split_shares s JOIN pooled p ON p.piece = s.cell"
        )
        for dimension in dependents(self._rules.dimensions, split.to):
            at = self._rules.names.index(dimension.name)
            relation = compiler.dimension(dimension, f"SELECT * EXCLUDE (d{at}, r{at}) FROM ({relation})")
        columns = ", ".join(["row", "path", "day", *self._values(), *AMOUNT_COLUMNS])
        self._execute(f"UPDATE pieces SET {empty} FROM {moved} WHERE pieces.rowid = s.cell AND s.path = ''")
        self._execute(f"DELETE FROM pieces USING {moved} WHERE pieces.rowid = s.cell AND s.path <> ''")
        self._execute(f"INSERT INTO pieces SELECT {columns} FROM ({relation})", compiler.parameters)

    def sums(self, name: str) -> tuple[dict[str | None, int], ...]:
        """For each measure the nano-dollars of every value of a dimension, `None` for what has none."""
        at = self._rules.names.index(name)
        sums = ", ".join(f"coalesce(sum({measure}), 0)" for measure in AMOUNT_COLUMNS)
        found = self._execute(f"SELECT d{at}, {sums} FROM pieces GROUP BY ALL").fetchall()
        return tuple({line[0]: int(line[place]) for line in found} for place in (1, 2, 3))

    def allocation(self, rows: Sequence[AllocationRow]) -> Allocation:
        """The tables as records."""
        names = {number: name for name, number in Compiler(self._rules).names.items()}
        columns = ", ".join(["row", "path", *AMOUNT_COLUMNS, *self._values()])
        pieces = [
            Piece(
                line[0],
                line[1],
                tuple(
                    Placed(value, None if rule is None else names[rule])
                    for value, rule in zip(line[5::2], line[6::2], strict=True)
                ),
                (line[2], line[3], line[4]),
            )
            for line in self._execute(f"SELECT {columns} FROM pieces ORDER BY row, path").fetchall()
        ]
        lines = self._execute(f"SELECT {_POSTING} FROM postings ORDER BY step, row, path, to_value").fetchall()
        postings = tuple(Posting(*line[:8], amounts=(line[8], line[9], line[10])) for line in lines)
        return Allocation(dimensions=self._rules.names, rows=rows, pieces=tuple(pieces), postings=postings)
