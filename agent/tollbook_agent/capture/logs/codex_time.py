"""Times as Codex writes them, in UTC nanoseconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 10**9
HOURS_REMEMBERED = 1024
SECONDS_OF_HOUR = 3600
MILLISECONDS_OF_SECOND = 1000
_MILLISECOND = 10**6
_HOUR = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):", re.ASCII)
_IN_HOUR = re.compile(r"([0-5]\d):([0-5]\d)", re.ASCII)
_IN_SECOND = re.compile(r"\.(\d{3})Z", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2200)
"""Years outside are damage; nanoseconds of these fit in 64 bits."""
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def nanoseconds(text: str | None) -> int | None:
    """An RFC 3339 time; one without offset is UTC. `None` where it is absent or no such time."""
    if not text:
        return None
    hour, in_hour, in_second = _hour(text[:14]), _in_hour(text[14:19]), _in_second(text[19:])
    if hour is None or in_hour is None or in_second is None:
        return _moment(text)  # written in another way than `2026-11-21T23:52:10.391Z`
    return hour + in_hour + in_second


@lru_cache(maxsize=HOURS_REMEMBERED)
def _hour(text: str) -> int | None:
    """When an hour began; `None` where it is written in another way than usual."""
    return _moment(f"{text}00:00") if _HOUR.fullmatch(text) else None


@lru_cache(maxsize=SECONDS_OF_HOUR)
def _in_hour(text: str) -> int | None:
    match = _IN_HOUR.fullmatch(text)
    return (int(match[1]) * 60 + int(match[2])) * SECOND if match else None


@lru_cache(maxsize=MILLISECONDS_OF_SECOND)
def _in_second(text: str) -> int | None:
    match = _IN_SECOND.fullmatch(text)
    return int(match[1]) * _MILLISECOND if match else None


def _moment(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if moment.year not in _YEARS:
        return None
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def uuid7_milliseconds(text: str | None) -> int | None:
    """When an id of version 7 was made (RFC 9562), in milliseconds since the epoch; `None` for other ids."""
    match = _UUID7.fullmatch(text) if text else None
    return int(match[1] + match[2], 16) if match else None
