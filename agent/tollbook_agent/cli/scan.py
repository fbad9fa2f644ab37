"""`tollbook scan`: read all usage logs once. Beside a resident process it asks that one to scan, and waits."""

import argparse
import os
import sys
from contextlib import closing

from tollbook_agent import home as places
from tollbook_agent.capture.logs.discover import Root, discover, roots
from tollbook_agent.capture.logs.readers import INFORMATIVE
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import ProgressBar, count, print_json
from tollbook_agent.compose import pipeline_of, store_of
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.lock import Locked, StoreLock
from tollbook_agent.scan import Scanned, scan
from tollbook_agent.settings import Settings, load
from tollbook_agent.store.connect import FileCursor, connect_reading, cursors


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json."""
    parser.description = "Read what is new in the usage logs of Claude Code and Codex, and exit."
    parser.epilog = "example: CLAUDE_CONFIG_DIR=~/backup/claude tollbook scan"
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Scan here, or ask the process that holds the store."""
    settings = load(os.environ)
    where = roots(os.environ, os.path.expanduser("~"))
    try:
        lock = StoreLock(settings.home / places.LOCK)
    except Locked:
        return _beside(settings, where, as_json=arguments.json)
    bar = ProgressBar("reading logs")
    try:
        with closing(store_of(settings, os.environ)) as store:
            pipeline = pipeline_of(settings, os.environ, store.explicit_tickets())
            done = scan(store, pipeline, discover(where), _known(settings), progress=bar, parallel=True)
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


def _beside(settings: Settings, where: list[Root], *, as_json: bool) -> int:
    """Ask the process that holds the store to look where we would have looked."""
    try:
        answer = ask(settings.home / places.CONTROL, "scan", roots=where)
    except Unreachable as fault:
        raise Locked(f"another process is writing to {settings.home} and {fault}") from fault
    if "error" in answer:
        print(f"tollbook: the resident agent could not scan: {answer['error']}", file=sys.stderr)
        return exit_codes.FAILED
    if as_json:
        print_json(answer)
    else:
        print(f"the resident agent scanned: {count(answer['calls'])} calls new or changed")
    return exit_codes.OK


def _known(settings: Settings) -> dict[str, FileCursor]:
    reading = connect_reading(settings.store)
    if reading is None:
        return {}
    with closing(reading):
        return cursors(reading)


def summary(done: Scanned) -> str:
    """One line for people."""
    unread = sum(number for reason, number in done.discards.items() if reason not in INFORMATIVE)
    read = f"read {done.read_bytes / 1e6:,.1f} MB of {count(done.read_files)} log files"
    return f"{read}: {count(done.calls)} calls new or changed" + (
        f", {count(unread)} places could not be read (`tollbook status` says why)" if unread else ""
    )
