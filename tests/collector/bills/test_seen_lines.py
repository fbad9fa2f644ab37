"""Seen lines become the same items in the database as in records, whatever the scopes table says of their hints."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tollbook_collector.bills.items import Group, Item, item_of, summed
from tollbook_collector.bills.scopes import FOREVER, ScopeRow, Scopes
from tollbook_collector.bills.seen import FIGURES, Seen

pytest.importorskip("duckdb", reason="the extra tollbook-collector[duckdb] is not installed")
pytest.importorskip("pyarrow", reason="the extra tollbook-collector[duckdb] is not installed")

from tollbook_collector.allocate.set_based.connect import connect
from tollbook_collector.bills.set_based.items import GROUP, KEYS, load_seen, make

CHANNELS = ("anthropic", "openai", "bedrock", "azure")
ROWS = [
    ScopeRow("anthropic", "k1", "w-of-k", "", "", "team:bots", 0, 20_727),
    ScopeRow("anthropic", "k1", "w-later", "", "", "", 20_727, FOREVER),
    ScopeRow("anthropic", "a1", "w-of-a", "p-of-a", "", "", 0, FOREVER),
    ScopeRow("azure", "a1", "", "p-of-a", "", "", 0, FOREVER),
    ScopeRow("bedrock", "a1", "", "", "r-of-a", "", 0, FOREVER),
]


def key(channel: str, model: str | None) -> str | None:
    return None if model is None else f"{channel}/{model.lower()}"


def line(chance: Random) -> Seen:
    some = chance.choice
    channel, day, model = some(CHANNELS), some((20_726, 20_727)), some(("M", "m", None))
    scope = (some((None, "w")), some((None, "p")), some((None, "r")), some((None, "a1", "a2")), some((None, "k1")))
    around = (some((None, "standard")), some((None, "us")), some((True, False)))
    group = (some((None, "ada")), some((None, "acme/x")), None, some((None, "PAY-1")), "codex")
    return Seen._make((channel, day, model, "output", *scope, *around, *group, some((0, 5)), some((0, 7)), 1))


def item(row: tuple[object, ...]) -> Item:
    values = dict(zip((*KEYS, *FIGURES), row, strict=True))
    return Item(**values | {"group": Group._make(values.pop(name) for name in GROUP)})  # type: ignore[arg-type]


@given(st.integers(0, 2**64), st.booleans())
@settings(max_examples=10, deadline=None)
def test_items_of_seen_lines_are_the_same(number: int, scoped: bool) -> None:
    chance = Random(number)
    lines = [line(chance) for _ in range(chance.randint(0, 60))]
    scopes = Scopes(ROWS if scoped else [])
    database = connect(threads=1)
    make(database, "given", Seen._fields, lines)
    load_seen(database, "given", key, scopes)
    rows = database.execute(f"SELECT {', '.join((*KEYS, *FIGURES))} FROM items").fetchall()
    database.close()
    assert summed(map(item, rows)) == summed(item_of(one, key, scopes) for one in lines)
