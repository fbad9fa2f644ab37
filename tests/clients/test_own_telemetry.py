"""The clients' own OpenTelemetry, sent straight to a collector: what it books is what the provider billed."""

import time
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.clients.bench import make_bench
from tests.clients.machine import Machine
from tests.collector.serve_bench import PATIENCE_SECONDS, Command
from tests.support.provider.process import provider

_LOOK_SECONDS = 0.1
PROTOCOLS = (
    pytest.param("grpc", marks=pytest.mark.clients_quick),
    "http/protobuf",
    "http/json",
)


@pytest.fixture
def collector(tmp_path: Path) -> Generator[Command]:
    running = Command(tmp_path / "collector")
    yield running
    running.end()


def endpoint(collector: Command, protocol: str) -> str:
    """Where a client should send."""
    grpc = f"http://{collector.first_line['otlp_grpc']}"
    return grpc if protocol == "grpc" else collector.first_line["otlp_http"]


def wait_for(good: Callable[[], bool]) -> None:
    """Telemetry comes after the client's answer."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not good():
        assert time.monotonic() < end, "the telemetry did not come"
        time.sleep(_LOOK_SECONDS)


@pytest.mark.clients
@pytest.mark.timeout(300)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_claude_codes_events_and_spans_are_the_calls_that_were_billed(
    programs: Mapping[str, Path], tmp_path: Path, collector: Command, protocol: str
) -> None:
    telemetry = {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
        "OTEL_LOGS_EXPORTER": "otlp",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        "OTEL_EXPORTER_OTLP_PROTOCOL": protocol,
        "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint(collector, protocol),
    }
    with provider(tmp_path / "provider") as served:
        bench = make_bench(tmp_path / "machine", served.through_tunnel())
        machine = Machine(bench=bench, provider=served, programs=programs, more=telemetry)
        machine.claude(machine.shop(), "subagent")
        billed = sorted((str(entry.request_id), entry.usage) for entry in served.entries() if entry.billed)

    def booked() -> list[tuple[str, Any]]:
        calls = collector.get("/api/v1/calls?limit=500")["calls"]
        return sorted((call["ids"]["request"], call["usage"]) for call in calls)

    wait_for(lambda: len(booked()) >= len(billed))
    counted = [(request, [usage[name] for name in _COUNTED]) for request, usage in booked()]
    assert counted == [(request, [usage[name] for name in _COUNTED]) for request, usage in billed if usage]


_COUNTED = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "web_searches")


@pytest.mark.clients
@pytest.mark.clients_quick
@pytest.mark.timeout(300)
def test_codexs_events_open_no_call_and_are_counted(
    programs: Mapping[str, Path], tmp_path: Path, collector: Command
) -> None:
    """They name no response: the laptop's agent matches them, the collector must not guess."""
    with provider(tmp_path / "provider", websocket=False) as served:
        bench = make_bench(tmp_path / "machine", served.through_tunnel())
        exporter = f'{{ otlp-http = {{ endpoint = "{endpoint(collector, "http")}/v1/logs", protocol = "binary" }} }}'
        (bench.codex / "config.toml").write_text(f"[otel]\nexporter = {exporter}\n", encoding="utf-8")
        machine = Machine(bench=bench, provider=served, programs=programs)
        machine.sign_in()
        machine.codex(machine.shop(), "tool-loop")
        billed = sum(entry.billed for entry in served.entries())

    def unnamed() -> int:
        return collector.get("/api/v1/status")["receivers"]["otlp_http"]["ignored"].get("call_without_id", 0)

    wait_for(lambda: unnamed() >= billed)
    assert unnamed() == billed
    assert collector.get("/api/v1/calls")["calls"] == []
