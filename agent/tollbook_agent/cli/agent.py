"""`tollbook agent run`: the resident process in the foreground."""

import argparse
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import ProgressBar
from tollbook_agent.scan import Scanned
from tollbook_agent.settings import load

if TYPE_CHECKING:
    from tollbook_agent.capture.proxy.relay_thread import RelayThread


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """run."""
    parser.description = "Watch the usage logs and send what is new to the collector, until Ctrl-C."
    parser.epilog = "example: TOLLBOOK_COLLECTOR=127.0.0.1:4317 tollbook agent run"
    parser.add_argument("action", choices=["run"])


def run(_arguments: argparse.Namespace, _name: str) -> int:
    """Run until a signal; with network capture set up, under a supervisor that holds the relay's socket."""
    from tollbook_agent.capture.proxy import files

    settings = load(os.environ)
    state = files.load(settings.home)
    if state is not None:
        return _supervised(state.port)
    serve(dict(os.environ), on_stop=_on_signals)
    return exit_codes.OK


def _on_signals(stop: Callable[[], None]) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: stop())


def _supervised(port: int) -> int:
    """Become the supervisor, which is a small program: what is loaded here would stay in memory for ever."""
    words = [sys.executable, "-m", "tollbook_agent.supervisor", str(port)]
    if sys.platform == "win32":
        return subprocess.call(words)
    os.execv(sys.executable, words)


def serve(
    environment: dict[str, str],
    *,
    on_stop: Callable[[Callable[[], None]], None],
    relay: "RelayThread | None" = None,
) -> bool:
    """Watch, store and send in this process until the function given to `on_stop` is called; whether it is to leave
    nothing but tunnels behind.

    Raises:
        SettingError, Locked, StoreError, sqlite3.Error, OSError: it cannot begin.
    """
    from tollbook_agent.cli.scan import summary
    from tollbook_agent.daemon import Agent

    settings = load(environment)
    agent = Agent(settings, environment, relay)
    on_stop(agent.stop)
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
    return agent.retired
