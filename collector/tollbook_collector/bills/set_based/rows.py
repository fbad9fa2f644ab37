"""A reconciled month as the rows that allocation works on, where they lie: what `bills/rows.py` and `leaves` make."""

from typing import Any

from tollbook_collector.allocate.rows import ATTRIBUTES, AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.allocate.set_based.compiled import attributes_of, tags_of
from tollbook_collector.allocate.set_based.load import mask_rows
from tollbook_collector.bills.cells import Cell
from tollbook_collector.bills.rows import BALANCES, SCOPES, UNKNOWN, row_of
from tollbook_collector.bills.set_based.engine import Month
from tollbook_collector.bills.set_based.items import make
from tollbook_collector.bills.settle import TRACKED, UNTRACKED
from tollbook_collector.ledger.entries import NOTHING, Place

_OF_CELL = (
    "channel",
    "model",
    "token_class",
    "kind",
    "service_tier",
    "workspace",
    "project",
    "principal",
    "region",
    "document",
)
_OF_OWNER = ("engineer", "account", "api_key")
_OF_GROUP = ("tool", "engineer", "ticket", "repo", "branch")
_OF_ITEM = ("channel", "token_class", "service_tier", "account", *_OF_GROUP)
_TYPES = "cell:int64 day:int32 alike:int64 alone:bool_"
_FIGURES = ", ".join(f"sum({name})::BIGINT AS {name}" for name in ("calls", "tokens", "m0", "m1", "m2"))


def load_month(database: Any, month: Month, rules: RuleSet) -> None:
    """Make the table `rows` of a month that has run: rows of equal keys are one, with what rules look at of them."""
    _load_cells(database, month)
    _load_owners(database)
    names = ("n", *ATTRIBUTES, "day", "untracked", "calls", "tokens", "m0", "m1", "m2")
    # A tracked share of a cell that no other cell is alike to stands alone: a million of them need no summing up.
    keys = ", ".join((*ATTRIBUTES, "day", "untracked"))
    billed, alone, unbilled = _billed(), _alone(), _unbilled()
    others = f"{billed} WHERE s.account <> '{TRACKED}' UNION ALL {billed} WHERE s.account = '{TRACKED}' AND NOT c.alone"
    summed = f"SELECT {keys}, {_FIGURES} FROM"
    database.execute(
        f"CREATE OR REPLACE TABLE summed_rows AS SELECT row_number() OVER () AS n, * FROM ("
        f"{summed} ({others}) GROUP BY {keys} UNION ALL {summed} ({unbilled}) GROUP BY {keys})"
    )
    (first,) = database.execute("SELECT count(*) FROM weighed").fetchone()
    database.execute(
        f"CREATE OR REPLACE VIEW all_rows AS SELECT {', '.join(names)} FROM ({alone})"
        f" UNION ALL SELECT * REPLACE (n + {first} AS n) FROM summed_rows"
    )
    kept = [f"{name} AS a_{name}" for name in attributes_of(rules)]
    kept += [f"NULL::VARCHAR AS t_{number}" for number, _ in enumerate(tags_of(rules))]
    relation = f"(SELECT {', '.join(['n, day, untracked, m0, m1, m2', *kept])} FROM all_rows)"
    mask_rows(database, rules, relation, _texts)


def rows_of(database: Any) -> list[AllocationRow]:
    """The rows as records, ascending by their number, which becomes their place in the order."""
    columns = ", ".join((*ATTRIBUTES, "day", "untracked", "calls", "tokens", "m0", "m1", "m2"))
    at = len(ATTRIBUTES)
    return [
        AllocationRow(
            **dict(zip(ATTRIBUTES, row[:at], strict=True)),
            day=row[at],
            untracked=row[at + 1],
            calls=row[at + 2],
            tokens=row[at + 3],
            list_nano_usd=row[at + 4],
            billed_nano_usd=row[at + 5],
            effective_nano_usd=row[at + 6],
        )
        for row in database.execute(f"SELECT {columns} FROM all_rows ORDER BY n").fetchall()
    ]


