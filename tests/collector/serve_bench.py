"""Running collectors for journey tests: the real command, or the same server in a process that starts quickly."""

import asyncio
import json
import multiprocessing
import os
import select
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import grpc

from tests.collector.claim_maker import request_of
from tollbook.claim import Claim
from tollbook_collector.receivers.otlp_grpc import SERVICE

PATIENCE_SECONDS = 30
"""For what has to happen at all; no test measures time."""
PROGRAM = ("-m", "tollbook_collector.cli.main")
SOON = tuple((f"grpc.{name}_reconnect_backoff_ms", 50) for name in ("initial", "max"))
"""A server that begins again is found at once. Not `min`: that is also how long connecting may take, and 50 ms are not
enough on a full machine."""
RETRYABLE = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED}


class Sender:
    """Sends claims as an agent does; a request without an answer is to be sent again."""

    def __init__(self, address: str) -> None:
        self._channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1), *SOON])
        self._export: Any = self._channel.unary_unary(f"/{SERVICE}/Export")

    def send(self, claims: Sequence[Claim]) -> bool:
        """Whether the claims were acknowledged."""
        try:
            answer: bytes = self._export(request_of(claims), timeout=PATIENCE_SECONDS)
        except grpc.RpcError as error:
            if error.code() in RETRYABLE:  # type: ignore[attr-defined]
                return False
            raise
        assert answer == b""  # no partial success
        return True

    def close(self) -> None:
        self._channel.close()


class Command:
    """`tollbook-collector serve --dev` as a process of its own."""

    def __init__(self, home: Path, *, prefix: Sequence[str] = (), program: Sequence[str] = PROGRAM) -> None:
        """`prefix` is a command that runs the one after it."""
        self.environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(home)}
        self.process = subprocess.Popen(
            [*prefix, sys.executable, *program, "serve", "--dev"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environment,
        )
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        assert readable, "no first line"
        self.first_line: dict[str, Any] = json.loads(self.process.stdout.readline())

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(self.first_line["api"] + path, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def run(self, *arguments: str) -> str:
        """What another command prints beside the server."""
        command = [sys.executable, "-m", "tollbook_collector.cli.main", *arguments]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def stop(self, number: signal.Signals) -> tuple[int, str]:
        """The exit code after a signal, and what was printed on stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=PATIENCE_SECONDS)
        return self.process.returncode, err

    def end(self) -> None:
        """End it whatever a failing test left behind."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


def _serve(home: Path, ready: "Connection[str, str]") -> None:
    """The server, in a child process: the composition that the command runs."""
    from dataclasses import replace

    from tollbook_collector.address import Address
    from tollbook_collector.app import Listening, serve
    from tollbook_collector.config import load

    settings = load(home, None, {}).settings
    assert settings is not None
    free = Address("127.0.0.1", 0)

    def announce(listening: Listening) -> None:
        ready.send(str(listening.otlp_grpc))

    asyncio.run(serve(replace(settings, otlp_grpc_address=free, otlp_http_address=free, api_address=free), announce))


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.collector.serve_bench", "tollbook_collector.app"])


class Child:
    """The server forked from a process that has imported everything: it starts in a tenth of the time."""

    def __init__(self, home: Path) -> None:
        mine, theirs = _FORKS.Pipe(duplex=False)
        self._process = _FORKS.Process(target=_serve, args=(home, theirs), daemon=True)
        self._process.start()
        assert mine.poll(PATIENCE_SECONDS), "the server does not start"
        self.address: str = mine.recv()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.join(PATIENCE_SECONDS)
        assert self._process.exitcode == -signal.SIGKILL

    def stop(self) -> None:
        """SIGTERM; the server leaves cleanly."""
        self._process.terminate()
        self._process.join(PATIENCE_SECONDS)
        assert self._process.exitcode == 0
