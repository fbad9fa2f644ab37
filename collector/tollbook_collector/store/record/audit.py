"""The audit log: each entry carries a keyed hash of itself and of the hash before it.

Who can write the file but has not the pepper can neither change an entry nor take one out of the middle unnoticed. What
is cut off at the end shows by the number and hash of the last entry, which `audit` prints: note them elsewhere.
"""

import hashlib
import hmac
import json
import sqlite3
from collections.abc import Iterator

from tollbook_collector.auth.records import Entry, Event

_LAST = "SELECT sequence, chain FROM audit WHERE tenant = ? ORDER BY sequence DESC LIMIT 1"
_PUT = "INSERT INTO audit VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_ALL = (
    "SELECT sequence, at, actor, action, object, detail, chain FROM audit WHERE tenant = ? AND sequence > ?"
    " ORDER BY sequence LIMIT ?"
)
_NONE = bytes(32)
EVERYTHING = -1
"""As a limit."""


def append(connection: sqlite3.Connection, key: bytes, tenant: int, event: Event, now_ns: int) -> None:
    """Add an entry, inside the transaction of what it tells of."""
    sequence, before = connection.execute(_LAST, (tenant,)).fetchone() or (0, _NONE)
    chain = _chain(key, before, tenant, sequence + 1, now_ns, event)
    values = (tenant, sequence + 1, now_ns, event.actor, event.action, event.object, event.detail, chain)
    connection.execute(_PUT, values)


def entries(connection: sqlite3.Connection, tenant: int, after: int, limit: int) -> Iterator[Entry]:
    """Entries after a sequence number, oldest first."""
    for sequence, at, actor, action, object_, detail, chain in connection.execute(_ALL, (tenant, after, limit)):
        event = Event(actor=actor, action=action, object=object_, detail=detail)
        yield Entry(sequence=sequence, at=at, event=event, chain=bytes(chain).hex())


def faults(connection: sqlite3.Connection, key: bytes, tenant: int) -> list[str]:
    """What was changed or taken out, in words: at most the first, since nothing after it can be judged."""
    before = _NONE
    expected = 1
    for entry in entries(connection, tenant, 0, EVERYTHING):
        if entry.sequence != expected:
            return [f"entry {expected} is gone"]
        chain = _chain(key, before, tenant, entry.sequence, entry.at, entry.event)
        if not hmac.compare_digest(chain.hex(), entry.chain):
            return [f"entry {entry.sequence} is not what was written, or another pepper wrote it"]
        before = chain
        expected += 1
    return []


def _chain(key: bytes, before: bytes, tenant: int, sequence: int, at: int, event: Event) -> bytes:
    """Unambiguous: JSON keeps the texts apart."""
    told = json.dumps([tenant, sequence, at, event.actor, event.action, event.object, event.detail])
    return hmac.digest(key, b"audit\0" + before + told.encode(), hashlib.sha256)
