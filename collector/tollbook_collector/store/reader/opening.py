"""Which engine answers."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tollbook_collector.store.reader import duck
from tollbook_collector.store.reader.day_files import DayFiles, folder_of
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.reader import Reader
from tollbook_collector.store.reader.record_reader import RecordReader


def open_files(record: Path) -> DayFiles | None:
    """The day files beside a record; `None` where DuckDB is not installed."""
    if not duck.is_there():
        return None
    folder = folder_of(record)
    return DayFiles(folder, duck.connect(folder))


def open_reader(files: DayFiles | None, record: Path, tenant: int) -> Reader:
    """The fastest engine there is for a tenant, over an existing record of the newest schema."""
    return RecordReader(record, tenant) if files is None else DuckReader(files, record, tenant)


@contextmanager
def reading_beside(record: Path, tenant: int) -> Generator[Reader]:
    """A reader beside whoever writes: over the day files where somebody has sealed some, else over the record."""
    files = open_files(record) if folder_of(record).is_dir() else None
    reader = open_reader(files, record, tenant)
    try:
        yield reader
    finally:
        reader.close()
        if files is not None:
            files.close()
