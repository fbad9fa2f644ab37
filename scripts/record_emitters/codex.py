"""Records Codex's own telemetry: of some eight hundred spans a turn only those with counts."""

import os
from pathlib import Path
from typing import Any

from scripts.clients import CLIENTS, cache_folder, install
from scripts.record_emitters.taking import taking
from scripts.record_emitters.writing import billed_counts, write
from tests.clients.bench import make_bench
from tests.clients.machine import Machine
from tests.support.provider.process import provider

_EVENTS = ("codex.conversation_starts", "codex.user_prompt", "codex.api_request", "codex.sse_event")
_SPANS = ("handle_responses", "session_task.turn")
_KINDS = ("response.created", "response.completed", None)


def record(folder: Path) -> None:
    """Ask it one thing without a window, over HTTP: it ends a response twice, and tells the counts once."""
    client = next(each for each in CLIENTS if each.tool == "codex")
    program = install(client, cache_folder(os.environ), client.version)
    with provider(folder / "provider", websocket=False) as served, taking() as taken:
        bench = make_bench(folder / "machine", served.through_tunnel())
        machine = Machine(bench=bench, provider=served, programs={"codex": program})
        machine.sign_in()
        exporters = "".join(
            f'{name} = {{ otlp-http = {{ endpoint = "{taken.endpoint}/v1/{signal}", protocol = "binary" }} }}\n'
            for name, signal in (("exporter", "logs"), ("trace_exporter", "traces"))
        )
        config = f'[otel]\nenvironment = "prod"\nlog_user_prompt = true\n{exporters}'
        (bench.codex / "config.toml").write_text(config, encoding="utf-8")
        machine.codex(machine.shop(), "tool-loop")
        billed = [billed_counts(entry) for entry in served.entries() if entry.billed]
    about = f"Codex {client.version}, run"
    write("codex_logs_run", about, "logs", taken.parts["logs"], keep=_event, billed=billed)
    write("codex_traces_run", about, "traces", taken.parts["traces"], keep=_span, billed=billed)


def _event(log: dict[str, Any]) -> bool:
    said = {each["key"]: each["value"].get("stringValue") for each in log.get("attributes", [])}
    return said.get("event.name") in _EVENTS and said.get("event.kind") in _KINDS


def _span(span: dict[str, Any]) -> bool:
    return span["name"] in _SPANS and any("usage" in each["key"] for each in span.get("attributes", []))
