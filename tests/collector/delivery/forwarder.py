"""rotel, a forwarder of OpenTelemetry, as a process between an emitter and the collector."""

import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.collector.serve_bench import PATIENCE_SECONDS

_LOOK_SECONDS = 0.05


@dataclass(frozen=True)
class Forwarder:
    """Where it listens."""

    grpc: str
    http: str


@contextmanager
def forwarder(folder: Path, protocol: str, endpoint: str) -> Generator[Forwarder]:
    """Run one that sends on at once, by `grpc` or `http`, to `endpoint`."""
    grpc, http = _free_ports(2)
    words = [
        *(str(folder / "rotel" / "rotel-agent"), "start", "--exporter", "otlp", "--disable-batching"),
        *("--otlp-grpc-endpoint", grpc, "--otlp-http-endpoint", http),
        *("--otlp-exporter-protocol", protocol, "--otlp-exporter-endpoint", endpoint),
    ]
    # Its program is linked against the Python it was built for.
    environment = os.environ | {"LD_LIBRARY_PATH": str(sysconfig.get_config_var("LIBDIR"))}
    child = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        for address in (grpc, http):
            _until_it_listens(child, address)
        yield Forwarder(grpc=grpc, http=f"http://{http}")
    finally:
        child.kill()
        child.communicate()


def _free_ports(number: int) -> list[str]:
    with ExitStack() as stack:
        opened = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(number)]
        return [f"127.0.0.1:{each.getsockname()[1]}" for each in opened]


def _until_it_listens(child: "subprocess.Popen[str]", address: str) -> None:
    host, _, port = address.partition(":")
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        assert child.poll() is None, child.communicate()[0]
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return
        except OSError:
            time.sleep(_LOOK_SECONDS)
    raise AssertionError(f"it does not listen on {address}")
