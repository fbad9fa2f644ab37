"""`tollbook tail`: model calls as the resident process books them."""

import argparse
import os
import sqlite3
import sys
import time
from collections.abc import Iterator
from itertools import islice
from typing import Any

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.calls import documents, line
from tollbook_agent.cli.output import dim, print_json
from tollbook_agent.cli.reader import NO_STORE, open_store, positive
from tollbook_agent.settings import Settings, load
from tollbook_agent.store import reading

LOOK_SECONDS = 0.25
_WIDTHS = (19, 24, 16, 24)


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--count, --json."""
    parser.description = "Model calls as they are booked; `tollbook agent run` must be running somewhere."
    parser.epilog = "example: tollbook tail --json --count 10"
    parser.add_argument("--count", type=positive, metavar="N", help="stop after N calls")
    parser.add_argument("--json", action="store_true", help="JSON lines, one call a line")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Follow the store until interrupted."""
    settings = load(os.environ)
    with open_store(settings) as connection:
        if connection is None:
            print(NO_STORE, file=sys.stderr if arguments.json else sys.stdout)
            return exit_codes.OK
        if not arguments.json:
            print(dim("waiting for calls, Ctrl-C ends"), flush=True)
        for one in islice(_booked(connection, settings), arguments.count):
            if arguments.json:
                print_json(one)
            else:
                cells = line(one)
                fixed = [cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)]
                print("  ".join(fixed), *cells[len(fixed) :])
            sys.stdout.flush()
    return exit_codes.OK


def _booked(connection: sqlite3.Connection, settings: Settings) -> Iterator[dict[str, Any]]:
    """The calls that are booked from now on, as they are; ends only with its reader."""
    row = reading.last_row(connection)
    seen = _version(connection)
    while True:
        now = _version(connection)
        if now == seen:
            time.sleep(LOOK_SECONDS)
            continue
        seen = now
        newest = reading.last_row(connection)
        places = [place for place in reading.since(connection, row) if place.row <= newest]
        yield from documents(connection, places, settings)
        row = newest


def _version(connection: sqlite3.Connection) -> int:
    """Changes with every commit of another process."""
    return int(connection.execute("PRAGMA data_version").fetchone()[0])
