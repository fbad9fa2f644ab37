"""Ids of calls: typed, classified by shape, hashed.

The kind of an id comes from the field an observer found it in *and* from its shape, because emitters put request ids
into response fields (reference: Claude Code's spans). `classify` is the one place that decides.
"""

import hashlib
import re
from typing import NamedTuple

from tollbook.vocabulary import ID_STRENGTH, IdKind


class Id(NamedTuple):
    """One id of a call. Ordered by strength of kind only through `strength`; tuples compare by text."""

    kind: IdKind
    value: str


_STRENGTH: dict[IdKind, int] = {kind: place for place, kind in enumerate(ID_STRENGTH)}

_RESPONSE = re.compile(r"(msg_bdrk_|msg_vrtx_|msg_|resp_|chatcmpl-|gen-)")
_REQUEST = re.compile(r"req_")


def strength(one: Id) -> tuple[int, str]:
    """Sort key: strongest kind first, then smallest value."""
    return _STRENGTH[one.kind], one.value


def classify(kind: IdKind, value: str) -> Id:
    """The id that `value`, found in a field for `kind`, really is.

    Only the shapes that name a kind by themselves move an id: `req_...` in a response field is a request id, `msg_...`,
    `resp_...` in a request field a response id. Everything else keeps the kind of its field.
    """
    if kind is IdKind.RESPONSE and _REQUEST.match(value):
        return Id(IdKind.REQUEST, value)
    if kind is IdKind.REQUEST and _RESPONSE.match(value):
        return Id(IdKind.RESPONSE, value)
    return Id(kind, value)


def names_response(value: str) -> bool:
    """Whether the value has the shape of a provider's own response id, unique for ever."""
    return _RESPONSE.match(value) is not None


def namespace(response_id: str) -> str:
    """Whose numbering a response id belongs to; two of one namespace can never be one call."""
    match = _RESPONSE.match(response_id)
    if match is None:
        return "other"
    return "msg" if match.group().startswith("msg_") else match.group()


def digest(one: Id) -> bytes:
    """blake2b-128 of (kind, value): the bytes of a call_id and of an alias."""
    return hashlib.blake2b(f"{one.kind}\0{one.value}".encode(), digest_size=16).digest()


def call_id(one: Id) -> str:
    """The call_id an id gives: 32 hexadecimal digits."""
    return digest(one).hex()


def alias_key(raw: bytes) -> int:
    """The first 8 bytes of a digest as a signed 64-bit integer: the key of the alias table.

    A collision is harmless: grouping compares the ids themselves, the alias only says which claims to look at.
    """
    return int.from_bytes(raw[:8], "big", signed=True)


def trace_id(tool: str, session: str | None, fallback: str) -> bytes:
    """W3C trace id (16 bytes) of a session of a tool; `fallback` (the claim key) where no session is known."""
    text = f"{tool}\0{session}" if session else f"claim\0{fallback}"
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def span_id(canonical: bytes) -> bytes:
    """W3C span id (8 bytes) of a claim's canonical bytes: an exact re-send has the same id."""
    return hashlib.blake2b(canonical, digest_size=8).digest()
