"""What the commands of allocation need opened: the rules, the imported outcomes, the rows of months."""

import argparse
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from tollbook.problem import Problem
from tollbook_collector import exit_codes
from tollbook_collector.allocate.check import check
from tollbook_collector.allocate.open_rules import Bundle, Opened, open_rules, rules_in_force
from tollbook_collector.allocate.rows import AllocationRow, leaves
from tollbook_collector.bills.texts import is_month, month_days
from tollbook_collector.cli.finance_opening import open_finance
from tollbook_collector.cli.opening import load_settings
from tollbook_collector.cli.output import Console
from tollbook_collector.ledger.periods import open_month
from tollbook_collector.outcomes.hierarchy import Outcomes, tickets
from tollbook_collector.outcomes.shelf import read_shelf

LIFETIME_MONTHS = 12
"""How far back the cost of a pull request or ticket is looked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything a command of allocation stands on."""

    rows: tuple[AllocationRow, ...]
    bundle: Bundle
    outcomes: Outcomes
    booked_in: str
    """Where changes of the month go: itself, or the next open month after it was closed."""


def open_ground(
    arguments: argparse.Namespace, console: Console, *, months: int = 1, file: Path | None = None
) -> Ground | int:
    """The rows of `--period` and the months before it, the rules in force (or of a file), and the outcomes."""
    if not is_month(arguments.period):
        problem = Problem(
            reason="period_wrong", where="--period", detail="it is no month", remedy="Write it as 2026-10."
        )
        return console.fail(problem, exit_codes.USAGE)
    outcomes = open_outcomes(arguments, console)
    if isinstance(outcomes, int):
        return outcomes
    bundle = open_bundle(arguments, console, outcomes, file)
    if isinstance(bundle, int):
        return bundle
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        rows = leaves(
            replace(row, period=month)
            for month in months_until(arguments.period, months)
            for row in finance.rows(month)
        )
        booked_in = open_month(arguments.period, frozenset(finance.file.closed()))
    if not rows:
        console.note(f"{arguments.period} has no calls and no bills.")
    return Ground(rows=tuple(rows), bundle=bundle, outcomes=outcomes, booked_in=booked_in)


def months_until(period: str, count: int) -> list[str]:
    """A month and those before it, ascending."""
    found = [period]
    while len(found) < count:
        first, _ = month_days(found[-1])
        found.append((date(1970, 1, 1) + timedelta(days=first - 1)).strftime("%Y-%m"))
    return found[::-1]


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
    outside = {"tickets": tickets(outcomes)}
    opened: Opened = rules_in_force(settings.home, outside) if file is None else open_rules(file, outside)
    tell(opened.problems, console)
    if opened.bundle is None or tell(check(opened.bundle.rules).errors, console):
        return exit_codes.WRONG
    return opened.bundle


def tell(problems: Iterable[Problem], console: Console) -> bool:
    """Print problems; whether there were any."""
    found = list(problems)
    for problem in found:
        console.problem(problem)
    return bool(found)


def needs_period(parser: argparse.ArgumentParser) -> None:
    """The option `--period`."""
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month (UTC)")
