"""Heartbeats of agents in OTLP metrics. Pure. All other metrics are totals of what spans tell singly: see routing."""

from typing import Any

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tollbook.heartbeat import DROPPED, MADE, MAX_REASONS, REASON, SENT, Heartbeat, heartbeat

MAX_BYTES = 16 * 1024
"""A heartbeat has about 1 kB; larger metrics are no heartbeat and are not taken apart."""
_MARK = MADE.encode()


def read_heartbeats(raw: bytes) -> tuple[Heartbeat, ...]:
    """The heartbeats of an encoded ExportMetricsServiceRequest; none where the bytes are anything else."""
    if len(raw) > MAX_BYTES or _MARK not in raw:
        return ()
    try:
        request: Any = ExportMetricsServiceRequest.FromString(raw)
    except DecodeError:
        return ()
    return tuple(found for part in request.resource_metrics if (found := _of_resource(part)) is not None)


def _of_resource(part: Any) -> Heartbeat | None:
    texts = {attribute.key: attribute.value.string_value for attribute in part.resource.attributes}
    values: dict[str, int] = {}
    dropped: dict[str, int] = {}
    for scope in part.scope_metrics:
        for metric in scope.metrics:
            points = metric.sum.data_points
            if metric.name in (MADE, SENT) and len(points) == 1:
                values[metric.name] = points[0].as_int
            elif metric.name == DROPPED:
                for point in points[:MAX_REASONS]:
                    reason = next((each.value.string_value for each in point.attributes if each.key == REASON), "")
                    dropped[reason] = point.as_int
    if len(values) < 2:
        return None
    device, version = texts.get("host.id", ""), texts.get("service.version", "")
    return heartbeat(device, version, values[MADE], values[SENT], dropped)
