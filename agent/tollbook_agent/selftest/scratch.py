"""A machine in a folder: a repository on a ticket's branch, homes of the tools, an agent. Gone afterwards."""

import contextlib
import datetime as dt
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Generator, Mapping
from pathlib import Path
from typing import Any

from tollbook_agent import home as places
from tollbook_agent import telemetry
from tollbook_agent.capture.proxy import files
from tollbook_agent.control import Unreachable, ask
from tollbook_agent.doctor.loopback import StandIn
from tollbook_agent.selftest import client, invented

START_SECONDS = 20.0
SEEN_SECONDS = 20.0
LOOK_SECONDS = 0.1
MOST_CALLS, PAUSE_SECONDS = 5, 2.0
"""An engine that is read from the disk for the first time takes longer than the relay lets a tool wait."""
STOP_SECONDS = 10.0
PROGRAM = (sys.executable, "-I", "-X", "utf8", "-m", "tollbook_agent")
_KEPT = ("PATH", "LANG", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")


class Scratch:
    """What the steps of a self-test work with."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder = folder
        self.home = folder / "tollbook"
        self.claude, self.codex = folder / "claude", folder / "codex"
        self.repository = folder / "self-test"
        for each in (self.claude / "projects" / "self-test", self.codex / "sessions", folder / "user"):
            each.mkdir(parents=True)
        _repository(self.repository)
        kept = {name: environment[name] for name in _KEPT if name in environment}
        self.environment = kept | {
            "HOME": str(folder / "user"),
            "USERPROFILE": str(folder / "user"),
            "XDG_CONFIG_HOME": str(folder / "user"),
            "CLAUDE_CONFIG_DIR": str(self.claude),
            "CODEX_HOME": str(self.codex),
            "TOLLBOOK_HOME": str(self.home),
            "TOLLBOOK_ENGINEER": "self-test@example.invalid",
            "TOLLBOOK_PROJECT_KEYS": "TEST",
            "GIT_CONFIG_NOSYSTEM": "1",
        }

    def tollbook(self, *words: str, more: Mapping[str, str] | None = None) -> str:
        """What a command of ours prints.

        Raises:
            OSError, subprocess.SubprocessError: it did not work.
        """
        done = subprocess.run(
            [*PROGRAM, *words], env={**self.environment, **(more or {})}, cwd=self.repository, capture_output=True,
            text=True, timeout=START_SECONDS, check=True,
        )  # fmt: skip
        return done.stdout

    def status(self) -> dict[str, Any]:
        """The agent's own words; empty while it does not answer."""
        try:
            return ask(self.home / places.CONTROL, "status", timeout=START_SECONDS)
        except Unreachable:
            return {}

    def relay(self) -> dict[str, Any]:
        """What the agent says of its relay; empty while there is none."""
        said: dict[str, Any] | None = self.status().get("proxy")
        return said or {}

    def seen(self, kind: str, value: str) -> dict[str, Any] | None:
        """The call with this id, once it is stored; `None` where it never is."""
        end = time.monotonic() + SEEN_SECONDS
        while time.monotonic() < end:
            with contextlib.suppress(OSError, subprocess.SubprocessError):
                for line in self.tollbook("calls", "--json").splitlines():
                    call: dict[str, Any] = json.loads(line)
                    if call["ids"].get(kind) == value:
                        return call
            time.sleep(LOOK_SECONDS)
        return None

    def ask_provider(self) -> bool:
        """Through relay and engine, by a process of its own; whether it was answered."""
        state = files.load(self.home)
        if state is None or not _until(lambda: bool(self.relay().get("running"))):
            return False
        self.tollbook("run", "--", *PROGRAM, "--version")  # makes the engine warm
        _until(lambda: bool(self.relay().get("engine")))
        bundle = str(files.folder(self.home) / files.NODE_BUNDLE)
        words = (sys.executable, "-I", "-X", "utf8", "-m", client.__name__, state.url, bundle)
        for _ in range(MOST_CALLS):
            done = subprocess.run(
                words, cwd=self.repository, env=self.environment, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, timeout=START_SECONDS, check=False,
            )  # fmt: skip
            if done.returncode or self.relay().get("captured"):
                return done.returncode == 0
            time.sleep(PAUSE_SECONDS)
        return True

    def report(self, body: bytes) -> bool:
        """Post to the agent's receiver as a tool does; whether it was taken."""
        place = telemetry.load(self.home)
        if place is None:
            return False
        headers = {"content-type": "application/json", "x-tollbook-token": place.token}
        request = urllib.request.Request(f"http://127.0.0.1:{place.port}/v1/logs", body, headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with contextlib.suppress(OSError), opener.open(request, timeout=START_SECONDS) as answer:
            return answer.status == 200
        return False


def can_capture() -> bool:
    """Whether the extra `proxy` is installed."""
    return all(importlib.util.find_spec(name) is not None for name in ("mitmproxy", "cryptography"))


@contextlib.contextmanager
def scratch(environment: Mapping[str, str]) -> Generator[Scratch]:
    """Everything, with its agent running; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="tollbook-self-test-") as name, contextlib.ExitStack() as stack:
        made = Scratch(Path(name), environment)
        if can_capture():
            _cover(made, stack)
        made.tollbook("status", "--json")  # makes the home
        telemetry.make(made.home)
        child = subprocess.Popen(
            [*PROGRAM, "agent", "run"], env=made.environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            _until(lambda: bool(made.status()))
            yield made
        finally:
            child.terminate()
            try:
                child.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _cover(made: Scratch, stack: contextlib.ExitStack) -> None:
    """Network capture on, in front of a stand-in for the provider with an authority of its own."""
    from tollbook_agent.capture.proxy import trust

    minted = trust.mint({"anthropic": (client.HOST,)}, dt.datetime.now(dt.UTC), "provider")
    authority, leaf = made.folder / "provider-ca.pem", made.folder / "provider.pem"
    authority.write_bytes(minted.anchor)
    leaf.write_bytes(minted.leaves["anthropic"])
    provider = StandIn({client.HOST: leaf}, invented.answer())
    stack.callback(provider.close)
    before = {"HTTPS_PROXY": f"http://127.0.0.1:{provider.port}", "NODE_EXTRA_CA_CERTS": str(authority)}
    name = os.path.basename(os.path.realpath(sys.executable)).lower().removesuffix(".exe")
    made.tollbook("on", "--program", name, more=before)


def _repository(folder: Path) -> None:
    """A checkout as git leaves it, as far as context is read from it."""
    git = folder / ".git"
    (git / "refs" / "heads" / "feature").mkdir(parents=True)
    (git / "objects").mkdir()
    (git / "HEAD").write_text(f"ref: refs/heads/{invented.BRANCH}\n")
    (git / "refs" / "heads" / invented.BRANCH).write_text("0" * 39 + "1\n")
    (git / "config").write_text(f'[core]\n\tbare = false\n[remote "origin"]\n\turl = {invented.REMOTE}\n')


def _until(good: Callable[[], bool]) -> bool:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if good():
            return True
        time.sleep(LOOK_SECONDS)
    return False
