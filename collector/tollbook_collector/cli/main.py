"""tollbook-collector: the command line. Every command is a module with the same four names, imported when it runs.

`add` describes the command to argparse, `run` does it; neither is more than parse, call, print.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from tollbook_collector import exit_codes
from tollbook_collector.cli import (
    audit,
    backup,
    bills,
    calls,
    close,
    comment,
    completion,
    config,
    devices,
    export,
    migrate,
    outcomes,
    people,
    prices,
    reconcile,
    restore,
    rules,
    scopes,
    serve,
    spend,
    status,
    ticket,
    token,
    unit_cost,
    verify,
)
from tollbook_collector.cli.output import Console

PROGRAM = "tollbook-collector"
_COMMANDS = (
    serve,
    spend,
    ticket,
    calls,
    bills,
    scopes,
    reconcile,
    close,
    rules,
    outcomes,
    unit_cost,
    export,
    comment,
    status,
    verify,
    config,
    prices,
    token,
    people,
    audit,
    devices,
    backup,
    restore,
    migrate,
    completion,
)

_DESCRIPTION = """\
Books every model call that the agents report, once, at the list price of its day, and answers what a ticket cost.

All state is in one folder: TOLLBOOK_COLLECTOR_HOME. The settings are in collector.toml there; the environment's
TOLLBOOK_COLLECTOR_<SETTING> wins over it. Every command takes --help, which has an example."""


class _Version(argparse.Action):
    """Like argparse's own, but looks the version up only when asked: that takes longer than all the rest."""

    def __call__(self, parser: argparse.ArgumentParser, *rest: object) -> None:
        from importlib.metadata import version

        print(PROGRAM, version(PROGRAM))
        parser.exit()


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    top = argparse.ArgumentParser(
        prog=PROGRAM,
        description=_DESCRIPTION,
        epilog=exit_codes.epilog(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version and exit")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return top


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code (`exit_codes`)."""
    console = Console.of_process()
    try:
        chosen = parser().parse_args(arguments)
        code: int = chosen.run(chosen, console)
        sys.stdout.flush()
        return code
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:
        # The reader (head, less) has enough; nothing more may be written, not even at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK
    except Exception:
        import traceback

        traceback.print_exc()
        return exit_codes.FAULT


if __name__ == "__main__":
    sys.exit(main())
