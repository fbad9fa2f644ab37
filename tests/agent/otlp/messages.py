"""OTLP requests for tests: a recording in JSON, and the same as protobuf made by the standard's own classes."""

import json
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "otlp"


def recorded(name: str) -> bytes:
    """A recording as it is sent over HTTP as JSON."""
    return (RECORDINGS / f"{name}.json").read_bytes()


def as_protobuf(raw: bytes) -> bytes:
    """The same request as a strict encoder writes it."""
    return json_format.Parse(raw, ExportLogsServiceRequest(), ignore_unknown_fields=True).SerializeToString()


def request(*records: dict[str, Any], at_ns: int = 1_795_200_000_000_000_000) -> bytes:
    """A request in JSON with records of these attributes."""
    logs = [{"timeUnixNano": str(at_ns), "attributes": [_pair(*pair) for pair in each.items()]} for each in records]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": logs}]}]}).encode()


def _pair(key: str, value: Any) -> dict[str, Any]:
    kinds = {bool: "boolValue", int: "intValue", float: "doubleValue", str: "stringValue"}
    return {"key": key, "value": {kinds[type(value)]: value}}


CLAUDE_CALL: dict[str, Any] = {
    "event.name": "api_request",
    "request_id": "req_011Test",
    "model": "claude-opus-5-5",
    "input_tokens": 3,
    "output_tokens": 5,
    "cache_read_tokens": 7,
    "cache_creation_tokens": 0,
    "duration_ms": 1000,
}
"""Attributes of a plain event."""
