"""Protobuf without a schema: the fields of one message as they stand, and nothing of what lies inside them.

From the description of the encoding: a key is a varint of field number and wire type; a varint, 8 bytes, a length with
that many bytes, or 4 bytes follow.
"""

from collections.abc import Iterator
from typing import NamedTuple

VARINT, I64, LENGTH, I32 = 0, 1, 2, 5
"""Wire types; groups (3 and 4) are long gone."""
_FIXED = {I64: 8, I32: 4}
_MAX_VARINT = 10
"""Bytes of a varint of 64 bits."""


class Field(NamedTuple):
    """One field: an int for a varint, the bytes for everything else."""

    number: int
    value: int | bytes


class NotProtobuf(Exception):
    """The bytes are no message."""


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message, in its order.

    Raises:
        NotProtobuf: at the first byte that cannot be of a message.
    """
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        number, wire = key >> 3, key & 7
        if wire == VARINT:
            value, at = _varint(data, at)
            yield Field(number, value)
            continue
        if wire == LENGTH:
            size, at = _varint(data, at)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise NotProtobuf
        if number == 0 or size > len(data) - at:
            raise NotProtobuf
        yield Field(number, data[at : at + size])
        at += size


def messages(data: bytes, number: int) -> Iterator[bytes]:
    """The values of one field that may be messages or text.

    Raises:
        NotProtobuf: the bytes are no message.
    """
    for field in fields(data):
        if field.number == number and isinstance(field.value, bytes):
            yield field.value


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A varint and where it ends."""
    value = 0
    for place in range(_MAX_VARINT):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return value, at + place + 1
    raise NotProtobuf
