"""Tokens: 256 random bits behind a public id. Pure; what is random comes in.

`tbd_1_4f0c2a9b71de_Qm9...`: what it is for, tenant, public id, secret. Secret scanners find the prefix, a person can
say the id aloud. Stored is only HMAC-SHA256(pepper, token): a slow hash would add nothing to 256 bits, and without the
pepper, which lies in another file, a stolen database does not even tell whether a guess is right.
"""

import hashlib
import hmac
import re
from base64 import urlsafe_b64encode
from typing import NamedTuple

from tollbook_collector.auth.records import Kind

SECRET_BYTES = 32
ID_BYTES = 6
LETTERS: dict[Kind, str] = {Kind.ENROLMENT: "e", Kind.DEVICE: "d", Kind.GATEWAY: "g", Kind.API: "a"}
_TOKEN = re.compile(r"tb([edga])_([1-9][0-9]{0,8})_([0-9a-f]{12})_([A-Za-z0-9_-]{43})")
_KINDS = {letter: kind for kind, letter in LETTERS.items()}
_BEARER = re.compile(r"bearer +([!-~]{1,200})", re.IGNORECASE)


class Presented(NamedTuple):
    """What a token says of itself; true only once its digest is the stored one."""

    kind: Kind
    tenant: int
    id: str
    text: str


def mint(kind: Kind, tenant: int, random: bytes) -> Presented:
    """A new token of `ID_BYTES + SECRET_BYTES` random bytes."""
    if len(random) != ID_BYTES + SECRET_BYTES:
        raise ValueError("a token needs 38 random bytes")
    own = random[:ID_BYTES].hex()
    secret = urlsafe_b64encode(random[ID_BYTES:]).rstrip(b"=").decode()
    return Presented(kind, tenant, own, f"tb{LETTERS[kind]}_{tenant}_{own}_{secret}")


def parse(text: str) -> Presented | None:
    """A token's parts; `None` where it is none."""
    found = _TOKEN.fullmatch(text)
    return None if found is None else Presented(_KINDS[found[1]], int(found[2]), found[3], text)


def bearer(header: str | None) -> str | None:
    """The token of an `authorization` header; `None` where it has none."""
    found = _BEARER.fullmatch(header) if header else None
    return None if found is None else found[1]


def digest(pepper: bytes, token: str) -> bytes:
    """What is stored of a token."""
    return hmac.digest(pepper, b"token\0" + token.encode(), hashlib.sha256)


def email_digest(pepper: bytes, tenant: int, email: str) -> bytes:
    """By what a person is found again, whether or not the address still stands there."""
    return hmac.digest(pepper, f"person\0{tenant}\0{email}".encode(), hashlib.sha256)


def same(one: bytes, other: bytes) -> bool:
    """Whether two digests are equal, in a time that does not tell where they differ."""
    return hmac.compare_digest(one, other)
