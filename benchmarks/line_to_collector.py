"""From a line in a usage log to the collector's answer: `python benchmarks/line_to_collector.py [--count 50]`.

Starts a collector and an agent whose home already holds a history, then appends one whole Claude Code line at a time,
at random moments, and asks the collector's API every few milliseconds until it shows that call; beside that, until the
laptop's own store has changed. The way of asking is part of what is measured. Fails if a call does not arrive.
"""

import argparse
import http.client
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from benchmarks.corpus import build  # noqa: E402
from tests.support.stopping import stop  # noqa: E402
from tollbook_agent.home import STORE  # noqa: E402

BENCH = REPO / ".bench"
BIN = Path(sys.executable).parent
COUNT = 50
WARM_UP = 3
"""Calls before those that are measured: connections are made, code is read."""
MEGABYTES = 10
"""Of logs that are there already."""
POLL_SECONDS = 0.005
LOOK_SECONDS = 0.001
PAUSE_SECONDS = (0.1, 0.5)
"""Between an answer and the next line: the agent has noted the acknowledgement by then."""
PATIENCE_SECONDS = 10.0
HISTORY_SECONDS = 300
STOP_SECONDS = 15
TARGET_MS = 1_000
_LETTERS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def line(session: str, cwd: str) -> tuple[str, bytes]:
    """The id of a new response, and the line Claude Code writes for it."""
    tail = "".join(random.choices(_LETTERS, k=22))
    response = f"msg_01{tail}"
    usage = {
        "input_tokens": 4,
        "cache_creation_input_tokens": 1_200,
        "cache_read_input_tokens": 15_000,
        "cache_creation": {"ephemeral_5m_input_tokens": 1_200, "ephemeral_1h_input_tokens": 0},
        "output_tokens": 320,
        "service_tier": "standard",
    }
    message = {
        "id": response,
        "type": "message",
        "role": "assistant",
        "model": "claude-opus-5-5",
        "content": [{"type": "text", "text": "x" * 800}],
        "stop_reason": "end_turn",
        "usage": usage,
    }
    record = {
        "type": "assistant",
        "uuid": str(uuid.uuid4()),
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestId": f"req_011C{tail[:20]}",
        "sessionId": session,
        "version": "2.1.330",
        "cwd": cwd,
        "gitBranch": "main",
        "isSidechain": False,
        "message": message,
    }
    return response, json.dumps(record, separators=(",", ":")).encode() + b"\n"


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Generator[str]:
    """A program of ours; gives its first line, and stops it at the end."""
    errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - closed below
    program = [BIN / command[0], *command[1:]]
    process = subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True)
    assert process.stdout is not None
    try:
        first = process.stdout.readline()
        if not first:
            code = process.wait()
            errors.seek(0)
            raise SystemExit(f"{' '.join(command)} did not start (exit code {code})\n{errors.read()}".rstrip())
        yield first
    finally:
        stop(process, STOP_SECONDS)
        process.stdout.close()
        errors.close()


