"""Periods and the same stretch before, by the clock on the wall: month ends, leap years, clocks that change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.spans import MONTH, TODAY, WEEK, before, begin, midnight_after, nanoseconds

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = tuple(
    map(ZoneInfo, ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"))
)


def told(name: str, now: datetime) -> tuple[str, str]:
    span = before(name, now)
    start, end = (datetime.fromtimestamp(each / 10**9, UTC).astimezone(now.tzinfo) for each in span)
    return f"{start:%Y-%m-%d %H:%M %z}", f"{end:%Y-%m-%d %H:%M %z}"


@pytest.mark.parametrize(
    ("name", "now", "start", "end"),
    [
        (TODAY, "2026-11-22T10:30", "2026-11-21 00:00 +0100", "2026-11-21 10:30 +0100"),
        (TODAY, "2026-10-26T10:30", "2026-10-25 00:00 +0200", "2026-10-25 10:30 +0100"),
        (TODAY, "2026-01-01T00:00", "2025-12-31 00:00 +0100", "2025-12-31 00:00 +0100"),
        (WEEK, "2026-11-22T10:30", "2026-11-09 00:00 +0100", "2026-11-15 10:30 +0100"),
        (WEEK, "2026-10-26T00:10", "2026-10-19 00:00 +0200", "2026-10-19 00:10 +0200"),
        (MONTH, "2026-11-22T10:30", "2026-10-01 00:00 +0200", "2026-10-22 10:30 +0200"),
        (MONTH, "2026-03-31T12:00", "2026-02-01 00:00 +0100", "2026-03-01 00:00 +0100"),
        (MONTH, "2028-03-29T12:00", "2028-02-01 00:00 +0100", "2028-02-29 12:00 +0100"),
        (MONTH, "2026-01-15T12:00", "2025-12-01 00:00 +0100", "2025-12-15 12:00 +0100"),
    ],
)
def test_the_same_stretch_before(name: str, now: str, start: str, end: str) -> None:
    assert told(name, datetime.fromisoformat(now).replace(tzinfo=BERLIN)) == (start, end)


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1)),
    st.sampled_from(ZONES),
    st.sampled_from((TODAY, WEEK, MONTH)),
)
def test_it_ends_before_the_period_begins_and_is_no_longer(wall: datetime, zone: ZoneInfo, name: str) -> None:
    now = wall.replace(tzinfo=UTC).astimezone(zone)
    span, start = before(name, now), nanoseconds(begin(name, now))
    assert span.start <= span.end <= start <= nanoseconds(now)
    clocks = timedelta(hours=25)  # Apia once skipped a day
    assert span.end - span.start <= nanoseconds(now) - start + int(clocks.total_seconds()) * 10**9
    assert nanoseconds(now) < nanoseconds(midnight_after(now))


def test_a_day_ends_at_the_next_midnight_also_when_clocks_change() -> None:
    assert midnight_after(datetime(2026, 10, 25, 1, 30, tzinfo=BERLIN)).isoformat() == "2026-10-26T00:00:00+01:00"
    assert midnight_after(datetime(2026, 3, 29, 12, 0, tzinfo=BERLIN)).isoformat() == "2026-03-30T00:00:00+02:00"
