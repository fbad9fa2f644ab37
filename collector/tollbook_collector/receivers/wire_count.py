"""Counting what a request holds before it is taken apart: small messages become large objects. Pure.

4 MB of empty scopes, two bytes each, take minutes and more than a gigabyte once they are objects; of JSON, a million
empty objects 300 MB. Here the outer two levels of a protobuf request are walked, without making anything of them, up
to what is allowed; an ordinary request has three to ten fields there. Records are bytes to their first reader, which
counts them itself.
"""

MAX_FIELDS = 8_192
"""Of the outer two levels together: parts, resources, scopes."""
LEAST_BYTES_AN_OBJECT = 16
"""JSON objects and lists are larger on average: attributes have 40 bytes."""
FEW_OBJECTS = 20_000
_GROUPS = 2
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WIRE_TYPE = 7


def too_many_fields(raw: bytes) -> bool:
    """Whether an encoded request has more parts and scopes than any sender needs. Damaged bytes are not too many: the
    parser says what they are."""
    left = MAX_FIELDS
    spans = [(0, len(raw))]
    for level in range(_GROUPS):
        inner: list[tuple[int, int]] = []
        for start, end in spans:
            at = start
            while at < end:
                left -= 1
                if left < 0:
                    return True
                tag, at = _varint(raw, at, end)
                if tag & _WIRE_TYPE == _LENGTH:
                    length, at = _varint(raw, at, end)
                    if at + length > end:
                        return False
                    inner.append((at, at + length))
                    at += length
                elif tag & _WIRE_TYPE == _VARINT:
                    _, at = _varint(raw, at, end)
                elif tag & _WIRE_TYPE in (_FIXED64, _FIXED32):
                    at += 8 if tag & _WIRE_TYPE == _FIXED64 else 4
                else:
                    return False
        # A resource is no list of scopes, but has so few fields that walking it too costs nothing.
        spans = inner if level + 1 < _GROUPS else []
    return False


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
