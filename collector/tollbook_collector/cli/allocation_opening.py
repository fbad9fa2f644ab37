"""What the commands of allocation need opened: the rules, the imported outcomes, the rows of months."""

import argparse
from collections.abc import Iterable
from pathlib import Path

from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.allocate.open_rules import Bundle
from tollbook_collector.bills.texts import is_month
from tollbook_collector.cli.finance_opening import open_finance
from tollbook_collector.cli.opening import load_settings
from tollbook_collector.cli.output import Console
from tollbook_collector.ground import Ground, read_bundle, read_ground
from tollbook_collector.outcomes.hierarchy import Outcomes
from tollbook_collector.outcomes.shelf import read_shelf


def open_ground(
    arguments: argparse.Namespace, console: Console, *, months: int = 1, file: Path | None = None
) -> Ground | int:
    """The rows of `--period` and the months before it, the rules in force (or of a file), and the outcomes."""
    if not is_month(arguments.period):
        problem = Problem(
            reason="period_wrong", where="--period", detail="it is no month", remedy="Write it as 2026-10."
        )
        return console.fail(problem, exit_codes.USAGE)
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        closed = frozenset(finance.file.closed())
        month = arguments.period
        ground, problems = read_ground(settings.home, finance.rows, month, months=months, file=file, closed=closed)
    tell(problems, console)
    if ground is None:
        return exit_codes.WRONG
    if not ground.rows:
        console.note(f"{month} has no calls and no bills.")
    return ground


def open_outcomes(arguments: argparse.Namespace, console: Console) -> Outcomes | int:
    """The imported outcomes, or an exit code."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    outcomes, problems = read_shelf(settings.home)
    return outcomes if not tell(problems, console) else exit_codes.STORE


def open_bundle(
    arguments: argparse.Namespace, console: Console, outcomes: Outcomes, file: Path | None = None
) -> Bundle | int:
    """The rules in force, or those of a file. Rules with errors are told, and never applied."""
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    bundle, problems = read_bundle(settings.home, outcomes, file)
    tell(problems, console)
    return exit_codes.WRONG if bundle is None else bundle


def tell(problems: Iterable[Problem], console: Console) -> bool:
    """Print problems; whether there were any."""
    found = list(problems)
    for problem in found:
        console.problem(problem)
    return bool(found)


def needs_period(parser: argparse.ArgumentParser) -> None:
    """The option `--period`."""
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month (UTC)")
