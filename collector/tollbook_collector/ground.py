"""What allocation stands on: a month's rows, the rules in force (or of a file), the imported outcomes."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from tollbook.problem import Problem
from tollbook_collector.allocate.check import check
from tollbook_collector.allocate.open_rules import Bundle, Opened, open_rules, rules_in_force
from tollbook_collector.allocate.rows import AllocationRow, leaves
from tollbook_collector.bills.texts import month_days
from tollbook_collector.ledger.periods import open_month
from tollbook_collector.outcomes.hierarchy import Outcomes, tickets
from tollbook_collector.outcomes.shelf import read_shelf

LIFETIME_MONTHS = 12
"""How far back the cost of a pull request or ticket is looked for."""

RowsOf = Callable[[str], Iterable[AllocationRow]]
"""The rows of a month such as 2026-10."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """Everything an allocation stands on."""

    rows: tuple[AllocationRow, ...]
    bundle: Bundle
    outcomes: Outcomes
    booked_in: str
    """Where changes of the month go: itself, or the next open month after it was closed."""


def read_ground(
    home: Path,
    rows_of: RowsOf,
    period: str,
    *,
    months: int = 1,
    file: Path | None = None,
    closed: frozenset[str] = frozenset(),
) -> tuple[Ground | None, list[Problem]]:
    """The ground of a month and the ones before it. There is none where an import or the rules are wrong; a problem
    beside a ground is a warning."""
    outcomes, problems = read_shelf(home)
    if problems:
        return None, list(problems)
    bundle, found = read_bundle(home, outcomes, file)
    if bundle is None:
        return None, found
    rows = leaves(replace(row, period=month) for month in months_until(period, months) for row in rows_of(month))
    booked_in = open_month(period, closed)
    return Ground(rows=tuple(rows), bundle=bundle, outcomes=outcomes, booked_in=booked_in), found


def read_bundle(home: Path, outcomes: Outcomes, file: Path | None = None) -> tuple[Bundle | None, list[Problem]]:
    """The rules in force, or those of a file. Rules with errors are never applied."""
    outside = {"tickets": tickets(outcomes)}
    opened: Opened = rules_in_force(home, outside) if file is None else open_rules(file, outside)
    problems = list(opened.problems)
    if opened.bundle is None:
        return None, problems
    errors = check(opened.bundle.rules).errors
    return (None if errors else opened.bundle), [*problems, *errors]


def months_until(period: str, count: int) -> list[str]:
    """A month and those before it, ascending."""
    found = [period]
    while len(found) < count:
        first, _ = month_days(found[-1])
        found.append((date(1970, 1, 1) + timedelta(days=first - 1)).strftime("%Y-%m"))
    return found[::-1]
