"""A machine whose clients run under `tollbook run --`: relay, engine, logs, own OpenTelemetry, and a collector."""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.clients.bench import Bench, make_bench
from tests.clients.machine import Machine
from tests.clients.scenario import Scenario
from tests.support.provider.compare import CallDocument
from tests.support.provider.process import provider

BIN = Path(sys.executable).parent
TOLLBOOK, COLLECTOR = BIN / "tollbook", BIN / "tollbook-collector"
PATIENCE_SECONDS = 40.0
LOOK_SECONDS = 0.25
PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Captured:
    """The machine, and what the collector knows of it."""

    machine: Machine
    api: str

    def calls(self) -> list[CallDocument]:
        """Every call at the collector."""
        with urllib.request.urlopen(f"{self.api}/api/v1/calls?limit={PAGE}", timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)["calls"]

    def settled(self, good: Callable[[list[CallDocument]], Sequence[str]]) -> list[str]:
        """What is wrong with the collector's calls, once nothing is or waiting does not help."""
        end = time.monotonic() + PATIENCE_SECONDS
        while (faults := list(good(self.calls()))) and time.monotonic() < end:
            time.sleep(LOOK_SECONDS)
        return faults


@contextlib.contextmanager
def captured(
    scenario: Scenario, programs: Mapping[str, Path], folder: Path, *, otel: bool = True
) -> Generator[Captured]:
    """One machine with everything on, its provider and its collector, all in `folder`."""
    with provider(folder / "provider", websocket=scenario.websocket) as served, _collector(folder) as (otlp, api):
        bench = make_bench(folder / "machine", {"TOLLBOOK_COLLECTOR": otlp, "TOLLBOOK_ENGINEER": "ada@example.com"})
        before = {"HTTPS_PROXY": f"http://127.0.0.1:{served.tunnel}", "NODE_EXTRA_CA_CERTS": str(served.ca)}
        _tollbook(bench, "on", more=before)
        if otel:
            _tollbook(bench, "install", "--otel")
        with _process([TOLLBOOK, "agent", "run"], bench.environment(), folder / "agent.log"):
            _until_captured(bench)
            machine = Machine(
                bench=bench, provider=served, programs=programs, prefix=(str(TOLLBOOK), "run", "--")
            )  # fmt: skip
            yield Captured(machine=machine, api=api)


@contextlib.contextmanager
def _collector(folder: Path) -> Generator[tuple[str, str]]:
    environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(folder / "collector")}
    words = [COLLECTOR, "serve", "--dev"]
    with _process(words, environment, folder / "collector.log") as child:
        assert child.stdout is not None
        told = json.loads(child.stdout.readline())
        yield str(told["otlp_grpc"]), str(told["api"])


@contextlib.contextmanager
def _process(words: Sequence[object], environment: Mapping[str, str], log: Path) -> "Generator[subprocess.Popen[str]]":
    with log.open("wb") as errors:
        child = subprocess.Popen(
            list(map(str, words)), env=dict(environment), stdout=subprocess.PIPE, stderr=errors, text=True
        )
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.communicate(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()


def _tollbook(bench: Bench, *words: str, more: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(
        [TOLLBOOK, *words], env={**bench.environment(), **(more or {})}, capture_output=True, text=True,
        timeout=PATIENCE_SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _until_captured(bench: Bench) -> None:
    """Until the engine runs: `tollbook run` asks the relay for its health, and that starts it."""
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        _tollbook(bench, "run", "--", "true")
        agent = json.loads(_tollbook(bench, "status", "--json"))["agent"] or {}
        if (agent.get("proxy") or {}).get("engine"):
            return
        time.sleep(LOOK_SECONDS)
    raise AssertionError("the engine did not start")
