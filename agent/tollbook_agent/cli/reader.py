"""What the asking commands share: the store opened for reading, spans of days, one table of spend."""

import argparse
import sqlite3
from collections.abc import Iterable, Sequence
from typing import Any

from tollbook.answer import DIMENSIONS, day_number
from tollbook.booked import Booked
from tollbook_agent.cli.output import count, cut, dim, money, table
from tollbook_agent.settings import Settings
from tollbook_agent.store.connect import connect_reading

NO_STORE = "nothing has been read on this machine yet: run `tollbook scan`"
UNALLOCATED = "(unallocated)"


def open_store(settings: Settings) -> sqlite3.Connection | None:
    """The store, or `None` where nothing was ever read."""
    connection = connect_reading(settings.store)
    if connection is None:
        return None
    found = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'call'").fetchone()
    return connection if found else None


def dimensions(text: str) -> list[str]:
    """`--by` as a list of dimensions.

    Raises:
        argparse.ArgumentTypeError: an unknown one; the message lists the known.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in DIMENSIONS:
            raise argparse.ArgumentTypeError(f"{name!r} is not a dimension; choose from {', '.join(DIMENSIONS)}")
    if not names:
        raise argparse.ArgumentTypeError(f"name at least one of {', '.join(DIMENSIONS)}")
    return list(dict.fromkeys(names))


def day(text: str) -> str:
    """`--from` and `--to`: an ISO date.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        day_number(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-10-31") from fault
    return text


def spend_table(answer: dict[str, Any]) -> str:
    """The spend answer for people."""
    by: Sequence[str] = answer["by"]
    head = [*by, "calls", "input", "cached", "written", "output", "list value"]
    rows = [_row([cut(key) if key is not None else UNALLOCATED for key in row["key"]], row) for row in answer["rows"]]
    return table(head, rows, left=len(by), foot=_row(["total", *[""] * (len(by) - 1)], answer["total"]))


def _row(keys: Sequence[str], sums: dict[str, Any]) -> list[str]:
    usage = sums["usage"]
    written = sum(number for name, number in usage.items() if name.startswith("cache_write"))
    counts = (sums["calls"], usage["input"], usage["cache_read"], written, usage["output"])
    return [*keys, *map(count, counts), money(sums["list_nano_usd"])]


def remarks(rows: Iterable[Booked]) -> list[str]:
    """What somebody must know to trust the table."""
    unpriced = placeholder = unknown = subscription_value = 0
    for row in rows:
        flags = row.flags.split() if row.flags else []
        unpriced += row.unpriced
        placeholder += "placeholder_counts" in flags
        unknown += "usage_unknown" in flags
        subscription_value += row.channel == "chatgpt"
    notes: list[str] = []
    if unpriced:
        notes.append(
            f"{count(unpriced)} calls have no price in the price book and count as $0: `tollbook calls` names them"
        )
    if placeholder:
        notes.append(
            f"{count(placeholder)} calls come from logs with placeholder output counts: their output is a floor"
        )
    if unknown:
        notes.append(f"{count(unknown)} calls have no usage")
    if subscription_value:
        notes.append(
            f"{count(subscription_value)} calls were paid by a ChatGPT plan: their amount is list value, not money"
        )
    return [dim(f"note: {note}") for note in notes]