def _billed() -> str:
    """Shares as rows, before any are one."""
    texts = {name: f"c.{name}" for name in _OF_CELL}
    texts |= {name: f"nullif(s.{name}, '')" for name in _OF_GROUP}
    texts |= {name: f"o.{name}" for name in ("account", "api_key")}
    texts["engineer"] = "coalesce(o.engineer, nullif(s.engineer, ''))"
    texts["bucket"] = f"CASE WHEN s.account NOT IN ('{TRACKED}', '{UNTRACKED}') THEN s.account END"
    columns = ", ".join(f"{texts.get(name, 'NULL')}::VARCHAR AS {name}" for name in ATTRIBUTES)
    return (
        f"SELECT s.n, {columns}, c.day, s.account = '{UNTRACKED}' AS untracked, s.calls, s.tokens,"
        f" s.list_nano AS m0, s.nano AS m1, CASE WHEN s.account IN {BALANCES} THEN 0 ELSE s.nano END AS m2"
        " FROM shares s JOIN cell_row c ON c.cell = s.cell LEFT JOIN owner_row o ON o.owner = s.owner"
    )


def _alone() -> str:
    """Shares that stand alone as rows: they are of groups, never of an owner or in a bucket."""
    texts = {name: f"c.{name}" for name in _OF_CELL} | {name: f"nullif(w.{name}, '')" for name in _OF_GROUP}
    columns = ", ".join(f"{texts.get(name, 'NULL')}::VARCHAR AS {name}" for name in ATTRIBUTES)
    return (
        f"SELECT w.rowid AS n, {columns}, c.day, false AS untracked, w.calls, w.tokens, w.list_nano AS m0,"
        " m.amount AS m1, m.amount AS m2 FROM weighed w JOIN money m ON m.n = w.rowid JOIN cell_row c"
        f" ON c.cell = w.cell AND c.alone WHERE w.account = '{TRACKED}'"
        " AND (m.amount <> 0 OR w.tokens <> 0 OR w.list_nano <> 0 OR w.calls <> 0)"
    )


def _texts(name: str) -> str:
    """Every text of an attribute, from where rows take it."""
    found = [f"SELECT {name} FROM summed_rows"]
    if name in _OF_CELL:
        found.append(f"SELECT {name} FROM cell_row")
    elif name in _OF_GROUP:
        found.append(f"SELECT nullif({name}, '') FROM weighed")
    return " UNION ALL ".join(found)


def _unbilled() -> str:
    """What is on no bill, as rows: a list value, and no money."""
    texts = {name: f"nullif({name}, '')" for name in _OF_ITEM}
    texts |= {"model": f"coalesce(nullif(model, ''), '{UNKNOWN}')", "kind": "'usage'"}
    others = ", ".join(f"'{channel}'" for channel in SCOPES)
    for kind in ("workspace", "project", "principal"):
        mine = ", ".join(f"'{channel}'" for channel, name in SCOPES.items() if name == kind)
        also = f" OR channel NOT IN ({others})" if kind == "workspace" else ""
        texts[kind] = f"CASE WHEN channel IN ({mine}){also} THEN nullif(scope, '') END"
    columns = ", ".join(f"{texts.get(name, 'NULL')}::VARCHAR AS {name}" for name in ATTRIBUTES)
    money = "NULL::BIGINT AS m1, NULL::BIGINT AS m2"
    return f"SELECT {columns}, day, false AS untracked, calls, tokens, list_nano AS m0, {money} FROM unbilled"


def _load_cells(database: Any, month: Month) -> None:
    """The table `cell_row`: what all shares of a cell have, and whether none has the same and it was weighed."""
    made = [_of_cell(cell) for cell in month.cells]
    many: dict[tuple[object, ...], int] = {}
    for one in made:
        many[one] = many.get(one, 0) + 1
    rows = [(c, many[one] == 1 and c not in month.others, *one) for c, one in enumerate(made)]
    make(database, "cell_row", ("cell", "alone", "day", *_OF_CELL), rows, _TYPES)


def _of_cell(cell: Cell) -> tuple[object, ...]:
    row = row_of(cell.key, min(cell.by_document), Place(TRACKED), NOTHING)
    return (row.day, *(getattr(row, name) for name in _OF_CELL))


def _load_owners(database: Any) -> None:
    """The table `owner_row`: who the owners of untracked shares are."""
    owners = [owner for (owner,) in database.execute("SELECT DISTINCT owner FROM shares WHERE owner <> ''").fetchall()]
    rows: list[tuple[object, ...]] = []
    for owner in owners:
        kind, _, name = owner.rpartition(":")
        of = "engineer" if kind == "" and "@" in name else {"account": "account", "key": "api_key"}.get(kind)
        rows.append((owner, *(name if of == each else None for each in _OF_OWNER)))
    make(database, "owner_row", ("owner", *_OF_OWNER), rows)
