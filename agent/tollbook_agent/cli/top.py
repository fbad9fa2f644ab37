"""`tollbook top`: today, live, on the whole screen."""

import argparse
import importlib.util
import os
import sys
from datetime import UTC, datetime

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.period import asked_of
from tollbook_agent.cli.reader import NO_STORE, open_store
from tollbook_agent.settings import load

NEEDS = "the full-screen view needs the extra `top`: install tollbook-agent[top]; `tollbook today` works without"


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """None."""
    parser.description = (
        "Today's spend on the whole screen as the resident agent books it: totals, by ticket, model and session, and\n"
        "the newest calls. Tab goes from table to table, p to week and month, q leaves."
    )
    parser.epilog = "example: tollbook top"


def run(_arguments: argparse.Namespace, _name: str) -> int:
    """Show it until somebody leaves."""
    if importlib.util.find_spec("textual") is None:
        print(f"tollbook: {NEEDS}", file=sys.stderr)
        return exit_codes.FAILED
    settings = load(os.environ)
    with open_store(settings) as connection:
        if connection is None:
            print(NO_STORE)
            return exit_codes.OK
        if not sys.stdout.isatty():
            print("tollbook: `tollbook top` needs a terminal; `tollbook today` does not", file=sys.stderr)
            return exit_codes.FAILED
        from tollbook_agent.cli.top_screen import Top

        Top(connection, lambda name: asked_of(name, settings, datetime.now(UTC))).run()
    return exit_codes.OK
