"""Headline figures that several pages have."""

from collections.abc import Mapping, Sequence
from typing import Any

from tollbook_collector.web import words
from tollbook_collector.web.page import Figure
from tollbook_collector.web.spend_tables import sum_of
from tollbook_collector.web.table import Basis
from tollbook_collector.web.visit import Visit


def of_rows(rows: Sequence[Mapping[str, Any]], place: int, calls: int, visit: Visit) -> tuple[Figure, ...]:
    """What has no ticket, then all of it, of rows that have the ticket at a place of their key."""
    total = sum_of(rows)
    nobody = sum_of(rows, lambda row: row["key"][place] is None)
    found: list[Figure] = []
    if nobody:
        note = f"{words.part_of(nobody, total)} of it has no ticket"
        text = words.shown_money(nobody, total)
        found.append(Figure(label="Unassigned", text=text, note=note, basis=Basis.ESTIMATED, loud=True))
    note = f"{words.shown_count(calls)} calls at list prices"
    found.append(Figure(label="Spend", text=words.shown_money(total), note=note, basis=Basis.ESTIMATED))
    tickets = len({row["key"][place] for row in rows} - {None})
    found.append(Figure(label="Tickets", text=words.shown_count(tickets)))
    return tuple(found)
