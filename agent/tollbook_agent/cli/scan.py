"""`tollbook scan`: read all usage logs once. Beside a resident process it asks that one to scan, and waits."""

import argparse
import os
import sys

from tollbook.prices import default_book
from tollbook_agent import home as places
from tollbook_agent.capture.logs.discover import discover, roots
from tollbook_agent.capture.logs.readers import INFORMATIVE
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import ProgressBar, count, print_json
from tollbook_agent.compose import pipeline_of
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.lock import Locked, StoreLock
from tollbook_agent.scan import Scanned, scan
from tollbook_agent.settings import load
from tollbook_agent.store.connect import connect_reading, cursors
from tollbook_agent.store.store import Store


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json."""
    parser.description = "Read what is new in the usage logs of Claude Code and Codex, and exit."
    parser.epilog = "example: CLAUDE_CONFIG_DIR=~/backup/claude tollbook scan"
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Scan here, or ask the process that holds the store."""
    settings = load(os.environ)
    try:
        lock = StoreLock(settings.home / places.LOCK)
    except Locked:
        try:
            answer = ask(settings.home / places.CONTROL, "scan")
        except Unreachable as fault:
            raise Locked(f"another process is writing to {settings.home} and {fault}") from fault
        print_json(answer) if arguments.json else print(
            f"the resident agent scanned: {count(answer['calls'])} calls new or changed"
        )
        return exit_codes.OK
    where = roots(os.environ, os.path.expanduser("~"))
    bar = ProgressBar("reading logs")
    try:
        reading = connect_reading(settings.store)
        known = cursors(reading) if reading is not None else {}
        if reading is not None:
            reading.close()
        store = Store(settings.store, rule=settings.rule, book=default_book())
        done = scan(
            store, pipeline_of(settings, os.environ, store.explicit_tickets()), discover(where), known, progress=bar
        )
        store.close()
    finally:
        bar.close()
        lock.release()
    if arguments.json:
        print_json(
            {
                "files": done.files,
                "read_files": done.read_files,
                "read_bytes": done.read_bytes,
                "calls": done.calls,
                "discards": dict(sorted(done.discards.items())),
            }
        )
        return exit_codes.OK
    print(summary(done))
    if not done.files:
        looked = "\n".join(f"  {root.path}" for root in where)
        print(f"no usage logs found; looked in\n{looked}", file=sys.stderr)
    return exit_codes.OK


def summary(done: Scanned) -> str:
    """One line for people."""
    unread = sum(number for reason, number in done.discards.items() if reason not in INFORMATIVE)
    read = f"read {done.read_bytes / 1e6:,.1f} MB of {count(done.read_files)} log files"
    return f"{read}: {count(done.calls)} calls new or changed" + (
        f", {count(unread)} places could not be read (`tollbook status` says why)" if unread else ""
    )
