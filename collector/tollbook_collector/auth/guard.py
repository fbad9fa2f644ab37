"""Guard: everything about who speaks, opened beside a record; for the server and for commands."""

from dataclasses import dataclass
from threading import Event

from tollbook.problem import Problem
from tollbook_collector.ask import Receivers
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.door import CredentialDoor
from tollbook_collector.auth.hearers import Hearers
from tollbook_collector.auth.pepper import PepperError, pepper_of
from tollbook_collector.auth.service import Service
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.auth.view import Policy
from tollbook_collector.config import Settings
from tollbook_collector.open_store import open_store, rule_of
from tollbook_collector.ops.operations import Operations
from tollbook_collector.outcomes.follow_keys import KeysFollower
from tollbook_collector.outcomes.served_keys import ServedKeys
from tollbook_collector.store.finance.sqlite import FILE_NAME
from tollbook_collector.store.finance.tickets import PostedTickets
from tollbook_collector.store.reader.background import SealedDays
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.record.access import Access
from tollbook_collector.store.record.checkpoint import Checkpointer
from tollbook_collector.store.record.errors import RecordError, Retryable
from tollbook_collector.store.record.sqlite import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The parts, open."""

    settings: Settings
    pepper: bytes
    directory: Directory
    tenants: Tenants
    operations: Operations | None = None
    """Of a server."""
    posted: PostedTickets | None = None
    days: SealedDays | None = None
    """Of a server that has DuckDB."""
    following: KeysFollower | None = None
    """Of a server."""
    hearers: Hearers | None = None
    """Of a server that reads in processes of their own."""
    checkpointer: Checkpointer | None = None
    """Of a server."""

    @property
    def door(self) -> CredentialDoor:
        """Of the receivers."""
        hear = None if self.hearers is None else self.hearers.hear
        return CredentialDoor(self.directory, self.tenants, self.operations, hear)

    def service(self, *, price_book: str, receivers: Receivers | None, ports: dict[str, int]) -> Service:
        """Of the API."""
        policy = Policy(smallest_group=self.settings.smallest_group, lead_sees_members=self.settings.lead_sees_members)
        return Service(
            directory=self.directory,
            tenants=self.tenants,
            pepper=self.pepper,
            policy=policy,
            price_book=price_book,
            home=self.settings.home,
            posted=self.posted,
            receivers=receivers,
            keys=ServedKeys(self.settings.home, self.settings.project_keys),
            ports=ports,
        )

    def trouble(self) -> Problem | None:
        """Why nothing should be sent now."""
        return None if self.operations is None else self.operations.readiness.problem()

    def ready(self) -> bool:
        """Whether claims can be booked."""
        return self.trouble() is None

    def close(self) -> None:
        """Commit what waits; the first tenant's record stays open."""
        if self.following is not None:
            self.following.close()
        if self.hearers is not None:
            self.hearers.close()
        self.tenants.close()
        if self.checkpointer is not None:
            self.checkpointer.close()
        if self.posted is not None:
            self.posted.close()
        if self.days is not None:
            self.days.close()
        if self.operations is not None:
            self.operations.close()
        self.directory.access.close()


def open_directory(settings: Settings) -> tuple[Directory, bytes] | Problem:
    """Who may speak, with the pepper; the record must have been opened before, so that its schema is the newest."""
    try:
        pepper = pepper_of(settings.home)
        return Directory(Access(settings.store, pepper), pepper), pepper
    except (PepperError, RecordError, OSError) as fault:
        return Problem(reason="store", where=str(settings.home), detail=str(fault), remedy="It must be as it was made.")


def open_guard(settings: Settings, record: Record) -> Guard | Problem:
    """The guard of a server. Where other machines reach it, there must be a credential already."""
    opened = open_directory(settings)
    if isinstance(opened, Problem):
        return opened
    directory, pepper = opened
    addresses = (settings.otlp_grpc_address, settings.otlp_http_address, settings.api_address)
    if not all(address.is_loopback for address in addresses) and not directory.access.required():
        directory.access.close()
        return Problem(
            reason="no_credentials",
            where="tls_cert",
            detail="other machines would reach this collector, and it has no credentials",
            remedy="Make one first: tollbook-collector token create --kind enrolment --engineer ada@example.com.",
        )

    due = Event()
    record.copied_beside(due)

    def opening(tenant: int) -> Record:
        found = open_store(settings, tenant)
        if isinstance(found, Problem):
            raise Retryable(found.detail)
        found.copied_beside(due)
        return found

    hearers: Hearers | None = None
    if settings.receiver_processes:
        hearers = Hearers(settings.home, settings.store, lambda: record.rule, settings.receiver_processes)
    operations, days = Operations(settings, directory.access), SealedDays.beside(settings.store)
    reading = RecordReader if days is None else days.reader
    tenants = Tenants(record, opening, operations.booked_by, reading)
    keys = ServedKeys(settings.home, settings.project_keys)
    return Guard(
        settings=settings,
        pepper=pepper,
        directory=directory,
        tenants=tenants,
        operations=operations,
        posted=PostedTickets(settings.home / FILE_NAME),
        days=days,
        following=KeysFollower(record, lambda: rule_of(keys)),
        hearers=hearers,
        checkpointer=Checkpointer(settings.store, due=due),
    )
