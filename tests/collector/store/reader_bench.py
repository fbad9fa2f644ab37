"""A record with its readers and a sealer that needs no quiet."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.collector.store.record_state import opened
from tollbook import answer
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.store.reader.day_files import DayFiles, folder_of
from tollbook_collector.store.reader.duck import Duck, connect
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.record_reader import RecordReader, dates
from tollbook_collector.store.reader.sealer import Sealer
from tollbook_collector.store.record.sqlite import Record

TENANT = 1


class Bench:
    """All that a test of the reader needs."""

    def __init__(self, record: Record, duck: Duck, *, quiet_seconds: float = 0.0, clock: Any = lambda: 0.0) -> None:
        self.record = record
        self.day_files = DayFiles(folder_of(record.path), duck)
        self.folder = self.day_files.folder
        self.plain = RecordReader(record.path, TENANT)
        self.fast = DuckReader(self.day_files, record.path, TENANT)
        self.sealer = Sealer(self.day_files, record.path, quiet_seconds=quiet_seconds, clock=clock)

    def expected(self, question: SpendQuestion, engineers: frozenset[str] | None = None) -> dict[str, Any]:
        """The answer by its definition."""
        rows = self.record.rows(question.span.start, question.span.end)
        seen = [row for row in rows if engineers is None or row.engineer in engineers]
        return answer.spend(seen, question.by, *dates(question.span))

    def agree(self, question: SpendQuestion, engineers: frozenset[str] | None = None) -> dict[str, Any]:
        """The answer that the definition and both engines give."""
        expected = self.expected(question, engineers)
        assert self.plain.spend(question, engineers) == expected
        assert self.fast.spend(question, engineers) == expected
        return expected

    def files(self) -> set[str]:
        """The day files there are."""
        return self.day_files.names()

    def close(self) -> None:
        self.sealer.close()
        self.fast.close()
        self.plain.close()


@contextmanager
def bench(path: Path, duck: Duck | None = None, **options: Any) -> Generator[Bench]:
    """Everything, opened; a `duck` that is given must be allowed into the folder of `path`."""
    own = duck or connect(folder_of(path))
    with opened(path) as record:
        made = Bench(record, own, **options)
        try:
            yield made
        finally:
            made.close()
            if duck is None:
                own.close()
