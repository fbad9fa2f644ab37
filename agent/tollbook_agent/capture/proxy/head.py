"""The head of a request to a proxy, and the credential in it. Pure."""

import base64
import binascii
import hmac
import re
from typing import NamedTuple

MAX_HEAD = 16_384
"""Bytes up to the blank line."""
_AUTHORITY = re.compile(rb"(\[[0-9A-Fa-f:.]{2,64}\]|[A-Za-z0-9._-]{1,253}):([0-9]{1,5})")
_CREDENTIAL = re.compile(rb"(?im)^proxy-authorization:[ \t]*basic[ \t]+([A-Za-z0-9+/=]{1,512})[ \t]*\r?$")


class Target(NamedTuple):
    """Whom a client wants to talk to."""

    host: str
    """Lower case, without a final dot."""
    port: int


def target(head: bytes) -> Target | None:
    """The target of a CONNECT; `None` for every other request and for a malformed one."""
    line = head.split(b"\r\n", 1)[0].split(b" ")
    if len(line) != 3 or line[0].upper() != b"CONNECT" or not line[2].startswith(b"HTTP/1."):
        return None
    match = _AUTHORITY.fullmatch(line[1])
    if match is None or not 0 < int(match[2]) < 65536:
        return None
    return Target(match[1].decode().strip("[]").lower().removesuffix("."), int(match[2]))


def authorized(head: bytes, user: str, password: str) -> bool:
    """Whether the head carries this user's credential."""
    match = _CREDENTIAL.search(head)
    if match is None:
        return False
    try:
        given = base64.b64decode(match[1], validate=True)
    except binascii.Error:
        return False
    return hmac.compare_digest(given, f"{user}:{password}".encode())


def credential(user: str, password: str) -> str:
    """The value of a Proxy-Authorization header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def answer(status: int, reason: str, *, more: str = "") -> bytes:
    """A proxy always answers with a status line, whatever is wrong."""
    return f"HTTP/1.1 {status} {reason}\r\n{more}Content-Length: 0\r\nConnection: close\r\n\r\n".encode()


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
