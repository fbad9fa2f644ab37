"""Credential, Person, Entry: what the collector knows of who speaks to it. Pure."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a credential is for."""

    ENROLMENT = "enrolment"
    """Exchanged once for a device's credential; a reusable one makes devices that wait for an approval."""
    DEVICE = "device"
    """One laptop of one engineer: sends claims, asks for the engineer's own answers."""
    GATEWAY = "gateway"
    """Sends claims of many engineers: names those of its teams, and no others."""
    API = "api"
    """A person who asks."""


class Role(StrEnum):
    """What a person may see."""

    ENGINEER = "engineer"
    LEAD = "lead"
    FINANCE = "finance"
    ADMIN = "admin"
    AUDITOR = "auditor"


class State(StrEnum):
    """Where a credential stands."""

    ACTIVE = "active"
    PENDING = "pending"
    """Waits for an approval; what it sends is refused, and sent again later."""
    USED = "used"
    """An enrolment that was exchanged."""
    REVOKED = "revoked"


class Standing(StrEnum):
    """How a person is shown."""

    NAMED = "named"
    PSEUDONYMOUS = "pseudonymous"
    ERASED = "erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """What is stored of a credential: never the token. Times are UTC nanoseconds."""

    tenant: int
    id: str
    """Public: it stands in lists, in the audit log and in the token itself."""
    kind: Kind
    state: State = State.ACTIVE
    person: str | None = None
    """Reference to the person it speaks for; none for a gateway and a reusable enrolment."""
    device: str | None = None
    teams: frozenset[str] = frozenset()
    """Of a gateway: the teams whose people it may name."""
    label: str = ""
    reusable: bool = False
    created_at: int
    expires_at: int | None = None
    revoked_at: int | None = None
    last_used_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. Facts hold only `reference`; everything that says who that is stands here and can be taken away."""

    tenant: int
    reference: str
    email: str | None
    standing: Standing = Standing.NAMED
    role: Role = Role.ENGINEER
    team: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What is to stand in the audit log: references and codes only, so that an erasure need not touch it."""

    actor: str
    """`operator` (who can run commands on the collector's machine), or the id of a credential."""
    action: str
    object: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of the audit log."""

    sequence: int
    at: int
    event: Event
    chain: str
    """Hexadecimal; depends on this entry and, by the one before, on all earlier ones."""
