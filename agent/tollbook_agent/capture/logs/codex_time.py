"""Times as Codex writes them, in UTC nanoseconds."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

SECOND = 10**9
SECONDS_REMEMBERED = 4096
"""Rows come in bursts: many share their second with the one before."""
_MILLISECOND = 10**6
_USUAL = len("2026-11-21T23:52:10.391Z")
"""How Codex writes a time."""
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2200)
"""Years outside are damage; nanoseconds of these fit in 64 bits."""
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


def nanoseconds(text: str | None) -> int | None:
    """An RFC 3339 time; one without offset is UTC. `None` where it is absent or no such time."""
    if not text:
        return None
    if len(text) == _USUAL and text[19] == "." and text[23] == "Z":
        begun, fraction = _second(text[:19]), text[20:23]
        if begun is not None and fraction.isascii() and fraction.isdigit():
            return begun + int(fraction) * _MILLISECOND
    return _moment(text)


@lru_cache(maxsize=SECONDS_REMEMBERED)
def _second(text: str) -> int | None:
    """When a second began; `None` where it is written in another way than usual."""
    return _moment(text) if _SECOND.fullmatch(text) else None


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
