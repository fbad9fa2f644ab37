"""Which engine works: both give the same to the last nano-dollar, so that the choice is one of speed alone."""

from enum import StrEnum

from tollbook.problem import Problem
from tollbook_collector.allocate.set_based.connect import MISSING, available

WORTH_A_DATABASE = 300_000
"""Rows from which the set-based engine is asked by itself; below, the reference has answered before it has started."""


class Engine(StrEnum):
    """What may be asked for."""

    AUTO = "auto"
    """The set-based one where it is installed and worth its start, else the reference."""
    PYTHON = "python"
    """The reference."""
    DUCKDB = "duckdb"
    """The set-based one."""


def missing(engine: Engine) -> Problem | None:
    """What to install for an engine; `None` where it is there."""
    return MISSING if engine is Engine.DUCKDB and not available() else None


def in_sets(engine: Engine, rows: int) -> bool:
    """Whether so many rows go to the set-based engine."""
    return engine is Engine.DUCKDB or (engine is Engine.AUTO and rows >= WORTH_A_DATABASE and available())
