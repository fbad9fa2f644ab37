"""Heartbeat: once a minute the agent tells the collector how many claims it made, sent and dropped, and its version.

Cumulative and without content, so that the collector sees gaps, silent devices and old versions. One that cannot be
sent is not kept: the next says the same and more.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import grpc
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2_grpc import MetricsServiceStub
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.metrics.v1.metrics_pb2 import AggregationTemporality, Metric, NumberDataPoint

from tollbook.heartbeat import DROPPED, MADE, MAX_REASONS, REASON, SENT

HEARTBEAT_SECONDS = 60.0
TIMEOUT_SECONDS = 5.0
SCOPE_NAME = "tollbook.agent"

type Counts = Callable[[], tuple[int, int, Mapping[str, int]]]
"""Claims made, claims sent, and what was dropped by reason: all since the store was made."""


def heartbeat_request(
    resource: list[KeyValue], made: int, sent: int, dropped: Mapping[str, int], now_ns: int
) -> ExportMetricsServiceRequest:
    """The metrics of a heartbeat."""
    request = ExportMetricsServiceRequest()
    part = request.resource_metrics.add()
    part.resource.attributes.extend(resource)
    scope = part.scope_metrics.add()
    scope.scope.name = SCOPE_NAME
    metrics: Any = scope.metrics
    metrics.append(_sum(MADE, "{claim}", [NumberDataPoint(time_unix_nano=now_ns, as_int=made)], monotonic=True))
    metrics.append(_sum(SENT, "{claim}", [NumberDataPoint(time_unix_nano=now_ns, as_int=sent)], monotonic=False))
    points: list[NumberDataPoint] = []
    for reason, count in sorted(dropped.items(), key=lambda item: -item[1])[:MAX_REASONS]:
        point = NumberDataPoint(time_unix_nano=now_ns, as_int=count)
        point.attributes.add(key=REASON).value.string_value = reason
        points.append(point)
    metrics.append(_sum(DROPPED, "{item}", points, monotonic=True))
    return request


def _sum(name: str, unit: str, points: list[NumberDataPoint], *, monotonic: bool) -> Metric:
    metric = Metric(name=name, unit=unit)
    metric.sum.aggregation_temporality = AggregationTemporality.AGGREGATION_TEMPORALITY_CUMULATIVE
    metric.sum.is_monotonic = monotonic
    metric.sum.data_points.extend(points)
    return metric


class Heart:
    """Beats when it is time. For the sender's thread."""

    def __init__(
        self, channel: grpc.Channel, resource: list[KeyValue], metadata: tuple[tuple[str, str], ...], counts: Counts, *,
        clock: Callable[[], int] = time.time_ns, ticking: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        stub: Any = MetricsServiceStub(channel)
        self._export: Callable[..., Any] = stub.Export
        self._resource, self._metadata, self._counts = resource, metadata, counts
        self._clock, self._ticking = clock, ticking
        self._next = 0.0

    def beat(self) -> bool:
        """Send a heartbeat when it is time; whether one was taken."""
        now = self._ticking()
        if now < self._next:
            return False
        self._next = now + HEARTBEAT_SECONDS
        made, sent, dropped = self._counts()
        request = heartbeat_request(self._resource, made, sent, dropped, self._clock())
        try:
            self._export(request, timeout=TIMEOUT_SECONDS, metadata=self._metadata)
        except (grpc.RpcError, ValueError):  # down, or the channel was closed: the next one says all
            return False
        return True
