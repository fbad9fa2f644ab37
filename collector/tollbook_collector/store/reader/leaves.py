"""Leaves: what a day file holds. A call taken apart by model and ticket, so that sums need no rule any more. Pure."""

from itertools import repeat
from typing import Any

from tollbook import answer
from tollbook.booked import COLUMNS, Booked
from tollbook.usage import FIELDS

FORMAT = 1
"""Of the files; another one makes every file be written anew."""
DIMENSIONS: tuple[str, ...] = (
    "day",
    "engineer",
    "session",
    "tool",
    "channel",
    "model",
    "repo",
    "branch",
    "ticket",
    "source",
)
"""Columns of a file named as dimensions of questions are."""
SUMS: tuple[str, ...] = ("ticket_calls", "calls", "list_nano_usd", *FIELDS)
"""`ticket_calls`: 1 where a leaf counts as a call under its ticket; `calls`: 1 in one leaf of each call."""
LEAF_COLUMNS = DIMENSIONS + SUMS


Leaf = tuple[Any, ...]
_FIRST_COUNT = COLUMNS.index("input")
_COUNTS = slice(_FIRST_COUNT, _FIRST_COUNT + len(FIELDS))
_ZEROS = tuple(repeat(0, len(FIELDS)))


def leaves(row: Booked) -> list[Leaf]:
    """The leaves of a call; their sums are what `tollbook.answer` says of the call, by whatever dimensions."""
    tickets = row.tickets.split() if row.tickets else ()
    if row.parts is None and len(tickets) < 2:
        counts = _ZEROS if row.input is None else row[_COUNTS]
        return [_leaf(row, row.model, tickets[0] if tickets else None, (1, 1, row.list_nano_usd, *counts))]
    made: list[Leaf] = []
    calls = 1
    for part in answer.spend([row], ("model", "ticket"), None, None)["rows"]:
        model, ticket = part["key"]
        own = calls if model == row.model else 0
        calls -= own
        counts = [part["usage"][name] for name in FIELDS]
        made.append(_leaf(row, model, ticket, (part["calls"], own, part["list_nano_usd"], *counts)))
    return made


def _leaf(row: Booked, model: str, ticket: str | None, sums: tuple[Any, ...]) -> Leaf:
    return (
        row.day,
        row.engineer,
        row.session_id,
        row.tool,
        row.channel,
        model,
        row.repo,
        row.branch,
        ticket,
        row.sources,
        *sums,
    )
