"""Records Claude Code's own telemetry: its events and its spans of the calls."""

import os
from pathlib import Path
from typing import Any

from scripts.clients import CLIENTS, cache_folder, install
from scripts.record_emitters.taking import taking
from scripts.record_emitters.writing import billed_counts, write
from tests.clients.bench import make_bench
from tests.clients.machine import Machine
from tests.support.provider.ledger import Outcome
from tests.support.provider.process import provider

SCRIPTS = ("simple", "subagent", "rate-limited")
_EVENTS = ("user_prompt", "api_request", "api_error", "assistant_response")
_SPANS = ("claude_code.interaction", "claude_code.llm_request", "claude_code.tool")


def record(folder: Path) -> None:
    """Ask it a few things without a window: a turn, a subagent, a call that is refused at first."""
    client = next(each for each in CLIENTS if each.tool == "claude")
    program = install(client, cache_folder(os.environ), client.version)
    with provider(folder / "provider") as served, taking() as taken:
        telemetry = {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
            "OTEL_LOGS_EXPORTER": "otlp",
            "OTEL_TRACES_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_EXPORTER_OTLP_ENDPOINT": taken.endpoint,
            "OTEL_METRICS_INCLUDE_REPOSITORY": "true",
            "OTEL_RESOURCE_ATTRIBUTES": "team.id=payments,cost_center=eng-42",
        }
        bench = make_bench(folder / "machine", served.through_tunnel())
        machine = Machine(bench=bench, provider=served, programs={"claude": program}, more=telemetry)
        shop = machine.shop()
        for script in SCRIPTS:
            machine.claude(shop, script)
        ended = [entry for entry in served.entries() if entry.outcome is Outcome.COMPLETE]
    about = f"Claude Code {client.version}, run"
    billed = [billed_counts(entry) for entry in ended]
    write("claude_code_logs_run", about, "logs", taken.parts["logs"], keep=_event, billed=billed)
    write("claude_code_traces_run", about, "traces", taken.parts["traces"], keep=_span, billed=billed)


def _event(log: dict[str, Any]) -> bool:
    names = [each["value"].get("stringValue") for each in log.get("attributes", []) if each["key"] == "event.name"]
    return any(name in _EVENTS for name in names)


def _span(span: dict[str, Any]) -> bool:
    return span["name"] in _SPANS
