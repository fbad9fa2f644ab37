"""Counting what a request holds before it is taken apart: small messages become large objects. Pure.

4 MB of empty scopes, two bytes each, take minutes and more than a gigabyte once they are objects, as many empty spans
200 MB even if they are only listed; of JSON, a million empty objects 300 MB. Here the outer levels of a protobuf
request are walked, without making anything of them, up to what is allowed. An ordinary request has three to ten fields
in the outer two; the records within are walked only where there are bytes for very many.
"""

MAX_FIELDS = 8_192
"""Of the outer two levels together: parts, resources, scopes."""
LEAST_BYTES_AN_OBJECT = 16
"""JSON objects and lists are larger on average: attributes have 40 bytes."""
FEW_OBJECTS = 20_000
MAX_RECORDS = 8_192 + MAX_FIELDS
"""Fields of the third level: the records of all scopes, and what resources hold. Who counts the records themselves
says it more exactly."""
SMALL_BYTES = 256 * 1024
"""Of a request whose records are not counted: if all were empty, they would take some MB."""
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPE = 7

type _Stretch = tuple[int, int]
"""Where a message begins and ends."""


def too_many_fields(raw: bytes) -> bool:
    """Whether an encoded request has more parts, scopes or records than any sender needs. Damaged bytes are not too
    many: the parser says what they are."""
    whole = [(0, len(raw))]
    parts: list[_Stretch] = []
    left = _walk(raw, whole, MAX_FIELDS, parts)
    # A resource is no list of scopes, but has so few fields that walking it too costs nothing.
    scopes: list[_Stretch] = []
    left = None if left is None else _walk(raw, parts, left, scopes)
    if left is None or left < 0:
        return left is not None
    if len(raw) <= SMALL_BYTES:
        return False
    records = _walk(raw, scopes, MAX_RECORDS, None)
    return records is not None and records < 0


def _walk(raw: bytes, messages: list[_Stretch], left: int, inner: list[_Stretch] | None) -> int | None:
    """How many more fields than the messages have there may be, less than 0 as soon as there are too many; None where
    the bytes are damaged. The messages among the fields are added to `inner`."""
    for start, end in messages:
        at = start
        while at < end:
            left -= 1
            if left < 0:
                return left
            tag, at = _varint(raw, at, end)
            if tag & _WIRE_TYPE == _LENGTH:
                length, at = _varint(raw, at, end)
                if at + length > end:
                    return None
                if inner is not None:
                    inner.append((at, at + length))
                at += length
            elif tag & _WIRE_TYPE == _VARINT:
                _, at = _varint(raw, at, end)
            elif tag & _WIRE_TYPE in (_FIXED64, _FIXED32):
                at += 8 if tag & _WIRE_TYPE == _FIXED64 else 4
            else:
                return None
    return left


def too_many_objects(raw: bytes) -> bool:
    """Whether JSON has so many objects and lists for its size that it is no telemetry."""
    objects = raw.count(b"{") + raw.count(b"[")
    return objects > FEW_OBJECTS and objects * LEAST_BYTES_AN_OBJECT > len(raw)


def _varint(raw: bytes, at: int, end: int) -> tuple[int, int]:
    """A number and where it ends; where it does not end, the end."""
    value = shift = 0
    while at < end and shift < 64:
        byte = raw[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7
    return value, end
