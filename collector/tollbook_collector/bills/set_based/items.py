"""Items as a table of the database, from records or from a relation of seen lines (day files, Arrow)."""

from collections.abc import Iterable, Sequence
from typing import Any

from tollbook_collector.allocate.set_based.connect import arrow
from tollbook_collector.bills.items import CUT_BY, OTHER_SCOPES, Group, Item
from tollbook_collector.bills.models import ModelKey
from tollbook_collector.bills.scopes import Scopes
from tollbook_collector.bills.seen import FIGURES

PLACE = ("channel", "day", "model", "token_class", "scope", "service_tier", "geo", "long")
"""What decides which cells an item may be in, but for its owner."""
GROUP = Group._fields
KEYS = (*PLACE, "account", *GROUP)
_NUMBERS = {"day": "int32", "long": "bool_", **dict.fromkeys(FIGURES, "int64")}


def same(one: str, other: str, names: Iterable[str]) -> str:
    """Whether two relations agree in some columns; what neither knows is equal too."""
    return " AND ".join(f"{one}.{name} IS NOT DISTINCT FROM {other}.{name}" for name in names)


def make(database: Any, name: str, columns: Sequence[str], rows: Iterable[Sequence[object]], types: str = "") -> None:
    """Make a table of rows. `types` names the Arrow type of each column, texts where it says nothing of one.

    Raises:
        OverflowError: a number of more than 64 bits.
    """
    pa = arrow()
    given = dict(each.split(":") for each in types.split())
    table = list(zip(*rows, strict=True)) or [()] * len(columns)
    arrays = {
        column: pa.array(table[at], getattr(pa, given.get(column) or _NUMBERS.get(column, "string"))())
        for at, column in enumerate(columns)
    }
    database.register("arriving", pa.table(arrays))
    database.execute(f"CREATE OR REPLACE TABLE {name} AS FROM arriving")
    database.unregister("arriving")


def load_items(database: Any, items: Sequence[Item]) -> None:
    """Make the table `items` of records."""
    names = (*Item._fields[: Item._fields.index("group")], *GROUP, *FIGURES)
    at = Item._fields.index("group")
    rows = [(*item[:at], *item.group, *item[at + 1 :]) for item in items]
    make(database, "items", names, rows)


def load_seen(database: Any, relation: str, key: ModelKey, scopes: Scopes) -> None:
    """Make the view `items` of a relation with the columns of `Seen`: exactly what `items_of` makes of the calls.

    Nothing is copied: what is asked of a month (its places, its groups) reads the few columns it needs.
    """
    spelt = database.execute(f"SELECT DISTINCT channel, model FROM {relation}").fetchall()
    make(database, "model_key", ("channel", "spelt", "name"), [(*each, key(*each)) for each in spelt])
    group = ", ".join(f"coalesce(s.{name}, '') AS {name}" for name in GROUP)
    known = ("workspace", "project", "principal")
    held: dict[str, str] = {name: f"nullif(s.{name}, '')" for name in known}
    account = "coalesce(nullif(s.account, ''), nullif(s.api_key, ''))"
    joins = ""
    if scopes.rows:
        _load_scopes(database, scopes)
        for alias, hint in (("k", "api_key"), ("a", "account")):
            joins += (
                f" LEFT JOIN scope_row {alias} ON {alias}.channel = s.channel AND {alias}.hint = nullif(s.{hint}, '')"
                f" AND s.day >= {alias}.valid_from AND s.day < {alias}.valid_to"
            )
        held = {name: f"coalesce({held[name]}, nullif(k.{name}, ''), nullif(a.{name}, ''))" for name in known}
        account = (
            f"CASE WHEN a.hint IS NOT NULL THEN s.account WHEN k.hint IS NOT NULL THEN s.api_key ELSE {account} END"
        )
    cut = " ".join(f"WHEN '{channel}' THEN {_first(held, names)}" for channel, names in CUT_BY.items())
    database.execute(
        "CREATE OR REPLACE VIEW items AS SELECT s.channel, s.day, m.name AS model, s.token_class,"
        f" CASE s.channel {cut} ELSE {_first(held, OTHER_SCOPES)} END AS scope, {account} AS account,"
        f" s.service_tier, s.geo, s.long, {group}, s.tokens, s.list_nano, s.calls FROM {relation} s{joins}"
        " JOIN model_key m ON m.channel = s.channel AND m.spelt IS NOT DISTINCT FROM s.model"
    )


def _first(held: dict[str, str], names: Sequence[str]) -> str:
    return f"coalesce({', '.join([*(held[name] for name in names), 'NULL'])})"


def _load_scopes(database: Any, scopes: Scopes) -> None:
    names = ("channel", "hint", "workspace", "project", "principal", "owner", "valid_from", "valid_to")
    make(database, "scope_row", names, scopes.rows, "valid_from:int64 valid_to:int64")
