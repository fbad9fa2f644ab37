"""A machine with network capture on in front of an origin of the test's own: the agent under its supervisor, and a
collector where one is wanted."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.clients.bench import Bench, make_bench
from tests.support.canary_origin import Origin
from tests.support.stopping import stop
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.breaker import PAUSES_SECONDS
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.home import CONTROL

BIN = Path(sys.executable).parent
REPO = Path(__file__).resolve().parents[2]
PATIENCE_SECONDS = 30.0
LOOK_SECONDS = 0.1
ATTEMPTS = 3
TOOL = "codex"
"""The name of a program that may be captured on every host."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoveredMachine:
    """What runs, and where its files are."""

    bench: Bench
    origin: Origin
    supervisor: int
    """Process id."""
    collector: Path | None
    """The collector's home."""
    api: str
    said: Path
    """A folder of what all programs printed."""

    @property
    def home(self) -> Path:
        """The agent's."""
        return self.bench.root / "tollbook"

    @property
    def proxy(self) -> files.ProxyState:
        state = files.load(self.home)
        assert state is not None
        return state

    def tollbook(self, *words: str, more: Mapping[str, str] | None = None) -> str:
        """Run a command of the agent's; what it printed is kept."""
        return run("tollbook", words, {**self.bench.environment(), **(more or {})}, self.said)

    def status(self) -> dict[str, Any]:
        """Of the relay in the resident process; empty while that does not answer."""
        try:
            return ask(self.home / CONTROL, "status", timeout=PATIENCE_SECONDS).get("proxy") or {}
        except Unreachable:
            return {}

    def client(self, requests: Sequence[Mapping[str, Any]], *, program: str = TOOL) -> list[str]:
        """Make requests through the relay, in a process of their own that is called as said."""
        asked = {
            "program": program,
            "proxy": self.proxy.url,
            "ca": [str(files.folder(self.home) / files.NODE_BUNDLE), str(self.origin.ca)],
            "requests": list(requests),
        }
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.canary_client"], input=json.dumps(asked), cwd=REPO,
            env=self.bench.environment(), capture_output=True, text=True, timeout=4 * PATIENCE_SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def captured(self, requests: Sequence[Mapping[str, Any]], *, program: str = TOOL) -> list[str]:
        """The same through the engine. On a computer that stands still for a moment the relay leaves the engine alone
        for a while, as it should: everything is asked again then."""
        answers: list[str] = []
        for _ in range(ATTEMPTS):
            before = self.status().get("bypassed")
            answers = self.client(requests, program=program)
            if self.status().get("bypassed") == before:
                break
            time.sleep(PAUSES_SECONDS[0])
        return answers

    def warm(self) -> None:
        """Until the engine runs: `tollbook run` asks the relay for its health, and that starts it."""
        until(lambda: bool(self.status().get("running")), lambda: "the relay does not answer")
        self.tollbook("run", "--", "true")
        until(lambda: bool(self.status().get("engine")), lambda: "the engine did not start")


def until(good: Callable[[], bool], what: Callable[[], str]) -> None:
    """Wait for it; `what` says what did not come."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not good():
        assert time.monotonic() < end, what()
        time.sleep(LOOK_SECONDS)


def run(program: str, words: Sequence[str], environment: Mapping[str, str], said: Path) -> str:
    """Run a command of ours; both its streams are kept in a file."""
    done = subprocess.run(
        [BIN / program, *words], env=dict(environment), capture_output=True, text=True, timeout=PATIENCE_SECONDS,
        check=False,
    )  # fmt: skip
    with (said / f"{program} {' '.join(words)}"[:100].replace("/", "_")).open("a", encoding="utf-8") as kept:
        kept.write(done.stdout + done.stderr)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextlib.contextmanager
def covered_machine(
    folder: Path,
    *,
    with_collector: bool = False,
    more: Mapping[str, str] | None = None,
    proxy_user: str = "",
    prepare: Callable[[Bench], None] = lambda _: None,
) -> Generator[CoveredMachine]:
    """Everything on; ends with its block.

    Args:
        more: of the environment that all programs of ours are started in.
        proxy_user: `user:password@` of the proxy that the machine had before.
        prepare: called with the empty machine before Tollbook is set up on it.
    """
    said = folder / "said"
    said.mkdir()
    origin = Origin(folder)
    with contextlib.ExitStack() as stack:
        stack.callback(origin.close)
        own, api, collector = {"TOLLBOOK_ENGINEER": "ada@example.com", **(more or {})}, "", None
        if with_collector:
            collector = folder / "collector"
            environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(collector)}
            child = stack.enter_context(_running("tollbook-collector", ("serve", "--dev"), environment, said))
            told = _first_line(child, said / "tollbook-collector.out")
            own["TOLLBOOK_COLLECTOR"], api = told["otlp_grpc"], told["api"]
        bench = make_bench(folder / "machine", {**own, "TMPDIR": str(folder / "machine" / "tmp")})
        (folder / "machine" / "tmp").mkdir()
        prepare(bench)
        before = {"HTTPS_PROXY": f"http://{proxy_user}127.0.0.1:{origin.port}", "NODE_EXTRA_CA_CERTS": str(origin.ca)}
        run("tollbook", ("on",), {**bench.environment(), **before}, said)
        run("tollbook", ("install", "--otel"), bench.environment(), said)
        agent = stack.enter_context(_running("tollbook", ("agent", "run"), bench.environment(), said))
        yield CoveredMachine(
            bench=bench, origin=origin, supervisor=agent.pid, collector=collector, api=api, said=said
        )  # fmt: skip


def _first_line(child: "subprocess.Popen[bytes]", said: Path) -> dict[str, str]:
    until(lambda: b"\n" in said.read_bytes() or child.poll() is not None, lambda: "the collector said nothing")
    return json.loads(said.read_bytes().split(b"\n", 1)[0])


@contextlib.contextmanager
def _running(
    program: str, words: Sequence[str], environment: Mapping[str, str], said: Path
) -> Generator["subprocess.Popen[bytes]"]:
    with (said / f"{program}.out").open("wb") as out, (said / f"{program}.err").open("wb") as err:
        child = subprocess.Popen([BIN / program, *words], env=dict(environment), stdout=out, stderr=err)
    try:
        yield child
    finally:
        stop(child, PATIENCE_SECONDS)
