"""RetryInfo: how a gRPC answer says when to try again.

OpenTelemetry's protocol asks for `google.rpc.RetryInfo` in the details of the status. Go clients read it from
`grpc-status-details-bin`, the Python exporter from `google.rpc.retryinfo-bin`, so both are sent. The two messages have
few fields; they are written by hand, on protobuf's own Any and Duration, to spare a dependency.
"""

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration

_TYPE_URL = "type.googleapis.com/google.rpc.RetryInfo"
UNAVAILABLE = 14
RESOURCE_EXHAUSTED = 8
_LENGTH_DELIMITED = 2


def retry_trailers(seconds: int, message: str, code: int = UNAVAILABLE) -> tuple[tuple[str, bytes], ...]:
    """The trailing metadata of an answer that asks for another try after `seconds`."""
    info = _field(1, Duration(seconds=seconds).SerializeToString())
    detail = Any(type_url=_TYPE_URL, value=info).SerializeToString()
    status = b"\x08" + _varint(code) + _field(2, message.encode()) + _field(3, detail)
    return (("grpc-status-details-bin", status), ("google.rpc.retryinfo-bin", info))


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(number << 3 | _LENGTH_DELIMITED) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
