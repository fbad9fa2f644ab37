"""Runs Portkey's open gateway from npm with every switch of its telemetry on.

Version 1.15.2 sends nothing: the exporter is part of the enterprise image alone. A version that sends gets a recording.
"""

import json
import os
import socket
import subprocess
import time
import urllib.request
from http import HTTPStatus
from pathlib import Path

from scripts.emitters import emitter_named, install
from scripts.record_emitters.taking import taking
from scripts.record_emitters.writing import billed_counts, write
from tests.support.provider.process import provider

_SECONDS = 30
_PUSH_SECONDS = 6
"""An exporter that is there has sent by then."""


def record(folder: Path) -> None:
    """One call through the gateway; a recording where telemetry came of it."""
    emitter = emitter_named("portkey")
    package = install(emitter, os.environ) / "node_modules" / "@portkey-ai" / "gateway"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with provider(folder / "provider") as served, taking() as taken:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TRUSTED_CUSTOM_HOSTS": "127.0.0.1",
            "NODE_TLS_REJECT_UNAUTHORIZED": "0",  # towards the mock provider, which it calls by its address
            "EXPERIMENTAL_GEN_AI_OTEL_TRACES_ENABLED": "true",
            "EXPERIMENTAL_GEN_AI_OTEL_EXPORTER_OTLP_ENDPOINT": taken.endpoint,
            "OTEL_PUSH_ENABLED": "true",
            "OTEL_ENDPOINT": taken.endpoint,
        }
        words = ["node", str(package / "build" / "start-server.js"), f"--port={port}", "--headless"]
        gateway = subprocess.Popen(words, env=environment, cwd=folder, stdout=subprocess.DEVNULL)
        try:
            _until_it_listens(port)
            _ask(port, f"https://127.0.0.1:{served.port}/v1")
            time.sleep(_PUSH_SECONDS)
        finally:
            gateway.kill()
            gateway.wait()
        billed = [billed_counts(entry) for entry in served.entries() if entry.billed]
    assert billed, "the gateway made no call"
    if "traces" not in taken.parts:
        print(f"@portkey-ai/gateway {emitter.version}: {len(billed)} call, no telemetry")
        return
    about = f"@portkey-ai/gateway {emitter.version}, run"
    write("portkey_run", about, "traces", taken.parts["traces"], keep=lambda span: True, billed=billed)


def _until_it_listens(port: int) -> None:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise TimeoutError("the gateway does not listen")


def _ask(port: int, upstream: str) -> None:
    headers = {
        "content-type": "application/json",
        "authorization": "Bearer invented",
        "x-portkey-provider": "openai",
        "x-portkey-custom-host": upstream,
    }
    body = json.dumps({"model": "gpt-6.1-sol", "input": "canary-text-of-a-prompt"}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/v1/responses", body, headers)
    with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
        assert answer.status == HTTPStatus.OK
