"""`tollbook calls`: every merged call, newest first."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from tollbook.answer import day_number, moment
from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.prices import default_book
from tollbook.prices.price import price
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import count, cut, money, print_json, table
from tollbook_agent.cli.reader import NO_STORE, day, open_store, positive
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading

SHOWN = 30
"""Calls shown to people when no limit is given; `--json` shows all."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--ticket, --repo, --session, --from, --to, --limit, --json."""
    parser.description = "Every model call, counted once however many observers saw it, newest first."
    parser.epilog = (
        "examples: tollbook calls --json --limit 5\n          tollbook calls --ticket PAY-123 --from 2026-10-01"
    )
    parser.add_argument("--ticket", metavar="KEY", type=str.upper, help="only calls that name this ticket")
    parser.add_argument("--repo", metavar="OWNER/NAME", help="only calls of this repository")
    parser.add_argument("--session", metavar="ID", help="only calls of this session of a tool")
    parser.add_argument("--from", dest="start", type=day, metavar="DATE", help="first day, inclusive (UTC)")
    parser.add_argument("--to", dest="end", type=day, metavar="DATE", help="day after the last, exclusive (UTC)")
    parser.add_argument(
        "--limit", type=positive, metavar="N", help=f"at most N calls (default: {SHOWN}, with --json all)"
    )
    parser.add_argument("--json", action="store_true", help="JSON lines, one call a line")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """List the calls of the laptop's store."""
    settings = load(os.environ)
    wanted = reading.Wanted(
        ticket=arguments.ticket,
        repo=arguments.repo,
        session=arguments.session,
        start=None if arguments.start is None else moment(day_number(arguments.start)),
        end=None if arguments.end is None else moment(day_number(arguments.end)),
    )
    limit = arguments.limit if arguments.limit is not None or arguments.json else SHOWN
    with open_store(settings) as connection:
        if connection is None:
            print(NO_STORE, file=sys.stderr if arguments.json else sys.stdout)
            return exit_codes.OK
        connection.execute("BEGIN")  # one state of the store, however long printing takes
        found = documents(connection, reading.found(connection, wanted, newest=limit), settings)
        if arguments.json:
            for one in found:
                print_json(one)
        else:
            rows = [line(one) for one in found]
            print(table(HEAD, rows, left=4) if rows else "no such calls")
    return exit_codes.OK


def documents(
    connection: sqlite3.Connection, places: Iterable[reading.CallPlace], settings: Settings
) -> Iterator[dict[str, Any]]:
    """The documented JSON of the calls at these places."""
    book = default_book()
    for place in places:
        groups = group(reading.claims(connection, place)).groups
        if place.part < len(groups):  # else it was united with another since the place was read
            call = conclude(groups[place.part], settings.rule)
            yield document(call, price(call, book))


HEAD = ("started (UTC)", "model", "ticket", "repo", "input", "cached", "output", "list value")


def line(one: dict[str, Any]) -> list[str]:
    """One call as a row of a table."""
    usage = one["usage"] or {"input": 0, "cache_read": 0, "output": 0}
    return [
        one["started_at"][:19].replace("T", " "),
        cut(one["model"] or "unknown", 24),
        cut(",".join(one["tickets"]) or "-", 16),
        cut(one["repo"] or "-", 24),
        count(usage["input"]),
        count(usage["cache_read"]),
        count(usage["output"]),
        "unpriced" if one["unpriced"] else money(one["list_nano_usd"]),
    ]
