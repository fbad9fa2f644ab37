"""`tollbook calls`: every merged call, newest first."""

import argparse
import os
from collections.abc import Iterator
from typing import Any

from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.prices import default_book
from tollbook.prices.price import price
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import count, cut, money, print_json, table
from tollbook_agent.cli.reader import NO_STORE, open_store
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading

SHOWN = 30
"""Calls shown to people when no limit is given; `--json` shows all."""


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--limit, --json."""
    parser.description = "Every model call, counted once however many observers saw it, newest first."
    parser.epilog = "example: tollbook calls --json --limit 5"
    parser.add_argument("--limit", type=int, metavar="N", help=f"at most N calls (default: {SHOWN}, with --json all)")
    parser.add_argument("--json", action="store_true", help="JSON lines, one call a line")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """List the calls of the laptop's store."""
    settings = load(os.environ)
    connection = open_store(settings)
    if connection is None:
        if not arguments.json:
            print(NO_STORE)
        return exit_codes.OK
    limit = arguments.limit if arguments.limit is not None or arguments.json else SHOWN
    found = documents(reading.clusters(connection, newest=limit), settings)
    if arguments.json:
        for place, one in enumerate(found):
            if limit is None or place < limit:
                print_json(one)
        return exit_codes.OK
    rows = [line(one) for one in found][:limit]
    print(table(HEAD, rows, left=4))
    return exit_codes.OK


def documents(clusters: Iterator[reading.Cluster], settings: Settings) -> Iterator[dict[str, Any]]:
    """The documented JSON of the calls in clusters."""
    book = default_book()
    for cluster in clusters:
        for members in group(cluster.claims).groups:
            call = conclude(members, settings.rule)
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
