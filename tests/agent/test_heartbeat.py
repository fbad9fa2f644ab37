"""The agent's heartbeat: when it beats, what it says, and that nothing depends on it."""

from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

from tests.support.small_store import prepared, store_at
from tollbook.heartbeat import DROPPED, MADE, REASON, SENT
from tollbook_agent.daemon import resource
from tollbook_agent.heartbeat import HEARTBEAT_SECONDS, Heart, heartbeat_request
from tollbook_agent.settings import load
from tollbook_agent.store.store import Discard


class Channel:
    """Keeps what is sent, or fails."""

    def __init__(self) -> None:
        self.requests: list[ExportMetricsServiceRequest] = []
        self.metadata: Any = None
        self.down = False

    def unary_unary(self, *_: Any, **__: Any) -> Any:
        def export(request: Any, *, timeout: float, metadata: Any) -> None:
            if self.down:
                raise grpc.RpcError
            self.requests.append(request)
            self.metadata = metadata

        return export


def test_it_beats_once_a_minute_and_a_collector_that_is_down_costs_nothing() -> None:
    channel: Any = Channel()
    now = [0.0]
    heart = Heart(channel, [], (("a", "b"),), lambda: (3, 2, {"x": 1}), clock=lambda: 7, ticking=lambda: now[0])
    beats = []
    for second in range(0, 181, 5):
        now[0] = float(second)
        channel.down = 60 <= second < 120
        beats.append(heart.beat())
    assert sum(beats) == 3  # at 0, 120 and 180
    assert HEARTBEAT_SECONDS == 60
    assert channel.metadata == (("a", "b"),)
    metrics = {one.name: one for one in channel.requests[0].resource_metrics[0].scope_metrics[0].metrics}
    assert metrics[MADE].sum.data_points[0].as_int == 3
    assert metrics[SENT].sum.data_points[0].as_int == 2
    assert metrics[DROPPED].sum.data_points[0].attributes[0].value.string_value == "x"


def test_a_store_tells_what_was_made_what_waits_and_what_was_dropped(tmp_path: Path) -> None:
    store = store_at(tmp_path / "store.sqlite")
    try:
        assert store.tally() == (0, 0, {})
        store.commit([prepared(1), prepared(2)], (), [Discard(path="a", reason="bad", count=2, detail="")], now_ns=1)
        store.commit([prepared(3)], (), [Discard(path="b", reason="bad", count=1, detail="")], now_ns=2)
        assert store.tally() == (3, 3, {"bad": 3})
        store.acknowledge([one.sequence for one in store.unsent(2)])
        assert store.tally() == (3, 1, {"bad": 3})
        assert store.tally() == (3, 1, {"bad": 3})
    finally:
        store.close()


@pytest.mark.parametrize("fault", [grpc.RpcError(), ValueError("the channel is closed")])
def test_no_failure_of_a_heartbeat_reaches_the_sender(fault: Exception) -> None:
    class Failing(Channel):
        def unary_unary(self, *_: Any, **__: Any) -> Any:
            def export(*_: Any, **__: Any) -> None:
                raise fault

            return export

    channel: Any = Failing()
    assert Heart(channel, [], (), lambda: (0, 0, {})).beat() is False


def test_it_carries_what_the_privacy_page_says_and_nothing_else(tmp_path: Path) -> None:
    settings = load({"TOLLBOOK_HOME": str(tmp_path)})
    about = resource(settings).attributes
    assert set(about) == {"service.name", "service.version", "service.instance.id", "host.id", "rpc.grpc.version"}
    assert about["host.id"] == about["service.instance.id"] == settings.device
    request = heartbeat_request([], 3, 2, {"line_not_json": 1}, 7)
    (scope,) = request.resource_metrics[0].scope_metrics
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()
    for metric in scope.metrics:
        assert metric.name in page or f"`.{metric.name.rpartition('.')[2]}`" in page
        for point in metric.sum.data_points:
            assert {attribute.key for attribute in point.attributes} <= {REASON}
    assert {metric.name for metric in scope.metrics} == {MADE, SENT, DROPPED}
