"""Tables by engineer: rows under the names that may be shown, those of one name summed up. Pure."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tollbook.money import usd_text

WITHHELD = "withheld"
"""Stands for everybody where single people may not be shown."""

type Row = dict[str, Any]
type Name = Callable[[Row, str | None], str | None]
"""Gives the engineer of a row; sets it where one is given."""


def of_ticket(row: Row, now: str | None) -> str | None:
    if now is not None:
        row["key"] = now
    return row["key"]


def of_spend(place: int) -> Name:
    def name(row: Row, now: str | None) -> str | None:
        if now is not None:
            row["key"][place] = now
        return row["key"][place]

    return name


def renamed(rows: Sequence[Row], name: Name, shown: Callable[[str], str]) -> list[Row]:
    """The rows with every engineer as `shown` has it, in the order of `tollbook.answer`."""
    merged: dict[str, Row] = {}
    for row in rows:
        engineer = name(row, None)
        if engineer is not None:
            name(row, shown(engineer))
        _merge(merged, row)
    return sorted(merged.values(), key=_order)


def _merge(merged: dict[str, Row], row: Row) -> None:
    """Add a row to that of the same key."""
    key = json.dumps(row["key"])
    mine = merged.get(key)
    if mine is None:
        merged[key] = row
        return
    mine["calls"] += row["calls"]
    mine["list_nano_usd"] += row["list_nano_usd"]
    mine["list_usd"] = usd_text(mine["list_nano_usd"])
    usage: Mapping[str, int] = row["usage"]
    for kind, tokens in usage.items():
        mine["usage"][kind] += tokens


def _order(row: Row) -> tuple[int, tuple[str, ...]]:
    """As `tollbook.answer` orders its tables."""
    key: Any = row["key"]
    parts: list[str | None] = list(key) if isinstance(key, list) else [key]  # pyright: ignore[reportUnknownArgumentType]
    return -row["list_nano_usd"], tuple("" if each is None else f"!{each}" for each in parts)
