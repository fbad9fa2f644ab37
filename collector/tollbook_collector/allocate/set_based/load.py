"""Rows and lookups as tables of the database."""

from collections.abc import Callable, Sequence
from typing import Any

from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import Lookup, Origin, RuleSet
from tollbook_collector.allocate.set_based.compiled import (
    EARLIEST,
    LATEST,
    Compiler,
    attributes_of,
    project_of,
    tags_of,
)
from tollbook_collector.allocate.set_based.connect import arrow
from tollbook_collector.allocate.set_based.masks import mask_list

AMOUNT_COLUMNS: tuple[str, ...] = ("m0", "m1", "m2")
"""list, billed, effective."""


def load_rows(database: Any, rows: Sequence[AllocationRow], rules: RuleSet) -> None:
    """Make the view `rows`: n is the place of a row in the order given.

    Raises:
        OverflowError: an amount of more than 64 bits.
    """
    pa = arrow()
    text, whole = pa.string(), pa.int64()
    columns: dict[str, Any] = {
        "n": pa.array(range(len(rows)), whole),
        "day": pa.array([row.day for row in rows], pa.int32()),
        "untracked": pa.array([row.untracked for row in rows], pa.bool_()),
        "calls": pa.array([row.calls for row in rows], whole),
        "tokens": pa.array([row.tokens for row in rows], whole),
        "m0": pa.array([row.list_nano_usd for row in rows], whole),
        "m1": pa.array([row.billed_nano_usd for row in rows], whole),
        "m2": pa.array([row.effective_nano_usd for row in rows], whole),
    }
    for name in attributes_of(rules):
        columns[f"a_{name}"] = pa.array([getattr(row, name) for row in rows], text)
    for number, tag in enumerate(tags_of(rules)):
        columns[f"t_{number}"] = pa.array([dict(row.tags).get(tag) for row in rows], text)
    _make(database, "plain_rows", pa.table(columns))
    mask_rows(database, rules, "plain_rows")


def mask_rows(database: Any, rules: RuleSet, relation: str, texts_of: Callable[[str], str] | None = None) -> None:
    """Make the view `rows` of a relation of all its columns but the masks.

    Columns: n, day, untracked, m0, m1, m2, a_<attribute> for each of `attributes_of`, t_<number> for each of `tags_of`.
    `texts_of` gives a query of one column, that holds all texts of an attribute: cheaper than to look at every row.
    """
    columns, joins = ["b.*"], list[str]()
    for number, mask in enumerate(mask_list(rules)):
        compiler = Compiler(rules)
        project = mask.source.origin is Origin.PROJECT  # of few tickets, not of every row
        column = "a_ticket" if project else compiler.source(mask.source)
        asked = project_of("text") if project else "text"
        bits = " + ".join(
            f"(CASE WHEN {compiler.test(condition, asked)} THEN {1 << at} ELSE 0 END)"
            for at, condition in enumerate(mask.conditions)
        )
        known = texts_of is not None and column.startswith("a_")
        every = (
            f"({texts_of(column[2:])}) each(text)"
            if known and texts_of
            else f"(SELECT {column} AS text FROM {relation})"
        )
        texts = f"SELECT DISTINCT text FROM {every}"
        sql = f"CREATE OR REPLACE TABLE mask_{number} AS SELECT text, ({bits})::BIGINT AS bits FROM ({texts})"
        database.execute(sql, compiler.parameters) if compiler.parameters else database.execute(sql)
        columns.append(f"m_{number}.bits AS k_{number}")
        joins.append(f" LEFT JOIN mask_{number} m_{number} ON m_{number}.text IS NOT DISTINCT FROM {column}")
    database.execute(f"CREATE OR REPLACE VIEW rows AS SELECT {', '.join(columns)} FROM {relation} b{''.join(joins)}")


def load_lookups(database: Any, rules: RuleSet) -> None:
    """Make a table `look_<n>` of every lookup."""
    for number, name in enumerate(sorted(rules.lookups)):
        _make(database, f"look_{number}", _lookup(rules.lookups[name]))


def _lookup(lookup: Lookup) -> Any:
    pa = arrow()
    lines = [(key, entry) for key, entries in lookup.entries.items() for entry in entries]
    starts = [EARLIEST if entry.days.start is None else entry.days.start for _, entry in lines]
    stops = [LATEST if entry.days.end is None else entry.days.end for _, entry in lines]
    columns: dict[str, Any] = {
        "key": pa.array([key for key, _ in lines], pa.string()),
        "start": pa.array(starts, pa.int32()),
        "stop": pa.array(stops, pa.int32()),
    }
    for at, column in enumerate(lookup.columns):
        columns[f"c_{at}"] = pa.array([entry.values.get(column) for _, entry in lines], pa.string())
    return pa.table(columns)


def load_weights(database: Any, weights: Sequence[tuple[int, str, int, int]]) -> None:
    """Make the table `weights` of (day, value, weight, total)."""
    pa = arrow()
    types = (pa.int32(), pa.string(), pa.int64(), pa.int64())
    columns = {
        name: pa.array([line[at] for line in weights], types[at])
        for at, name in enumerate(("day", "value", "weight", "total"))
    }
    _make(database, "weights", pa.table(columns))


def _make(database: Any, name: str, table: Any, columns: str = "*") -> None:
    database.register("arriving", table)
    database.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {columns} FROM arriving")
    database.unregister("arriving")
