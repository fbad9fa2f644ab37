"""DuckDB and Arrow, which are an optional extra: opened here, or missed here with what to install."""

import importlib.util
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tollbook.problem import Problem

MEMORY_LIMIT = "2GB"
"""DuckDB spills to disk beyond it."""

MISSING = Problem(
    reason="extra_missing",
    where="tollbook-collector[duckdb]",
    detail="DuckDB or Arrow is not installed",
    remedy="pip install 'tollbook-collector[duckdb]'; the reference engine gives the same answer without it.",
)


def available() -> bool:
    """Whether the extra is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("duckdb", "pyarrow"))


def connect(threads: int | None = None) -> Any:
    """A database in memory.

    Raises:
        ImportError: the extra is not installed; ask `available` first.
    """
    settings: dict[str, Any] = {"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False}
    if threads is not None:
        settings["threads"] = threads
    return importlib.import_module("duckdb").connect(":memory:", config=settings)


def arrow() -> Any:
    """The package pyarrow.

    Raises:
        ImportError: the extra is not installed.
    """
    return importlib.import_module("pyarrow")


@contextmanager
def within_64_bits() -> Generator[None]:
    """What the database says of a figure that does not fit, as Python says it.

    Raises:
        OverflowError: a figure of more than 64 bits.
    """
    duckdb = importlib.import_module("duckdb")
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as fault:
        raise OverflowError(str(fault)) from fault
