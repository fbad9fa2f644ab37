"""Rows of `credential`."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from tollbook_collector.auth.records import Credential, Kind, State

_COLUMNS = (
    "id, kind, state, person, device, teams, label, reusable, created_at, expires_at, revoked_at, last_used_at, digest"
)
_ONE = f"SELECT {_COLUMNS} FROM credential WHERE tenant = ? AND id = ?"
_ALL = f"SELECT {_COLUMNS} FROM credential WHERE tenant = ? ORDER BY created_at, id"
_PUT = (
    f"INSERT INTO credential (tenant, {_COLUMNS})"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)  # fmt: skip
_DEVICE = "SELECT DISTINCT person FROM credential WHERE tenant = ? AND device = ?"
_SET_STATE = "UPDATE credential SET state = ?, revoked_at = ? WHERE tenant = ? AND id = ?"
_TOUCH = "UPDATE credential SET last_used_at = ? WHERE tenant = ? AND id = ? AND COALESCE(last_used_at, 0) < ?"
_EXPIRE = (
    "UPDATE credential SET expires_at = ? WHERE tenant = ? AND device = ? AND id <> ? AND state = 'active'"
    " AND (expires_at IS NULL OR expires_at > ?)"
)


def find(connection: sqlite3.Connection, tenant: int, own: str) -> tuple[Credential, bytes] | None:
    """A credential and its digest."""
    row = connection.execute(_ONE, (tenant, own)).fetchone()
    return None if row is None else (_credential(tenant, row), bytes(row[-1]))


def every(connection: sqlite3.Connection, tenant: int) -> Iterator[Credential]:
    """All credentials of a tenant, oldest first."""
    for row in connection.execute(_ALL, (tenant,)):
        yield _credential(tenant, row)


def any_at_all(connection: sqlite3.Connection) -> bool:
    """Whether there ever was a credential, of any tenant and in any state."""
    return connection.execute("SELECT 1 FROM credential LIMIT 1").fetchone() is not None


def put(connection: sqlite3.Connection, one: Credential, digest: bytes) -> None:
    """Add a credential."""
    teams = " ".join(sorted(one.teams))
    head = (one.tenant, one.id, one.kind, one.state, one.person, one.device, teams, one.label, int(one.reusable))
    connection.execute(_PUT, (*head, one.created_at, one.expires_at, one.revoked_at, one.last_used_at, digest))


def set_state(connection: sqlite3.Connection, tenant: int, own: str, state: State, now_ns: int) -> None:
    """Change where it stands."""
    revoked_at = now_ns if state is State.REVOKED else None
    connection.execute(_SET_STATE, (state, revoked_at, tenant, own))


def touch(connection: sqlite3.Connection, tenant: int, own: str, now_ns: int) -> None:
    """It was used."""
    connection.execute(_TOUCH, (now_ns, tenant, own, now_ns))


def expire_others(connection: sqlite3.Connection, one: Credential, at: int) -> None:
    """The device's earlier credentials end at a moment, if they do not end before."""
    connection.execute(_EXPIRE, (at, one.tenant, one.device, one.id, at))


def people_of_device(connection: sqlite3.Connection, tenant: int, device: str) -> set[str | None]:
    """Whose credentials ever named a device."""
    return {person for (person,) in connection.execute(_DEVICE, (tenant, device))}


def _credential(tenant: int, row: Any) -> Credential:
    own, kind, state, person, device, teams, label, reusable, created, expires, revoked, used, _ = row
    return Credential(
        tenant=tenant,
        id=own,
        kind=Kind(kind),
        state=State(state),
        person=person,
        device=device,
        teams=frozenset(teams.split()),
        label=label,
        reusable=bool(reusable),
        created_at=created,
        expires_at=expires,
        revoked_at=revoked,
        last_used_at=used,
    )
