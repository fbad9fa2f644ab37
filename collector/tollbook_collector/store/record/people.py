"""Rows of `person` and `tenant`."""

import sqlite3
from collections.abc import Iterator
from typing import Any

from tollbook_collector.auth.records import Person, Role, Standing

_COLUMNS = "person, email, standing, role, team"
_BY_DIGEST = f"SELECT {_COLUMNS} FROM person WHERE tenant = ? AND digest = ?"
_BY_REFERENCE = f"SELECT {_COLUMNS} FROM person WHERE tenant = ? AND person = ?"
_ALL = f"SELECT {_COLUMNS} FROM person WHERE tenant = ? ORDER BY email, person"
_PUT = "INSERT OR IGNORE INTO person VALUES (?, ?, ?, ?, ?, ?, ?)"
_SET = "UPDATE person SET email = ?, standing = ?, role = ?, team = ? WHERE tenant = ? AND person = ?"


def find(connection: sqlite3.Connection, tenant: int, digest: bytes) -> Person | None:
    """The person an address stands for, or stood for before it was erased."""
    return _one(tenant, connection.execute(_BY_DIGEST, (tenant, digest)).fetchone())


def named(connection: sqlite3.Connection, tenant: int, reference: str) -> Person | None:
    """The person of a reference."""
    return _one(tenant, connection.execute(_BY_REFERENCE, (tenant, reference)).fetchone())


def every(connection: sqlite3.Connection, tenant: int) -> Iterator[Person]:
    """All people of a tenant."""
    for row in connection.execute(_ALL, (tenant,)):
        yield _person(tenant, row)


def put(connection: sqlite3.Connection, person: Person, digest: bytes) -> None:
    """Add a person; one whose address is known stays as it is."""
    values = (person.tenant, person.reference, digest, person.email, person.standing, person.role, person.team)
    connection.execute(_PUT, values)


def change(connection: sqlite3.Connection, person: Person) -> None:
    """Write everything of a person that can change."""
    values = (person.email, person.standing, person.role, person.team, person.tenant, person.reference)
    connection.execute(_SET, values)


def tenants(connection: sqlite3.Connection) -> dict[str, int]:
    """Number of each tenant, by name."""
    return {name: number for number, name in connection.execute("SELECT tenant, name FROM tenant ORDER BY tenant")}


def put_tenant(connection: sqlite3.Connection, number: int, name: str, now_ns: int) -> None:
    """Add a tenant; call it with a name that is none yet, inside the transaction that looked."""
    connection.execute("INSERT INTO tenant VALUES (?, ?, ?)", (number, name, now_ns))


def _one(tenant: int, row: Any) -> Person | None:
    return None if row is None else _person(tenant, row)


def _person(tenant: int, row: Any) -> Person:
    reference, email, standing, role, team = row
    return Person(
        tenant=tenant, reference=reference, email=email, standing=Standing(standing), role=Role(role), team=team
    )
