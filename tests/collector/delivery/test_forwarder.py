"""A forwarder between an emitter and the collector changes nothing: both protocols on both sides of it."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from opentelemetry.sdk.trace.export import SpanExportResult

from tests.collector.delivery.delivered import Spans, assert_booked_once
from tests.collector.delivery.forwarder import forwarder
from tests.collector.delivery.test_python_sdk import exporter_for
from tests.collector.serve_bench import PATIENCE_SECONDS, Command

_LOOK_SECONDS = 0.05


def wait_for_requests(collector: Command, receiver: str, number: int) -> None:
    """The forwarder answers its sender before it has delivered."""
    end = time.monotonic() + PATIENCE_SECONDS
    while collector.get("/api/v1/status")["receivers"][receiver]["requests"] < number:
        assert time.monotonic() < end, "the forwarder does not deliver"
        time.sleep(_LOOK_SECONDS)


@pytest.mark.parametrize("out", ["grpc", "http"])
@pytest.mark.parametrize("into", ["grpc", "http"])
def test_what_a_forwarder_passes_on_is_booked_once(
    collector: Command, emitter: Callable[[str], Path], into: str, out: str
) -> None:
    spans = Spans(f"msg_01Forwarder{into}{out}0000000")
    made, receiver = spans.made(), f"otlp_{out}"
    before = collector.get("/api/v1/status")["receivers"][receiver]["requests"]
    address = collector.first_line[receiver]
    endpoint = f"http://{address.removeprefix('http://')}"
    with forwarder(emitter("rotel"), out, endpoint) as between:
        exporter = exporter_for(into, between.grpc, between.http)
        for _ in range(2):  # as after an answer that was lost
            assert exporter.export(made) is SpanExportResult.SUCCESS
        exporter.shutdown()
        wait_for_requests(collector, receiver, before + 2)
    assert_booked_once(collector, spans)
