"""The engine over day files: clean days by DuckDB, all others from the record, as of one snapshot of the record."""

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.answer import moment
from tollbook.spend_table import Table
from tollbook_collector.ask import Span, SpendQuestion
from tollbook_collector.store.reader.day_files import DayFiles, FilesFault
from tollbook_collector.store.reader.from_record import Moments, add_calls
from tollbook_collector.store.reader.leaves import FORMAT
from tollbook_collector.store.reader.record_reader import dates
from tollbook_collector.store.record import manifest
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.readers import Readers

_LOG = logging.getLogger(__name__)


class _Plan(NamedTuple):
    """Where each day is read."""

    files: list[str]
    filed: list[int]
    """The days of those files."""
    hot: list[int]


class DuckReader:
    """Reads one tenant's calls; see `reader.Reader`. A file that cannot be read costs time, never an answer."""

    def __init__(self, files: DayFiles, record: Path, tenant: int) -> None:
        """`files` are those beside `record`, and closed by who opened them."""
        self._files = files
        self._tenant = tenant
        self._readers = Readers(lambda: connect_reading(record))

    def spend(self, question: SpendQuestion, engineers: frozenset[str] | None = None) -> dict[str, Any]:
        table = Table(question.by)
        # The lease comes before the snapshot: a file that the snapshot names cannot go before the lease is let go.
        with self._files.readers.shared(), self._readers.connection() as connection:
            plan = self._plan(manifest.days(connection, self._tenant, question.span.start, question.span.end))
            hot = plan.hot
            if plan.files:
                try:
                    table.add_groups(self._files.sums(zip(plan.filed, plan.files, strict=True), question.by, engineers))
                except FilesFault as fault:
                    _LOG.warning("day files cannot be read, the record is read instead: %s", str(fault))
                    hot = sorted(hot + plan.filed)
            for moments in _spans(hot):
                add_calls(table, connection, self._tenant, question.by, moments, engineers)
        return table.as_json(*dates(question.span))

    def days(self, span: Span) -> tuple[int, int]:
        """How many days of a span are read from files, and how many from the record."""
        with self._readers.connection() as connection:
            plan = self._plan(manifest.days(connection, self._tenant, span.start, span.end))
        return len(plan.filed), len(plan.hot)

    def close(self) -> None:
        self._readers.close()

    def _plan(self, days: Iterable[manifest.Day]) -> _Plan:
        plan = _Plan([], [], [])
        for day in days:
            if not day.is_clean(FORMAT) or (day.file and not self._files.is_whole(day.file, day.bytes)):
                plan.hot.append(day.day)
            elif day.file:
                plan.files.append(day.file)
                plan.filed.append(day.day)
        return plan


def _spans(days: Iterable[int]) -> Iterator[Moments]:
    """Ascending days as the fewest spans of time."""
    first = last = None
    for day in days:
        if last is not None and day == last + 1:
            last = day
            continue
        if first is not None and last is not None:
            yield moment(first), moment(last + 1)
        first = last = day
    if first is not None and last is not None:
        yield moment(first), moment(last + 1)
