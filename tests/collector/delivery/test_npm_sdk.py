"""OpenTelemetry's own npm SDK delivers with each of its three exporters."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collector.delivery import busy_bench
from tests.collector.delivery.busy_bench import Busy
from tests.collector.delivery.delivered import Spans, assert_booked_once
from tests.collector.serve_bench import PATIENCE_SECONDS, Command

_SCRIPT = Path(__file__).with_name("deliver.mjs")
PROTOCOLS = ("grpc", "http/json", "http/protobuf")
RESENT = ("http/json", "http/protobuf")
"""Its gRPC exporter (0.223.0) gives up at any failure, UNAVAILABLE with RetryInfo too."""


def deliver(modules: Path, protocol: str, endpoint: str, spans: Spans) -> None:
    """Run the application; it fails where its exporter does."""
    words = ["node", str(_SCRIPT), str(modules / "node_modules"), protocol, endpoint, json.dumps(spans.attributes())]
    done = subprocess.run(words, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_an_application_traces_is_booked_once(
    collector: Command, emitter: Callable[[str], Path], protocol: str
) -> None:
    spans = Spans(f"msg_01NpmSdk{protocol.replace('/', '')}0000000000")
    grpc, http = (collector.first_line[name] for name in ("otlp_grpc", "otlp_http"))
    deliver(emitter("otel-js"), protocol, f"http://{grpc}" if protocol == "grpc" else http, spans)
    assert_booked_once(collector, spans)


@pytest.mark.parametrize("protocol", RESENT)
def test_a_collector_that_is_busy_once_gets_it_at_the_second_try(emitter: Callable[[str], Path], protocol: str) -> None:
    spans = Spans("msg_01NpmSdkBusy000000000000")

    def test(busy: Busy) -> None:
        deliver(emitter("otel-js"), protocol, busy.http, spans)
        (claim,) = busy.sink.claims
        assert claim.ids[0].value == spans.response_id
        assert busy.counts.refused == {"store_busy": 1}

    busy_bench.run(test, rate_limited=False)
