"""Spans of a person's calendar: since midnight, Monday or the first of the month, and the same stretch before. Pure.

All reckoning is by the clock on the wall: "yesterday until now" ends at the same time of day, also when clocks change.
"""

from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple

TODAY, WEEK, MONTH = "today", "week", "month"


class Span(NamedTuple):
    """Moments in UTC nanoseconds: `start` inclusive, `end` exclusive."""

    start: int
    end: int


def begin(name: str, now: datetime) -> datetime:
    """When the span began, in the zone of `now`."""
    return localize(_first(name, now), now.tzinfo)


def before(name: str, now: datetime) -> Span:
    """The same stretch of the day, week or month before: as long as the one until `now`, but not longer than whole."""
    first = _first(name, now)
    earlier = _first(name, first - timedelta(days=1))
    end = min(earlier + (now.replace(tzinfo=None) - first), first)
    return Span(nanoseconds(localize(earlier, now.tzinfo)), nanoseconds(localize(end, now.tzinfo)))


def midnight_after(now: datetime) -> datetime:
    """When the day of `now` ends."""
    return localize(_first(TODAY, now) + timedelta(days=1), now.tzinfo)


def localize(wall: datetime, zone: tzinfo | None) -> datetime:
    """A moment of the clock on the wall. A zone that is only an offset is the machine's, of that moment."""
    return wall.replace(tzinfo=zone) if hasattr(zone, "key") else wall.astimezone()


def nanoseconds(moment: datetime) -> int:
    """UTC nanoseconds of a moment, to the microsecond."""
    seconds = int(moment.timestamp() // 1)
    return seconds * 10**9 + moment.microsecond * 1000


def _first(name: str, now: datetime) -> datetime:
    """The first moment of the day, week or month, on the wall."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    if name == WEEK:
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if name == MONTH else day