class StoreWatch:
    """Notices when the laptop's store changes, beside the measurement."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._stopping = threading.Event()
        self.changed_at: list[float] = []
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        connection = sqlite3.connect(f"{self._store.as_uri()}?mode=ro", uri=True)
        version: int | None = None
        while not self._stopping.wait(LOOK_SECONDS):
            (now,) = connection.execute("PRAGMA data_version").fetchone()
            if version is not None and now != version:
                self.changed_at.append(time.perf_counter())
            version = now
        connection.close()

    def first_since(self, begin: float) -> float | None:
        return next((at for at in self.changed_at if at >= begin), None)

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join()


def ask_until(connection: http.client.HTTPConnection, session: str, wanted: str) -> float | None:
    """When the newest call of a session was the wanted one; `None` if it does not come in time."""
    deadline = time.perf_counter() + PATIENCE_SECONDS
    while time.perf_counter() < deadline:
        connection.request("GET", f"/api/v1/calls?limit=1&session={session}")
        calls: list[dict[str, Any]] = json.load(connection.getresponse())["calls"]
        if calls and calls[0]["ids"].get("response") == wanted:
            return time.perf_counter()
        time.sleep(POLL_SECONDS)
    return None


def wait_for_history(connection: http.client.HTTPConnection, calls: int) -> None:
    """Until the collector has what was there before."""
    deadline = time.monotonic() + HISTORY_SECONDS
    while time.monotonic() < deadline:
        connection.request("GET", "/api/v1/status")
        if json.load(connection.getresponse())["record"]["calls"] >= calls:
            return
        time.sleep(0.1)
    raise SystemExit(f"the history did not arrive in {HISTORY_SECONDS} s")


def measure(
    connection: http.client.HTTPConnection, log: Path, cwd: str, store: Path, count: int
) -> tuple[list[float], list[float]]:
    """Seconds from a line to the laptop's store, and to the collector's answer, of the calls that arrived."""
    session = log.stem
    watch = StoreWatch(store)
    stored: list[float] = []
    answered: list[float] = []
    for number in range(WARM_UP + count):
        time.sleep(random.uniform(*PAUSE_SECONDS))
        wanted, data = line(session, cwd)
        begin = time.perf_counter()
        with log.open("ab", buffering=0) as file:
            file.write(data)
        arrived = ask_until(connection, session, wanted)
        if arrived is None:
            print(f"  call {number + 1} of {WARM_UP + count} did not arrive in {PATIENCE_SECONDS:.0f} s")
        elif number >= WARM_UP:
            answered.append(arrived - begin)
            first = watch.first_since(begin)
            if first is not None:
                stored.append(first - begin)
    watch.stop()
    return stored, answered


def summary(name: str, seconds: Sequence[float]) -> str:
    """Quantiles of a list of times, as a line of a report."""
    if not seconds:
        return f"  {name:<34} nothing arrived"
    ranked = sorted(1_000 * each for each in seconds)
    p95, p99 = (ranked[min(len(ranked) - 1, int(len(ranked) * part))] for part in (0.95, 0.99))
    return f"  {name:<34}{statistics.median(ranked):8.1f} {p95:8.1f} {p99:8.1f} {ranked[-1]:8.1f}"


def main() -> int:
    """Start both, measure, report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help="of logs that are there already")
    arguments = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="line-", dir=BENCH) as folder:
        made, places = build(Path(folder), int(arguments.megabytes * 1e6))
        print(made)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOLLBOOK_")}
        environment = {**kept, **places}
        log = Path(places["CLAUDE_CONFIG_DIR"], "projects", "-bench", f"{uuid.uuid4()}.jsonl")
        log.parent.mkdir(parents=True)
        with running(["tollbook-collector", "serve", "--dev"], environment) as first:
            addresses = json.loads(first)
            environment["TOLLBOOK_COLLECTOR"] = addresses["otlp_grpc"]
            with running(["tollbook", "agent", "run"], environment) as imported:
                print(f"agent: {imported.strip()}")
                store = Path(places["TOLLBOOK_HOME"], STORE)
                cwd = str(Path(folder, "src", "shop"))
                connection = http.client.HTTPConnection(addresses["api"].removeprefix("http://"))
                wait_for_history(connection, made.calls)
                stored, answered = measure(connection, log, cwd, store, arguments.count)
                connection.close()
    print(f"  {'':<34}{'p50':>8} {'p95':>8} {'p99':>8} {'most':>8}  ms")
    print(summary("line -> laptop's store", stored))
    print(summary("line -> collector's API", answered))
    print(f"  {len(answered)} of {arguments.count} calls arrived; target: p99 under {TARGET_MS:,} ms at the API")
    return 0 if len(answered) == arguments.count else 1


if __name__ == "__main__":
    raise SystemExit(main())
