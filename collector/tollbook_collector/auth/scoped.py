"""A tenant's record as far as a view goes: the accessor of every question that people ask."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from tollbook.booked import Booked
from tollbook_collector.auth.view import View
from tollbook_collector.store.record.sqlite import Record


class ScopedReader:
    """What `ask.Reader` asks for. `references` gives the names by which facts may know an engineer."""

    def __init__(self, record: Record, view: View, references: Callable[[str], frozenset[str]]) -> None:
        self._record = record
        self._view = view
        self._references = references

    def calls_of_ticket(self, key: str) -> list[Booked]:
        allowed = self._view.sums
        found = self._record.calls_of_ticket(key)
        return found if allowed is None else [row for row in found if row.engineer in allowed]

    def rows(self, start_day: int | None, end_day: int | None) -> Iterator[Booked]:
        allowed = self._view.sums
        for row in self._record.rows(start_day, end_day):
            if allowed is None or row.engineer in allowed:
                yield row

    def documents(
        self, *, limit: int, before: str | None, start: int | None, end: int | None, **filters: str
    ) -> list[dict[str, Any]]:
        allowed = self._view.calls
        asked = filters.pop("engineer", None)
        if asked is not None:
            named = self._references(asked)
            allowed = named if allowed is None else named & allowed
        if allowed is not None:
            filters["engineers"] = json.dumps(sorted(allowed))
        return self._record.documents(limit=limit, before=before, start=start, end=end, **filters)

    def document(self, call_id: str) -> dict[str, Any] | None:
        found = self._record.document(call_id)
        allowed = self._view.calls
        return found if found is None or allowed is None or found["engineer"] in allowed else None

    def counts(self) -> dict[str, Any]:
        return self._record.counts()
