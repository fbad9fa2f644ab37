"""The engine that is always there: sums over the record itself."""

from pathlib import Path
from typing import Any

from tollbook.answer import day_text
from tollbook.spend_table import Table
from tollbook_collector.ask import Span, SpendQuestion
from tollbook_collector.store.reader.from_record import add_calls
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.read import span
from tollbook_collector.store.record.readers import Readers


class RecordReader:
    """Reads one tenant's calls; see `reader.Reader`."""

    def __init__(self, path: Path, tenant: int) -> None:
        self._tenant = tenant
        self._readers = Readers(lambda: connect_reading(path))

    def spend(self, question: SpendQuestion, engineers: frozenset[str] | None = None) -> dict[str, Any]:
        table = Table(question.by)
        moments = span(question.span.start, question.span.end)
        with self._readers.connection() as connection:
            add_calls(table, connection, self._tenant, question.by, moments, engineers)
        return table.as_json(*dates(question.span))

    def close(self) -> None:
        self._readers.close()


def dates(asked: Span) -> tuple[str | None, str | None]:
    """A span as answers name it."""
    start, end = asked.start, asked.end
    return None if start is None else day_text(start), None if end is None else day_text(end)
