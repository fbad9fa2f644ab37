"""Recordings of emitters: OTLP requests in JSON with the records they must give beside them."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tollbook.sighting import SCOPE_FIELDS, Sighting
from tollbook.vocabulary import Basis
from tollbook.work import WORK_FIELDS
from tollbook_collector.receivers import plain_json, plain_protobuf
from tollbook_collector.receivers.dialects.registry import ALLOWED, dialect_of
from tollbook_collector.receivers.plain import Record, Signal
from tollbook_collector.receivers.routing_family import with_ancestors

FOLDER = Path(__file__).resolve().parents[2] / "recordings" / "otlp" / "emitters"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
_HEX_IDS = ("traceId", "spanId", "parentSpanId")


@dataclass(frozen=True)
class Recording:
    """One file: `expected` names for each record that is a call its dialect and what it must give."""

    name: str
    signal: Signal
    request: dict[str, Any]
    expected: list[dict[str, Any]]
    ignored: dict[str, int]

    @property
    def json(self) -> bytes:
        return json.dumps(self.request).encode()

    @property
    def protobuf(self) -> bytes:
        return as_protobuf(self.request, self.signal)


def load(name: str) -> Recording:
    content = json.loads((FOLDER / f"{name}.json").read_text())
    return Recording(name, Signal(content["signal"]), content["request"], content["expected"], content["ignored"])


def as_protobuf(request: dict[str, Any], signal: Signal) -> bytes:
    """The same request in protobuf; protobuf's own JSON has its ids in base64."""
    message = ExportTraceServiceRequest() if signal is Signal.TRACES else ExportLogsServiceRequest()
    json_format.ParseDict(_with_base64_ids(request), message, ignore_unknown_fields=True)
    return message.SerializeToString()


def _with_base64_ids(value: Any) -> Any:
    import base64

    if isinstance(value, dict):
        return {
            key: base64.b64encode(bytes.fromhex(each)).decode() if key in _HEX_IDS else _with_base64_ids(each)
            for key, each in value.items()
        }
    return [_with_base64_ids(each) for each in value] if isinstance(value, list) else value


def records(raw: bytes, signal: Signal, *, protobuf: bool) -> list[Record]:
    """The records of a request, with those around them."""
    if protobuf:
        split = plain_protobuf.split(raw, signal)
        assert isinstance(split, list)
        found = [each for each in plain_protobuf.read(split, signal, ALLOWED) if isinstance(each, Record)]
    else:
        parsed = plain_json.split(raw, signal)
        assert isinstance(parsed, list)
        found = list(plain_json.read(parsed, signal, ALLOWED))
    return with_ancestors(found)


def sightings(found: list[Record]) -> list[tuple[str, Sighting]]:
    """What the dialects read: the dialect's name and the sighting."""
    read: list[tuple[str, Sighting]] = []
    for record in found:
        dialect = dialect_of(record)
        sighting = None if dialect is None else dialect.read(record)
        if dialect is not None and isinstance(sighting, Sighting):
            read.append((dialect.name, sighting))
    return read


def shown(dialect: str, sighting: Sighting) -> dict[str, Any]:
    """A sighting as a recording shows it: whatever is known of it, in words."""
    work = sighting.work
    fields: dict[str, Any] = {
        "dialect": dialect,
        "source": sighting.source,
        "tool": sighting.tool,
        "ids": [[one.kind, one.value] for one in sighting.ids],
        "time": [sighting.started_at, sighting.ended_at],
        "usage": sighting.usage and {name: count for name, count in sighting.usage.as_dict().items() if count},
        "quality": sighting.quality.name.lower(),
        "channel": sighting.channel and [sighting.channel, Basis(sighting.basis.get("channel", 3)).name.lower()],
        "provider": sighting.provider,
        "billing": sighting.billing,
        "scope": {name: value for name in SCOPE_FIELDS if (value := getattr(sighting.scope, name))},
        "model_requested": sighting.model_requested,
        "model": sighting.model,
        "service_tier": sighting.service_tier,
        "speed": sighting.speed,
        "status": sighting.status,
        "session_id": sighting.session_id,
        "turn_id": sighting.turn_id,
        "agent_id": sighting.agent_id,
        "purpose": sighting.purpose,
        "reported_cost_nano_usd": sighting.reported_cost_nano_usd,
        "work": {name: list(known) for name in WORK_FIELDS if (known := getattr(work, name))},
        "tags": {name: list(known) for name, known in work.tags.items()},
    }
    return {name: value for name, value in fields.items() if value not in (None, {})}
