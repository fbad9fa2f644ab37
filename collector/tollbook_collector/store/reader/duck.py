"""DuckDB: the one module that loads it. It is optional, in memory only, and sees no file but those of one folder."""

import importlib
import importlib.util
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol, Self, cast

MODULE = "duckdb"
MAX_THREADS = 4
MEMORY_LIMIT = "1GB"
"""What a query may take; beyond it goes into files in the folder."""
SPILL_LIMIT = "8GB"
SPILL_FOLDER = "spill"


class Appender(Protocol):
    """Adds rows to a table; leaving it completes them."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *fault: object) -> None: ...
    def append_rows(self, rows: Sequence[Sequence[object]]) -> None: ...


class Duck(Protocol):
    """A connection, or a cursor of one: cursors of one connection may be used by several threads."""

    def execute(self, query: str, parameters: object = None) -> Self: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...
    def appender(self, table: str) -> Appender: ...
    def cursor(self) -> Self: ...
    def close(self) -> None: ...


def is_there() -> bool:
    """Whether it is installed."""
    return importlib.util.find_spec(MODULE) is not None


def connect(folder: Path) -> Duck:
    """A database in memory that may read and write files of the folder and nothing else.

    Raises:
        ImportError: it is not installed.
    """
    module = importlib.import_module(MODULE)
    settings: dict[str, object] = {
        "threads": min(MAX_THREADS, os.cpu_count() or 1),
        "memory_limit": MEMORY_LIMIT,
        "temp_directory": str(folder.absolute() / SPILL_FOLDER),
        "max_temp_directory_size": SPILL_LIMIT,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    made = cast("Duck", module.connect(":memory:", config=settings))
    made.execute(f"SET allowed_directories = [{quoted(folder)}]")
    made.execute("SET enable_external_access = false")
    made.execute("SET lock_configuration = true")
    return made


def quoted(path: Path) -> str:
    """A path as a text in SQL."""
    text = str(path.absolute()).replace("'", "''")
    return f"'{text}'"


def faults() -> type[Exception]:
    """What it raises when a query fails."""
    return cast("type[Exception]", importlib.import_module(MODULE).Error)
