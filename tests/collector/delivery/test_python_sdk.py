"""OpenTelemetry's own Python SDK, with its stock exporters, delivers; what it resends is booked once."""

from collections.abc import Callable, Generator

import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from tests.collector.delivery import busy_bench
from tests.collector.delivery.busy_bench import Busy
from tests.collector.delivery.delivered import Spans, assert_booked_once
from tests.collector.serve_bench import PATIENCE_SECONDS, Command

PROTOCOLS = ("grpc", "http")


def exporter_for(protocol: str, grpc: str, http: str) -> SpanExporter:
    """The stock exporter."""
    if protocol == "grpc":
        return GrpcExporter(endpoint=grpc, insecure=True, timeout=PATIENCE_SECONDS)
    return HttpExporter(endpoint=f"{http}/v1/traces", timeout=PATIENCE_SECONDS)


@pytest.fixture
def exporter(collector: Command) -> Generator[Callable[[str], SpanExporter]]:
    """An exporter into the running collector."""
    made: list[SpanExporter] = []

    def make(protocol: str) -> SpanExporter:
        made.append(exporter_for(protocol, collector.first_line["otlp_grpc"], collector.first_line["otlp_http"]))
        return made[-1]

    yield make
    for each in made:
        each.shutdown()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_what_an_application_traces_is_booked_once(
    collector: Command, exporter: Callable[[str], SpanExporter], protocol: str
) -> None:
    spans = Spans(f"msg_01PythonSdk{protocol}000000000")
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(exporter(protocol)))
    spans.write(provider)
    assert provider.force_flush()
    provider.shutdown()
    assert_booked_once(collector, spans)


def test_spans_sent_again_over_the_other_protocol_are_the_same_call(
    collector: Command, exporter: Callable[[str], SpanExporter]
) -> None:
    spans = Spans("msg_01PythonSdkTwice00000000")
    made = spans.made()
    for protocol in (*PROTOCOLS, *PROTOCOLS):
        assert exporter(protocol).export(made) is SpanExportResult.SUCCESS
    assert_booked_once(collector, spans)


@pytest.mark.parametrize("rate_limited", [True, False], ids=["rate_limited", "store_busy"])
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_collector_that_is_busy_once_gets_it_at_the_second_try(protocol: str, rate_limited: bool) -> None:
    def test(busy: Busy) -> None:
        exporter = exporter_for(protocol, busy.grpc, busy.http)
        assert exporter.export(Spans("msg_01PythonSdkBusy00000000").made()) is SpanExportResult.SUCCESS
        exporter.shutdown()
        (claim,) = busy.sink.claims
        assert claim.ids[0].value == "msg_01PythonSdkBusy00000000"
        assert busy.counts.refused == {"rate_limited" if rate_limited else "store_busy": 1}

    busy_bench.run(test, rate_limited=rate_limited)
