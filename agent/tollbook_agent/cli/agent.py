"""`tollbook agent run`: the resident process in the foreground."""

import argparse
import os
import signal
import sys

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import ProgressBar
from tollbook_agent.scan import Scanned
from tollbook_agent.settings import load


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """run."""
    parser.description = "Watch the usage logs and send what is new to the collector, until Ctrl-C."
    parser.epilog = "example: TOLLBOOK_COLLECTOR=127.0.0.1:4317 tollbook agent run"
    parser.add_argument("action", choices=["run"])


def run(_arguments: argparse.Namespace, _name: str) -> int:
    """Run until a signal."""
    from tollbook_agent.cli.scan import summary
    from tollbook_agent.daemon import Agent

    settings = load(os.environ)
    agent = Agent(settings, dict(os.environ))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: agent.stop())
    bar = ProgressBar("reading logs")

    def ready(first: Scanned) -> None:
        bar.close()
        target = (
            f"sending to {settings.collector}"
            if settings.collector
            else "no collector is set: nothing leaves this machine"
        )
        print(f"{summary(first)}\nwatching; {target}", flush=True)

    agent.run(progress=bar, ready=ready)
    print("stopped", file=sys.stderr)
    return exit_codes.OK
