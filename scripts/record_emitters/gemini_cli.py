"""Records Gemini CLI: its events in full, of its spans only those of the calls."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from scripts.emitters import emitter_named, install
from scripts.record_emitters import gemini_mock
from scripts.record_emitters.taking import taking
from scripts.record_emitters.writing import write

_SECONDS = 180
_KEPT_EVENTS = ("gemini_cli.api_response", "gemini_cli.api_request", "gen_ai.client.inference.operation.details")


def record(folder: Path) -> None:
    """Ask it one thing without a window."""
    emitter = emitter_named("gemini-cli")
    package = install(emitter, os.environ) / "node_modules" / "@google" / "gemini-cli"
    entry = json.loads((package / "package.json").read_text(encoding="utf-8"))["bin"]["gemini"]
    with gemini_mock.serving() as gemini, taking() as taken:
        telemetry = {"enabled": True, "target": "local", "otlpProtocol": "http", "otlpEndpoint": taken.endpoint}
        settings = folder / ".gemini" / "settings.json"
        settings.parent.mkdir()
        chosen = {"auth": {"selectedType": "gemini-api-key"}}
        content = {"telemetry": {**telemetry, "logPrompts": True, "traces": True}, "security": chosen}
        settings.write_text(json.dumps(content), encoding="utf-8")
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GEMINI_API_KEY": "invented",
            "GOOGLE_GEMINI_BASE_URL": gemini.address,
            "GEMINI_CLI_TRUST_WORKSPACE": "true",
            "NO_PROXY": "127.0.0.1",
        }
        words = ["node", str(package / entry), "--model", "gemini-2.5-pro", "--prompt", "canary-text-of-a-prompt"]
        subprocess.run(words, env=environment, cwd=folder, check=True, timeout=_SECONDS, stdin=subprocess.DEVNULL)
    about = f"@google/gemini-cli {emitter.version}, run"
    write("gemini_cli_run", about, "logs", taken.parts["logs"], keep=_event, billed=gemini.billed)
    if "traces" in taken.parts:
        write("gemini_cli_spans", about, "traces", taken.parts["traces"], keep=lambda span: True, billed=[])


def _event(log: dict[str, Any]) -> bool:
    names = [each["value"].get("stringValue") for each in log.get("attributes", []) if each["key"] == "event.name"]
    return any(name in _KEPT_EVENTS for name in names)
