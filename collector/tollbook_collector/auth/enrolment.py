"""Enrolment: a one-off token becomes the credential of a device; a device renews its own."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from tollbook.answer import iso_time
from tollbook.problem import Problem
from tollbook_collector.auth import tokens
from tollbook_collector.auth.directory import Directory, refused
from tollbook_collector.auth.records import Credential, Event, Kind, State

OVERLAP_NS = 24 * 3600 * 10**9
"""How long a renewed credential is valid beside the next one."""
DEVICE_DAYS = 365
DAY_NS = 24 * 3600 * 10**9
MAX_LABEL = 64
_DEVICE = re.compile(r"[0-9a-f]{16,64}")
EMAIL = re.compile(r"[^@\s\0-\x1f]{1,64}@[^@\s\0-\x1f]{1,190}\.[^@\s.\0-\x1f]{1,63}")


def enrol(
    directory: Directory, pepper: bytes, header: str | None, asked: Mapping[str, Any]
) -> dict[str, Any] | Problem:
    """The device's credential for an enrolment token. `asked` is what the device sent: `device`, and for a reusable
    token `engineer`.

    Raises:
        Retryable: nothing was changed; the token is still good.
    """
    enrolment = directory.present(header)
    if enrolment is None or enrolment.kind is not Kind.ENROLMENT:
        return refused("this is no enrolment token, or it was used, revoked or has expired", "Ask for a new token.")
    device = asked.get("device")
    if not isinstance(device, str) or not _DEVICE.fullmatch(device):
        return _wrong("device", "it is not 16 to 64 hexadecimal digits", "Send the id of the device.")
    person = enrolment.person
    if person is None:
        email = asked.get("engineer")
        if not isinstance(email, str) or not EMAIL.fullmatch(email):
            return _wrong("engineer", "it is not an e-mail address", "This token needs `engineer`, an e-mail address.")
        person = directory.reference(enrolment.tenant, email.lower())
    token = tokens.mint(Kind.DEVICE, enrolment.tenant, secrets.token_bytes(tokens.ID_BYTES + tokens.SECRET_BYTES))
    now = directory.now_ns
    one = Credential(
        tenant=enrolment.tenant,
        id=token.id,
        kind=Kind.DEVICE,
        # Who uses a token that everybody has says who they are; somebody has to agree.
        state=State.ACTIVE if enrolment.person is not None else State.PENDING,
        person=person,
        label=_label(asked.get("label")),
        created_at=now,
        expires_at=now + DEVICE_DAYS * DAY_NS,
    )

    def make(owners: set[str | None]) -> tuple[Credential, bytes]:
        # An id that was somebody else's device is not taken over: the two would speak as one observer.
        own = device if owners <= {person} and one.state is State.ACTIVE else secrets.token_hex(8)
        return replace(one, device=own), tokens.digest(pepper, token.text)

    made = directory.access.exchange(enrolment, now, make, device)
    if made is None:
        return refused("the enrolment token was used meanwhile", "Ask for a new token.")
    return _answer(directory, made, token.text)


def renew(directory: Directory, pepper: bytes, header: str | None) -> dict[str, Any] | Problem:
    """The next credential of a device, which shows its present one; that is valid for another day.

    Raises:
        Retryable: nothing was changed.
    """
    present = directory.present(header)
    if present is None or present.kind is not Kind.DEVICE:
        return refused("this is no credential of a device, or it is valid no longer", "Enrol anew.")
    token = tokens.mint(Kind.DEVICE, present.tenant, secrets.token_bytes(tokens.ID_BYTES + tokens.SECRET_BYTES))
    now = directory.now_ns
    made = replace(
        present, id=token.id, created_at=now, expires_at=now + DEVICE_DAYS * DAY_NS, last_used_at=None, revoked_at=None
    )
    event = Event(actor=present.id, action="renew", object=made.id)
    directory.access.rotate(made, tokens.digest(pepper, token.text), event, now + OVERLAP_NS)
    return _answer(directory, made, token.text)


def _answer(directory: Directory, made: Credential, token: str) -> dict[str, Any]:
    names = {number: name for name, number in directory.access.tenants().items()}
    return {
        "credential": made.id,
        "token": token,
        "state": made.state.value,
        "device": made.device,
        "engineer": None if made.person is None else directory.shown(made.tenant, made.person),
        "tenant": names.get(made.tenant, ""),
        "expires_at": iso_time(made.expires_at or 0),
    }


def _label(value: object) -> str:
    return value[:MAX_LABEL] if isinstance(value, str) and value.isprintable() else ""


def _wrong(where: str, detail: str, remedy: str) -> Problem:
    return Problem(reason="parameter_wrong", where=where, detail=detail, remedy=remedy)
