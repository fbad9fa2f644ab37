"""`tollbook session [ID]`: what one session of a tool cost: its calls, tokens, tickets and subagents."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from tollbook.answer import iso_time, spend
from tollbook.booked import Booked, book_row
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.prices import default_book
from tollbook.prices.price import price
from tollbook_agent.cli import exit_codes, forms
from tollbook_agent.cli.output import count, money
from tollbook_agent.cli.reader import NO_STORE, open_store, session_named
from tollbook_agent.cli.sheet import UNALLOCATED, Page
from tollbook_agent.cli.spend_page import unassigned
from tollbook_agent.cli.ticket_fix import which
from tollbook_agent.cli.ticket_page import UNKNOWN, notes, sheet, status, tokens
from tollbook_agent.settings import Settings, load
from tollbook_agent.standing import Standing
from tollbook_agent.store import reading

MAIN = "(main)"
"""The session itself, beside its subagents."""
_BY = ("ticket", "model", "branch")


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """ID, and the forms."""
    parser.description = "What one session of a tool cost: calls, tokens, tickets, models, subagents."
    parser.epilog = "example: tollbook session 5d1f0c3a"
    parser.add_argument("id", nargs="?", metavar="ID", help="the beginning of its id is enough (default: the newest)")
    forms.add_arguments(parser)


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Answer from the laptop's store."""
    settings = load(os.environ)
    with open_store(settings) as connection:
        if connection is None:
            print(NO_STORE, file=sys.stderr if arguments.form == forms.JSON else sys.stdout)
            return exit_codes.OK if arguments.id is None else exit_codes.FAILED
        connection.execute("BEGIN")  # one state of the store
        found = session_named(connection, arguments.id)
        if len(found) != 1:
            said = "no call is of a session yet" if arguments.id is None else which(arguments.id, found)
            print(f"tollbook: {said}", file=sys.stderr)
            return exit_codes.FAILED
        rows = _rows(connection, found[0], settings)
    answer = session_answer(found[0], rows)
    forms.show(arguments.form, lambda: answer, lambda: session_page(answer, [row for _, row in rows]))
    return exit_codes.OK


type Row = tuple[str | None, Booked]
"""The subagent that made a call, and the call."""


def _rows(connection: sqlite3.Connection, session: str, settings: Settings) -> list[Row]:
    book = default_book()
    found: list[Row] = []
    for place in reading.found(connection, reading.Wanted(session=session)):
        groups = group(reading.claims(connection, place)).groups
        if place.part < len(groups):
            call = conclude(groups[place.part], settings.rule)
            found.append((call.agent_id, book_row(call, price(call, book))))
    return found


def session_answer(session: str, rows: Sequence[Row]) -> dict[str, Any]:
    """The documented JSON. `rows` is not empty."""
    calls = [row for _, row in rows]
    flags: dict[str, int] = {}
    for row in calls:
        for flag in row.flags.split():
            flags[flag] = flags.get(flag, 0) + 1
    by: dict[str, list[dict[str, Any]]] = {}
    for name in _BY:
        by[name] = [{**row, "key": row["key"][0]} for row in spend(calls, [name], None, None)["rows"]]
    agents: dict[str | None, list[Booked]] = {}
    for agent, row in rows:
        agents.setdefault(agent, []).append(row)
    parts = [{"key": agent, **spend(own, ["tool"], None, None)["total"]} for agent, own in agents.items()]
    by["agent"] = sorted(parts, key=lambda part: (-part["list_nano_usd"], part["key"] or ""))
    return {
        "session": session,
        "tool": calls[0].tool,
        "repos": sorted({row.repo for row in calls if row.repo}),
        "first_at": iso_time(min(row.started_at for row in calls)),
        "last_at": iso_time(max(row.started_at for row in calls)),
        "status": "estimated",
        **spend(calls, ["tool"], None, None)["total"],
        "by": by,
        "unpriced_calls": sum(row.unpriced for row in calls),
        "price_book": default_book().version,
        "flags": [{"flag": flag, "calls": number} for flag, number in sorted(flags.items())],
    }


def _minute(moment: str) -> str:
    return moment[:16].replace("T", " ")


def session_page(answer: Mapping[str, Any], calls: Sequence[Booked]) -> Page:
    """The page of such an answer."""
    times = f"{_minute(answer['first_at'])} to {_minute(answer['last_at'])} UTC"
    where = f" in {', '.join(answer['repos'])}" if answer["repos"] else ""
    amounts = f"{money(answer['list_nano_usd'])} list value, {count(answer['calls'])} calls"
    nobody = {"ticket": UNALLOCATED, "agent": MAIN}
    return Page(
        heading=f"session {answer['session']}  {amounts}  ({answer['tool']}{where})",
        status=status(answer),
        first=(*unassigned(Standing.of(calls)), f"{times}; {tokens(answer['usage'])}", ""),
        sheets=tuple(sheet(name, rows, nobody.get(name, UNKNOWN)) for name, rows in answer["by"].items()),
        notes=tuple(notes(answer)),
    )
