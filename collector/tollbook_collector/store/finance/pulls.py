"""What was pulled until when: watermarks, deliveries of a folder, and documents that a later pull confirmed."""

import sqlite3
from collections.abc import Sequence

from tollbook_collector.store.record.connect import transaction


class PullMarks:
    """The part of the finance file that pulls use. The connection and the tenant are the file's."""

    _connection: sqlite3.Connection
    _tenant: int

    def watermark(self, source: str, report: str) -> int | None:
        """The day after the last one pulled; `None` where nothing ever was."""
        sql = "SELECT until_day FROM watermark WHERE tenant = ? AND source = ? AND report = ?"
        row = self._connection.execute(sql, (self._tenant, source, report)).fetchone()
        return None if row is None else int(row[0])

    def put_watermark(self, source: str, report: str, until_day: int, at: str) -> None:
        """Move a watermark."""
        with transaction(self._connection):
            values = (self._tenant, source, report, until_day, at)
            self._connection.execute("INSERT OR REPLACE INTO watermark VALUES (?, ?, ?, ?, ?)", values)

    def watermarks(self) -> list[tuple[str, str, int, str]]:
        """Source, report, the day after the last one pulled, and when that was."""
        sql = "SELECT source, report, until_day, at FROM watermark WHERE tenant = ? ORDER BY source, report"
        return self._connection.execute(sql, (self._tenant,)).fetchall()

    def marks(self, source: str) -> dict[str, str]:
        """Delivery -> the state it was read in."""
        sql = "SELECT name, mark FROM delivery WHERE tenant = ? AND source = ?"
        return dict(self._connection.execute(sql, (self._tenant, source)).fetchall())

    def put_mark(self, source: str, name: str, mark: str) -> None:
        """Say that a delivery was read."""
        with transaction(self._connection):
            self._connection.execute(
                "INSERT OR REPLACE INTO delivery VALUES (?, ?, ?, ?)", (self._tenant, source, name, mark)
            )

    def confirm(self, numbers: Sequence[int], pulled_at: str) -> None:
        """Say that documents were still what the provider says at this time."""
        with transaction(self._connection):
            rows = [(self._tenant, number, pulled_at) for number in numbers]
            self._connection.executemany("INSERT OR REPLACE INTO confirmed VALUES (?, ?, ?)", rows)
