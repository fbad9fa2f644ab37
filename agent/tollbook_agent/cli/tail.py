"""`tollbook tail`: model calls as the resident process books them."""

import argparse
import os
import time

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.calls import documents, line
from tollbook_agent.cli.output import dim, print_json
from tollbook_agent.cli.reader import NO_STORE, open_store
from tollbook_agent.settings import load
from tollbook_agent.store import reading

LOOK_SECONDS = 0.25
_WIDTHS = (19, 24, 16, 24)


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json, --count."""
    parser.description = "Model calls as they are booked; `tollbook agent run` must be running somewhere."
    parser.epilog = "example: tollbook tail"
    parser.add_argument("--json", action="store_true", help="JSON lines, one call a line")
    parser.add_argument("--count", type=int, metavar="N", help="stop after N calls")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Follow the store until interrupted."""
    settings = load(os.environ)
    connection = open_store(settings)
    if connection is None:
        print(NO_STORE)
        return exit_codes.OK
    row = reading.last_row(connection)
    left: int | None = arguments.count
    if not arguments.json:
        print(dim("waiting for calls, Ctrl-C ends"), flush=True)
    while left is None or left > 0:
        newest = reading.last_row(connection)
        if newest == row:
            time.sleep(LOOK_SECONDS)
            continue
        for one in documents(reading.since(connection, row), settings):
            if arguments.json:
                print_json(one)
            else:
                cells = line(one)
                print(
                    "  ".join(cell.ljust(width) for cell, width in zip(cells, _WIDTHS, strict=False)),
                    *cells[4:],
                    flush=True,
                )
            left = None if left is None else left - 1
        row = newest
    return exit_codes.OK
