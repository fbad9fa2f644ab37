"""Timestamps of transcript lines: ISO 8601 text to UTC nanoseconds, in integers throughout."""

import re
from datetime import UTC, datetime, timedelta

SECOND = 10**9
SECONDS_REMEMBERED = 4096
"""Lines come in bursts: many share their second with the one before."""
_seconds: dict[str, int] = {}
"""A cache: it never changes an answer. A plain dict, because it is asked once a line."""
_MILLISECONDS = {f"{number:03d}": number * 10**6 for number in range(1000)}
_USUAL = len("2026-11-21T23:52:10.391Z")
"""How Claude Code writes a time (JavaScript's `toISOString`)."""
_SECOND = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", re.ASCII)
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d):(\d\d)(?:\.(\d{1,9})\d*)?(?:Z|([+-])(\d\d):?(\d\d))", re.ASCII | re.IGNORECASE
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_YEARS = range(2000, 2200)
"""Years outside are damage; nanoseconds of these fit in 64 bits."""


def nanoseconds(text: str | None) -> int | None:
    """UTC nanoseconds since the epoch; `None` where the text is absent or no such time."""
    if not text:
        return None
    if len(text) == _USUAL and text[-1] == "Z" and text[19] == ".":
        second, fraction = text[:19], _MILLISECONDS.get(text[20:23])
        start = _seconds.get(second)
        if start is None:
            start = _second(second)
        if start is not None and fraction is not None:
            return start + fraction
    match = _TEXT.fullmatch(text)
    if match is None:
        return None
    minute, second, fraction, sign, hours, minutes = match.groups()
    start = _second(f"{minute}:{second}")
    if start is None:
        return None
    moment = start
    if fraction:
        moment += int(fraction) * 10 ** (9 - len(fraction))
    if sign:
        offset = (int(hours) * 60 + int(minutes)) * 60 * SECOND
        moment += offset if sign == "-" else -offset
    return moment


def _second(text: str) -> int | None:
    """When a second began."""
    if text in _seconds:
        return _seconds[text]
    if _SECOND.fullmatch(text) is None:
        return None
    try:
        moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None
    if moment.year not in _YEARS:
        return None
    if len(_seconds) >= SECONDS_REMEMBERED:
        _seconds.clear()
    start = _seconds[text] = (moment - _EPOCH) // timedelta(seconds=1) * SECOND
    return start
