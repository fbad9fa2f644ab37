"""Which engine allocates: the set-based one where it is asked for or worth its start, else the reference."""

from collections.abc import Sequence

from tollbook_collector.allocate import python_engine
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import RuleSet
from tollbook_collector.engines import Engine, in_sets


def allocate(rows: Sequence[AllocationRow], rules: RuleSet, engine: Engine = Engine.AUTO) -> Allocation:
    """The allocation; it is the same whichever engine gives it.

    Raises:
        ImportError: the set-based engine is asked for by name and is not installed; see `engines.missing`.
    """
    if in_sets(engine, len(rows)):
        from tollbook_collector.allocate.set_based import engine as set_based

        return set_based.allocate(rows, rules)
    return python_engine.allocate(rows, rules)
