"""Access: the part of the record that says who may speak. Few small writes, each with its line in the audit log."""

import sqlite3
import threading
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tollbook_collector.auth.records import Credential, Entry, Event, Person, Role, Standing, State
from tollbook_collector.auth.tokens import email_digest
from tollbook_collector.store.record import audit, credentials, people
from tollbook_collector.store.record import devices as device_rows
from tollbook_collector.store.record.connect import connect_reading, open_file, transaction
from tollbook_collector.store.record.errors import RecordError
from tollbook_collector.store.record.readers import Readers

MAX_TENANTS = 1_000


class Access:
    """May be used from any thread, and beside a server by commands. The file must have the newest schema.

    Its writes wait for the record's writer and it for them, a few milliseconds each; whatever raises `Retryable` wrote
    nothing.
    """

    def __init__(self, path: Path, pepper: bytes) -> None:
        """Open it.

        Raises:
            RecordError, OSError: it cannot be opened.
        """
        self._pepper = pepper
        try:
            self._connection = open_file(path)
            self._connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as fault:
            raise RecordError(f"who may speak cannot be read: {fault}") from fault
        self._lock = threading.Lock()
        self._readers = Readers(lambda: connect_reading(path))

    def close(self) -> None:
        """Close every connection."""
        self._readers.close()
        with self._lock:
            self._connection.close()

    @contextmanager
    def _writing(self) -> Generator[sqlite3.Connection]:
        with self._lock, transaction(self._connection):
            yield self._connection

    def _note(self, connection: sqlite3.Connection, tenant: int, event: Event, now_ns: int) -> None:
        audit.append(connection, self._pepper, tenant, event, now_ns)

    def note(self, tenant: int, event: Event, now_ns: int) -> None:
        """Write a line of the audit log."""
        with self._writing() as connection:
            self._note(connection, tenant, event, now_ns)

    def entries(self, tenant: int, after: int = 0, limit: int = audit.EVERYTHING) -> list[Entry]:
        """Lines of the audit log after a number, oldest first."""
        with self._readers.connection() as connection:
            return list(audit.entries(connection, tenant, after, limit))

    def audit_faults(self, tenant: int) -> list[str]:
        """What is wrong with the audit log."""
        with self._readers.connection() as connection:
            return audit.faults(connection, self._pepper, tenant)

    def devices(self, tenant: int) -> list[device_rows.Seen]:
        """The last heartbeat of each device."""
        with self._readers.connection() as connection:
            return device_rows.every(connection, tenant)

    def put_beats(self, beats: Iterable[device_rows.Beat]) -> None:
        """Write heartbeats."""
        with self._writing() as connection:
            device_rows.put(connection, beats)

    def tenants(self) -> dict[str, int]:
        """Number of each tenant, by name."""
        with self._readers.connection() as connection:
            return people.tenants(connection)

    def make_tenant(self, name: str, now_ns: int) -> int | None:
        """The number of a tenant, made if there is none; `None` when there are too many."""
        with self._writing() as connection:
            known = people.tenants(connection)
            if name in known:
                return known[name]
            if len(known) >= MAX_TENANTS:
                return None
            number = max(known.values()) + 1
            people.put_tenant(connection, number, name, now_ns)
            self._note(connection, number, Event(actor="operator", action="tenant_create"), now_ns)
            return number

    def required(self) -> bool:
        """Whether senders and askers must show a credential: from the first one that was ever made."""
        with self._readers.connection() as connection:
            return credentials.any_at_all(connection)

    def credential(self, tenant: int, own: str) -> tuple[Credential, bytes] | None:
        """A credential and its digest."""
        with self._readers.connection() as connection:
            return credentials.find(connection, tenant, own)

    def credentials(self, tenant: int) -> list[Credential]:
        """All credentials of a tenant, oldest first."""
        with self._readers.connection() as connection:
            return list(credentials.every(connection, tenant))

    def add(self, one: Credential, digest: bytes, event: Event) -> None:
        """Add a credential."""
        with self._writing() as connection:
            credentials.put(connection, one, digest)
            self._note(connection, one.tenant, event, one.created_at)

    def exchange(
        self,
        enrolment: Credential,
        now_ns: int,
        make: Callable[[set[str | None]], tuple[Credential, bytes]],
        device: str,
    ) -> Credential | None:
        """Use an enrolment and add the device's credential that `make` gives, both or neither; `None`: it was used up
        meanwhile. `make` is told whose the device was before."""
        with self._writing() as connection:
            found = credentials.find(connection, enrolment.tenant, enrolment.id)
            if found is None or found[0].state is not State.ACTIVE:
                return None
            if not enrolment.reusable:
                credentials.set_state(connection, enrolment.tenant, enrolment.id, State.USED, now_ns)
            credentials.touch(connection, enrolment.tenant, enrolment.id, now_ns)
            one, digest = make(credentials.people_of_device(connection, enrolment.tenant, device))
            credentials.put(connection, one, digest)
            event = Event(actor=enrolment.id, action="enrol", object=one.id, detail=one.state)
            self._note(connection, one.tenant, event, now_ns)
            return one

    def rotate(self, one: Credential, digest: bytes, event: Event, others_end_at: int) -> None:
        """Add a device's next credential; its earlier ones end at a moment, so that both are valid until then."""
        with self._writing() as connection:
            credentials.put(connection, one, digest)
            credentials.expire_others(connection, one, others_end_at)
            self._note(connection, one.tenant, event, one.created_at)

    def set_state(self, tenant: int, own: str, state: State, event: Event, now_ns: int) -> bool:
        """Approve or revoke; whether there is such a credential."""
        with self._writing() as connection:
            if credentials.find(connection, tenant, own) is None:
                return False
            credentials.set_state(connection, tenant, own, state, now_ns)
            self._note(connection, tenant, event, now_ns)
            return True

    def touch(self, tenant: int, own: str, now_ns: int) -> None:
        """A credential was used."""
        with self._writing() as connection:
            credentials.touch(connection, tenant, own, now_ns)

    def person(self, tenant: int, reference: str) -> Person | None:
        """The person of a reference."""
        with self._readers.connection() as connection:
            return people.named(connection, tenant, reference)

    def people(self, tenant: int) -> list[Person]:
        """All people of a tenant."""
        with self._readers.connection() as connection:
            return list(people.every(connection, tenant))

    def person_of(self, tenant: int, email: str) -> Person | None:
        """The person an address stands for, or stood for."""
        with self._readers.connection() as connection:
            return people.find(connection, tenant, email_digest(self._pepper, tenant, email))

    def make_person(self, tenant: int, email: str, reference: str) -> Person:
        """The person an address stands for, made with this reference if there is none."""
        found = self.person_of(tenant, email)
        if found is not None:
            return found
        digest = email_digest(self._pepper, tenant, email)
        with self._writing() as connection:
            people.put(connection, Person(tenant=tenant, reference=reference, email=email), digest)
            found = people.find(connection, tenant, digest)
        assert found is not None
        return found

    def change_person(
        self, person: Person, event: Event, now_ns: int, *, role: Role | None = None, team: str | None = None,
        standing: Standing | None = None,
    ) -> Person:  # fmt: skip
        """Give a person another role, team ("" for none) or standing. Erasing takes the address away for good."""
        changed = replace(
            person,
            role=role or person.role,
            team=person.team if team is None else team or None,
            standing=standing or person.standing,
        )
        if changed.standing is Standing.ERASED:
            changed = replace(changed, email=None, team=None, role=Role.ENGINEER)
        with self._writing() as connection:
            people.change(connection, changed)
            self._note(connection, person.tenant, event, now_ns)
        return changed
