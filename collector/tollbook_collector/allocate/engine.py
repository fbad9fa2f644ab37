"""Which engine allocates: the set-based one where it is installed and worth its start, else the reference."""

from collections.abc import Sequence

from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.allocate.set_based.connect import available

WORTH_A_DATABASE = 300_000
"""Rows above which the set-based engine is asked; below, the reference has answered before it has started."""


def allocate(rows: Sequence[AllocationRow], rules: RuleSet) -> Allocation:
    """The allocation; it is the same whichever engine gives it."""
    if len(rows) >= WORTH_A_DATABASE and available():
        from tollbook_collector.allocate.set_based import engine

        return engine.allocate(rows, rules)
    return python_engine.allocate(rows, rules)
