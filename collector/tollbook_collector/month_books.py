"""A month's books as pages show them: reconciled, with the rules in force and what they make of it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.allocate.engine import allocate
from tollbook_collector.allocate.open_rules import Bundle
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.finance import Finance
from tollbook_collector.ground import read_ground


@dataclass(frozen=True, slots=True, kw_only=True)
class Books:
    """A month of one tenant, as it would be posted now. People have the names of facts: who shows it hides them."""

    period: str
    report: dict[str, Any]
    """The documented JSON of `reconcile`."""
    rows: tuple[AllocationRow, ...]
    bundle: Bundle
    allocation: Allocation


def read_books(home: Path, finance: Finance, period: str) -> Books | Problem:
    """The books of a month, of the rules and outcomes that lie in `home`; or why there are none."""
    ground, problems = read_ground(home, finance.rows, period)
    if ground is None:
        return problems[0]
    report = finance.reconcile(period, post=False).as_json()
    allocation = allocate(ground.rows, ground.bundle.rules)
    return Books(period=period, report=report, rows=ground.rows, bundle=ground.bundle, allocation=allocation)
