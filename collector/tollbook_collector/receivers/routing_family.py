"""Spans as a family: what a span inherits from those around it, and which of them only sum up others. Pure.

Both are seen within one request only. An exporter sends the spans of a call together in practice; where it does not,
a dialect must know an aggregate by itself.
"""

from collections.abc import Sequence
from dataclasses import replace

from tollbook.identity import names_response
from tollbook.sighting import Sighting
from tollbook.vocabulary import IdKind
from tollbook_collector.receivers.plain import Plain, Record

MAX_GENERATIONS = 64
"""Spans around a span that are looked at."""

type Place = tuple[str, str]


def with_ancestors(records: Sequence[Record]) -> list[Record]:
    """The records, each with the attributes of the spans around it."""
    places = _places(records)
    if len(places) < 2:
        return list(records)
    return [_with(record, records, places) if record.parent_id else record for record in records]


def aggregates(read: Sequence[tuple[Record, Sighting]]) -> set[int]:
    """The positions of sightings that only sum up others: a span with counts that stands around another with counts.

    A span that names a response of its own is that response, whatever stands inside it.
    """
    records = [record for record, _ in read]
    places = _places(records)
    counted = {place for place, (_, sighting) in enumerate(read) if sighting.usage is not None}
    summed: set[int] = set()
    for place in counted:
        summed.update(each for each in _line(records[place], records, places) if each in counted)
    return {place for place in summed if not _names_response(read[place][1])}


def _names_response(sighting: Sighting) -> bool:
    return any(one.kind is IdKind.RESPONSE and names_response(one.value) for one in sighting.ids)


def _places(records: Sequence[Record]) -> dict[Place, int]:
    return {(record.trace_id, record.span_id): place for place, record in enumerate(records) if record.span_id}


def _with(record: Record, records: Sequence[Record], places: dict[Place, int]) -> Record:
    around: list[dict[str, Plain]] = []
    for place in _line(record, records, places):
        if records[place].attributes:
            around.append(dict(records[place].attributes))
    return replace(record, above=tuple(around)) if around else record


def _line(record: Record, records: Sequence[Record], places: dict[Place, int]) -> list[int]:
    """The positions of the spans around one, nearest first; a ring ends where it closes."""
    found: list[int] = []
    for _ in range(MAX_GENERATIONS):
        place = places.get((record.trace_id, record.parent_id)) if record.parent_id else None
        if place is None or place in found:
            break
        found.append(place)
        record = records[place]
    return found
