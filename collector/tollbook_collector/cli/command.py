"""What the commands share: how one is described to argparse, and its common options."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.output import Console
from tollbook_collector.engines import Engine

Run = Callable[[argparse.Namespace, Console], int]
Commands = Any
"""argparse's collection of subparsers, which has no public type."""
DEFAULT_NAME = "default"
"""Of the organisation that every collector has."""


def describe(commands: Commands, name: str, summary: str, examples: str, run: Run) -> argparse.ArgumentParser:
    """Add a command with its examples and the exit codes in its help."""
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=summary,
        description=summary[0].upper() + summary[1:] + ".",
        epilog=f"examples:\n{examples}\n\n{exit_codes.epilog()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings (default: collector.toml of the home)")
    parser.set_defaults(run=run)
    return parser


def add_tenant(parser: argparse.ArgumentParser, *, again: bool = False) -> None:
    """`again`: after the word of an action too, where the command itself has it already."""
    default = argparse.SUPPRESS if again else DEFAULT_NAME
    parser.add_argument("--tenant", default=default, metavar="NAME", help=f"the organisation (default: {DEFAULT_NAME})")


def add_engine(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--engine",
        type=Engine,
        choices=list(Engine),
        default=Engine.AUTO,
        help="what computes it; the answer is the same (default: auto)",
    )


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="exact figures in the documented JSON")
