"""Hints without an owner: accounts, keys and principals of bills that nobody has said anything about."""

from collections.abc import Sequence
from typing import Any

from tollbook.answer import day_text
from tollbook_collector.bills.effective import Current
from tollbook_collector.bills.scopes import Scopes


def unowned(documents: Sequence[Current], scopes: Scopes) -> list[dict[str, Any]]:
    """One row a hint, with the days it was billed on and how much: those worth most come first."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for one in documents:
        channel = one.stored.document.channel
        for _, line in one.lines:
            if not line.owner or scopes.person(channel, line.owner, line.day) is not None:
                continue
            kind, _, hint = line.owner.partition(":")
            row = found.setdefault(
                (channel, line.owner),
                {"channel": channel, "kind": kind, "hint": hint, "first": line.day, "last": line.day}
                | {"tokens": 0, "amount_nano": 0},
            )
            row["first"], row["last"] = min(row["first"], line.day), max(row["last"], line.day)
            row["tokens"] += line.quantity or 0
            row["amount_nano"] += line.amount_nano
    ranked = sorted(found.values(), key=lambda row: (-row["amount_nano"], -row["tokens"], row["channel"], row["hint"]))
    return [{**row, "first": day_text(row["first"]), "last": day_text(row["last"])} for row in ranked]
