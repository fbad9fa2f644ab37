"""Day files: one Parquet file a day of a tenant, written whole under a name that is never used again."""

import json
import os
import secrets
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from itertools import batched, chain
from pathlib import Path

from tollbook.answer import day_text, month_start
from tollbook.spend_table import Group
from tollbook.usage import FIELDS
from tollbook_collector.store.reader.duck import Duck, faults, quoted
from tollbook_collector.store.reader.leases import Lease
from tollbook_collector.store.reader.leaves import DIMENSIONS, LEAF_COLUMNS, SUMS, Leaf

READERS_LEASE = "readers.lock"
SUFFIX = ".parquet"
UNFINISHED = ".part"
ROWS_AT_ONCE = 250
"""Leaves handed over at a time: nothing else runs in Python meanwhile, about 5 ms."""
FOLDER_MODE = 0o700
FILE_MODE = 0o600

_NUMBERS = {"day", *SUMS}
_TABLE = ", ".join(f'"{name}" {"BIGINT" if name in _NUMBERS else "VARCHAR"}' for name in LEAF_COLUMNS)
_MEMBERS = json.dumps(
    {str(place): "BIGINT" if name in _NUMBERS else "VARCHAR" for place, name in enumerate(LEAF_COLUMNS)}
)
_PLACES = ", ".join(f'one."{place}"' for place in range(len(LEAF_COLUMNS)))
_TAKE = (
    f"INSERT INTO leaf SELECT {_PLACES} FROM (SELECT from_json(line, '{_MEMBERS}') AS one"
    " FROM (SELECT unnest(string_split(?, chr(10))) AS line))"
)
_SUMMED = ", ".join(f'SUM("{name}")' for name in ("list_nano_usd", *FIELDS))
_ORDER = ", ".join(f'"{name}"' for name in DIMENSIONS)


class FilesFault(Exception):
    """DuckDB cannot read or write a file. The record holds everything that files do."""


def folder_of(record: Path) -> Path:
    """Where the day files of a record lie: beside it."""
    return record.with_name(f"{record.name}-days")


class DayFiles:
    """The files of one record, of all its tenants. For any thread; one a process, since it owns a DuckDB."""

    def __init__(self, folder: Path, duck: Duck) -> None:
        """`duck` must be allowed into the folder."""
        self.folder = folder
        self.readers = Lease(folder / READERS_LEASE)
        """Held shared by who reads files that a snapshot of the manifest names, alone by who deletes some."""
        self._duck = duck
        self._fault = faults()

    def close(self) -> None:
        """Let go of DuckDB."""
        self._duck.close()

    def write(
        self, tenant: int, day: int, version: int, texts: Iterable[str], others: Iterable[Leaf]
    ) -> tuple[str | None, int]:
        """Write the leaves of a day, some of which come as texts (`day_leaves.py`); its name relative to the folder,
        and its bytes. No file where there are no leaves.

        When this returns, the file is on the disk under its name; when it raises, at most an unfinished one is left.

        Raises:
            FilesFault, OSError: it cannot be written.
        """
        with self._cursor() as cursor:
            cursor.execute(f"CREATE TEMP TABLE leaf ({_TABLE})")
            try:
                for text in texts:
                    cursor.execute(_TAKE, [text])
                _fill(cursor, others)
                if cursor.execute("SELECT 1 FROM leaf LIMIT 1").fetchall() == []:
                    return None, 0
                name = f"{tenant}/{day_text(day)}.{version}.{secrets.token_hex(4)}{SUFFIX}"
                path = self.folder / name
                path.parent.mkdir(parents=True, exist_ok=True, mode=FOLDER_MODE)
                unfinished = path.with_name(path.name + UNFINISHED)
                ordered = f"SELECT * FROM leaf ORDER BY {_ORDER}"
                cursor.execute(f"COPY ({ordered}) TO {quoted(unfinished)} (FORMAT parquet, COMPRESSION zstd)")
                return name, _publish(unfinished, path)
            finally:
                cursor.execute("DROP TABLE leaf")

    def sums(
        self, files: Iterable[tuple[int, str]], by: tuple[str, ...], engineers: frozenset[str] | None
    ) -> list[Group]:
        """The sums of all calls in some files, each given with its day.

        Where months are asked for, the files of each are summed by themselves: its first day is then a constant, and
        there are as many groups as answers, where sums by day would be thirty times as many.

        Raises:
            FilesFault: a file cannot be read.
        """
        parameters: dict[str, object] = {}
        where = ""
        if engineers is not None:
            where = "WHERE engineer IN (SELECT unnest($engineers))"
            parameters["engineers"] = sorted(engineers)
        queries: list[str] = []
        for number, (month, names) in enumerate(_by_month(files, "month" in by).items()):
            parameters[f"files{number}"] = [str((self.folder / name).absolute()) for name in names]
            queries.append(f"{_select(by, month)} FROM read_parquet($files{number}) {where} {_grouped(by)}")
        with self._cursor() as cursor:
            return cursor.execute(" UNION ALL ".join(queries), parameters).fetchall() if queries else []

    def is_whole(self, name: str, size: int) -> bool:
        """Whether a file is there with all its bytes."""
        try:
            return os.stat(self.folder / name).st_size == size
        except OSError:
            return False

    def names(self) -> set[str]:
        """Every day file there is, finished or not, relative to the folder."""
        patterns = (f"*/*{SUFFIX}", f"*/*{SUFFIX}{UNFINISHED}")
        found = chain.from_iterable(map(self.folder.glob, patterns))
        return {path.relative_to(self.folder).as_posix() for path in found}

    @contextmanager
    def _cursor(self) -> Generator[Duck]:
        """A connection of one's own.

        Raises:
            FilesFault: DuckDB failed.
        """
        try:
            cursor = self._duck.cursor()
            try:
                yield cursor
            finally:
                cursor.close()
        except self._fault as fault:
            raise FilesFault(str(fault)) from fault


def _by_month(files: Iterable[tuple[int, str]], wanted: bool) -> Mapping[int, list[str]]:
    """The names of files by the first day of their month; all under one where months are not wanted."""
    months: dict[int, list[str]] = {}
    for day, name in files:
        months.setdefault(month_start(day) if wanted else 0, []).append(name)
    return months


def _select(by: tuple[str, ...], month: int) -> str:
    """What is asked of the files of one month."""
    keys = [str(month) if name == "month" else f'"{name}"' for name in by]
    calls = "ticket_calls" if "ticket" in by else "calls"
    return f"SELECT {', '.join([*keys, f'SUM({calls})', 'SUM(calls)', _SUMMED])}"


def _grouped(by: tuple[str, ...]) -> str:
    """By the columns of a file; without any, nothing is said of no calls."""
    columns = [f'"{name}"' for name in by if name != "month"]
    return f"GROUP BY {', '.join(columns)}" if columns else "HAVING COUNT(*) > 0"


def _fill(cursor: Duck, some: Iterable[Leaf]) -> None:
    """Put leaves into the table."""
    with cursor.appender("leaf") as appender:
        for batch in batched(some, ROWS_AT_ONCE):
            appender.append_rows(batch)


def _publish(unfinished: Path, path: Path) -> int:
    """Give a finished file its name, all of it on the disk; its bytes."""
    os.chmod(unfinished, FILE_MODE)
    with unfinished.open("rb+") as file:
        os.fsync(file.fileno())
        size = file.seek(0, os.SEEK_END)
    os.replace(unfinished, path)
    if os.name == "posix":  # elsewhere a folder cannot be opened, and the rename is in the journal
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
    return size
