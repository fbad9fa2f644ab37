"""What OTLP/HTTP answers, in the encoding of the request: success, partial success, or a google.rpc.Status.

The protocol asks for the same encoding back, for `Retry-After` where a sender is to wait, and for google.rpc.Status as
the body of an error; its RetryInfo says the same as the header. Its few fields are written by hand, on protobuf's own
Any and Duration, to spare a dependency.
"""

import json
from typing import NamedTuple

from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceResponse,
)

from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.rejection import Rejection
from tollbook_collector.receivers.routing import Encoding

_TYPE_URL = "type.googleapis.com/google.rpc.RetryInfo"
_REJECTED = {Signal.TRACES: "Spans", Signal.LOGS: "LogRecords", Signal.METRICS: "DataPoints"}
_CODES = {400: 3, 401: 16, 403: 7, 404: 12, 405: 12, 408: 4, 413: 8, 415: 3, 429: 8, 503: 14}
"""HTTP status to the code of gRPC that says the same."""


class Answer(NamedTuple):
    """One HTTP answer."""

    status: int
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def success(signal: Signal, encoding: Encoding, told: Rejection | None) -> Answer:
    """Everything was taken, or all but what can never be."""
    if encoding is Encoding.JSON:
        partial = (
            {} if told is None else {f"rejected{_REJECTED[signal]}": str(told.records), "errorMessage": told.message}
        )
        return _answer(200, encoding, json.dumps({"partialSuccess": partial} if partial else {}).encode())
    if told is None:
        return _answer(200, encoding, b"")
    # The messages of logs and metrics have the same fields under the same numbers.
    counted = ExportTracePartialSuccess(rejected_spans=told.records, error_message=told.message)
    return _answer(200, encoding, ExportTraceServiceResponse(partial_success=counted).SerializeToString())


def failure(status: int, message: str, encoding: Encoding, *, retry_seconds: int | None = None) -> Answer:
    """Nothing was taken. With `retry_seconds` the same may be sent again, then."""
    code = _CODES[status]
    extra: tuple[tuple[bytes, bytes], ...] = ()
    if retry_seconds is not None:
        extra = ((b"retry-after", str(retry_seconds).encode()),)
    if status == 405:
        extra = ((b"allow", b"POST"),)
    if encoding is Encoding.JSON:
        details = [] if retry_seconds is None else [{"@type": _TYPE_URL, "retryDelay": f"{retry_seconds}s"}]
        body = json.dumps({"code": code, "message": message, "details": details}).encode()
    else:
        body = b"\x08" + _varint(code) + _field(2, message.encode())
        if retry_seconds is not None:
            info = _field(1, Duration(seconds=retry_seconds).SerializeToString())
            body += _field(3, Any(type_url=_TYPE_URL, value=info).SerializeToString())
    return _answer(status, encoding, body, extra)


def _answer(status: int, encoding: Encoding, body: bytes, extra: tuple[tuple[bytes, bytes], ...] = ()) -> Answer:
    headers = ((b"content-type", encoding.encode()), (b"content-length", str(len(body)).encode()), *extra)
    return Answer(status, headers, body)


def _field(number: int, payload: bytes) -> bytes:
    """A length-delimited field of a protobuf message."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
