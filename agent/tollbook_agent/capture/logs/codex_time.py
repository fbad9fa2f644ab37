"""Times as Codex writes them, in UTC nanoseconds."""

import re
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2200)
"""Years outside are damage; nanoseconds of these fit in 64 bits."""
_UUID7 = re.compile(r"([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
SECOND = 10**9


def nanoseconds(text: str | None) -> int | None:
    """An RFC 3339 time; one without offset is UTC. `None` where it is absent or no such time."""
    if not text:
        return None
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
