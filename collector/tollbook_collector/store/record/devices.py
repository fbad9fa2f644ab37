"""Rows of `device`, and how many claims of each device the record holds."""

import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from tollbook.claim import Claim
from tollbook.heartbeat import Heartbeat

MAX_DEVICES = 10_000
"""Of one answer."""
COUNTED = "observers_counted"
"""The running value that says that `HELD` is complete: claims of before there was such a count were counted too."""
HELD = "claims of "
"""What the running total of an observer's claims begins with."""
_PUT = (
    "INSERT INTO device VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (tenant, device) DO UPDATE SET"
    " person = excluded.person, at = excluded.at, version = excluded.version, made = excluded.made,"
    " sent = excluded.sent, dropped = excluded.dropped WHERE excluded.at >= at"
)
_ALL = (
    "SELECT d.device, d.person, d.at, d.version, d.made, d.sent, d.dropped, COALESCE(t.value, 0) FROM device d"
    f" LEFT JOIN tally t ON t.tenant = d.tenant AND t.name = '{HELD}' || d.device"
    " WHERE d.tenant = ? ORDER BY d.device LIMIT ?"
)
_CLAIMS = "SELECT body FROM claim WHERE tenant = ?"


class Beat(NamedTuple):
    """A heartbeat with who sent it and when it came (UTC ns)."""

    tenant: int
    person: str | None
    at: int
    heartbeat: Heartbeat


class Seen(NamedTuple):
    """A device's last heartbeat, and how many claims of it are here."""

    beat: Beat
    held: int


def put(connection: sqlite3.Connection, beats: Iterable[Beat]) -> None:
    """Write heartbeats; one that is older than what is there changes nothing."""
    connection.executemany(_PUT, [_row(beat) for beat in beats])


def _row(beat: Beat) -> tuple[object, ...]:
    one = beat.heartbeat
    dropped = json.dumps(dict(one.dropped), sort_keys=True)
    return (beat.tenant, one.device, beat.person, beat.at, one.version, one.made, one.sent, dropped)


def every(connection: sqlite3.Connection, tenant: int) -> list[Seen]:
    """The devices of a tenant."""
    found: list[Seen] = []
    for device, person, at, version, made, sent, dropped, held in connection.execute(_ALL, (tenant, MAX_DEVICES)):
        one = Heartbeat(device=device, version=version, made=made, sent=sent, dropped=json.loads(dropped))
        found.append(Seen(Beat(tenant, person, at, one), held))
    return found


def count_held(connection: sqlite3.Connection, tenant: int, parse: Callable[[bytes], Claim]) -> Counter[str]:
    """The running totals of a record that has none yet, counted from all its claims."""
    return Counter(HELD + parse(body).key.observer for (body,) in connection.execute(_CLAIMS, (tenant,)))
