"""google.rpc.RetryInfo out of a gRPC failure: how long the collector asks us to wait.

Three nested messages with two varints at the bottom; the stubs for them would be one more dependency on a laptop.
Status{3: Any{1: type_url, 2: RetryInfo{1: Duration{1: seconds, 2: nanos}}}}.
"""

from collections.abc import Iterator

DETAILS_KEY = "grpc-status-details-bin"
_TYPE = b"google.rpc.RetryInfo"
_MAX_SECONDS = 3600.0
"""A collector cannot make an agent wait longer than this."""
_MAX_SHIFT = 63


def retry_after(details: bytes) -> float | None:
    """Seconds the collector asked for; `None` when it asked for nothing that can be read."""
    try:
        for field, value in _fields(details):
            if field == 3 and isinstance(value, bytes):
                parts = dict(_fields(value))
                if _TYPE in _bytes(parts.get(1)):
                    duration = dict(_fields(_bytes(dict(_fields(_bytes(parts.get(2)))).get(1))))
                    return min(_number(duration.get(1)) + _number(duration.get(2)) / 10**9, _MAX_SECONDS)
    except (IndexError, ValueError):
        return None
    return None


def _bytes(value: bytes | int | None) -> bytes:
    return value if isinstance(value, bytes) else b""


def _number(value: bytes | int | None) -> int:
    """A count; negative ones come as huge varints and count as none."""
    return value if isinstance(value, int) and value < 2**63 else 0


def _fields(data: bytes) -> Iterator[tuple[int, bytes | int]]:
    """(field number, varint or bytes) of one message.

    Raises:
        IndexError, ValueError: cut short, or a wire type that does not occur here.
    """
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        if tag & 7 == 0:
            value, place = _varint(data, place)
            yield tag >> 3, value
        elif tag & 7 == 2:
            size, place = _varint(data, place)
            if place + size > len(data):
                raise ValueError("cut short")
            yield tag >> 3, data[place : place + size]
            place += size
        else:
            raise ValueError("unexpected wire type")


def _varint(data: bytes, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > _MAX_SHIFT:
            raise ValueError("a number of more than 64 bits")
