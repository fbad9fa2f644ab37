"""An attribute of a span in the one form that encoders write: its key, then its value, a text or a whole number. Pure.

    0A <length> key   12 <length> ( 0A <length> text | 18 varint )

All lengths are of one byte. Whatever has another form, which protobuf allows, is left to the parser.
"""

from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

REMEMBERED = 16_384
"""Short values remembered, about 120 bytes each; when there are more, all are forgotten."""
SHORT = 8
"""Bytes of an encoded value that is remembered: all usual counts, short words."""
_KEY, _VALUE, _TEXT, _INTEGER = 0x0A, 0x12, 0x0A, 0x18
_MORE = 0x80
_SHORTEST, _LONGEST = 2, 11
"""Bytes of a tag and a varint of 64 bits; of the last one a single bit counts."""


def prefix_of(key: str) -> bytes:
    """What an attribute of this key begins with, up to the length of its value. A key too long for the form gives what
    no attribute begins with."""
    raw = key.encode()
    return bytes((_KEY, len(raw))) + raw + bytes((_VALUE,)) if len(raw) < _MORE else b"\0"


def is_valid(raw: bytes, key: str) -> bool:
    """Whether the parser takes an attribute, and takes this for its key."""
    try:
        return KeyValue.FromString(raw).key == key
    except DecodeError:
        return False


class Values:
    """Reads values, and remembers the short ones."""

    def __init__(self) -> None:
        self.known: dict[bytes, str | int] = {}
        """To be asked first."""

    def of(self, tail: bytes) -> str | int | None:
        """As `value_of`."""
        value = value_of(tail)
        if value is not None and len(tail) <= SHORT:
            if len(self.known) >= REMEMBERED:
                self.known.clear()
            self.known[tail] = value
        return value


def value_of(tail: bytes) -> str | int | None:
    """The value of what follows the prefix; `None` where only the parser can tell."""
    if len(tail) < 3 or tail[0] != len(tail) - 1 or tail[0] >= _MORE:
        return None
    if tail[1] == _TEXT and tail[2] == len(tail) - 3:
        try:
            return tail[3:].decode()
        except UnicodeDecodeError:
            return None
    return _integer(tail[1:]) if tail[1] == _INTEGER else None


def _integer(raw: bytes) -> int | None:
    """A varint of 64 bits, signed, that takes all the bytes after its tag."""
    size, last = len(raw), raw[-1]
    if last >= _MORE or size > _LONGEST or (size == _LONGEST and last > 1):
        return None
    if size > _SHORTEST and min(raw[1:-1]) < _MORE:
        return None
    return AnyValue.FromString(raw).int_value
