"""The servers of the measurement: this collector on a store that is not empty, and a peer; and how they are watched."""

import hashlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import alias_preload
import measure

from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector.projection import Projection
from tollbook_collector.store.record.schema import NEWEST
from tollbook_collector.store.record.schema_days import DECLARE_DAYS
from tollbook_collector.store.record.sqlite import Record

BIN = Path(sys.executable).parent
PROJECT = "PAY"
RULE = TicketRule(project_keys=frozenset({PROJECT}))
PEER = "rotel==0.0.1a15"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
SAMPLE_SECONDS = 2.0
REST_SECONDS = 600.0
"""How long a server may be busy with itself after its start: sealing the days of a million calls takes a minute."""
AT_REST = 0.05
"""Of a processor, at most."""
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server that runs."""

    name: str
    target: str
    """host:port of OTLP/gRPC."""
    process: int

    def cpu(self) -> float:
        """Seconds of processor its processes have used."""
        return sum(map(_cpu, measure.family(self.process)))

    def memory(self) -> float:
        """Bytes; what its processes share counts once."""
        return sum(map(measure.proportional, measure.family(self.process)))


def preloaded(folder: Path, calls: int) -> Path:
    """A record with `calls` calls, claims and aliases included, made once for each schema and price book."""
    projection = Projection(RULE, default_book())
    of = hashlib.blake2b(f"{NEWEST} {projection.name}".encode(), digest_size=6).hexdigest()
    path = folder / f"record-{of}-{calls}.sqlite"
    if not path.exists():
        part = path.with_suffix(".part")
        part.unlink(missing_ok=True)
        Record(part, rule=RULE, book=default_book()).close()
        alias_preload.preload(part, calls, projection, None)
        connection = sqlite3.connect(part)
        connection.execute(DECLARE_DAYS)
        connection.commit()
        connection.close()
        record = Record(part, rule=RULE, book=default_book())
        record.book([], now_ns=time.time_ns())  # makes the filter of known aliases
        record.close()
        part.rename(path)
    return path


@contextmanager
def collector(home: Path, base: Path, processes: int = 0) -> Generator[Server]:
    """This collector on a copy of a record; the copy is its own."""
    home.mkdir(parents=True)
    shutil.copyfile(base, home / "record.sqlite")
    environment = os.environ | {
        "TOLLBOOK_COLLECTOR_HOME": str(home),
        "TOLLBOOK_COLLECTOR_PROJECT_KEYS": PROJECT,
        "TOLLBOOK_COLLECTOR_RECEIVER_PROCESSES": str(processes),
    }
    command = [str(BIN / "tollbook-collector"), "serve", "--dev"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    try:
        target = json.loads(process.stdout.readline() or "{}").get("otlp_grpc")
        if target is None:
            raise SystemExit("the collector did not start")
        server = Server(name="tollbook-collector", target=target, process=process.pid)
        _rest(server)
        yield server
    finally:
        _stop(process)
        process.stdout.close()


def _rest(server: Server) -> None:
    """Wait until a server has done what it does after a start."""
    until = time.monotonic() + REST_SECONDS
    quiet = 0
    while quiet < 3:
        before = server.cpu()
        time.sleep(SAMPLE_SECONDS)
        quiet = quiet + 1 if server.cpu() - before <= AT_REST * SAMPLE_SECONDS else 0
        if time.monotonic() > until:
            raise SystemExit("the collector does not come to rest after its start")


def peer_program(folder: Path) -> Path | str:
    """rotel, installed once into an environment of its own; or why it cannot be had."""
    place = folder / "rotel"
    if not place.is_dir():
        uv = Path(__file__).resolve().parents[1] / ".tools" / "bin" / "uv"
        pip = [str(uv), "pip", "install", "--quiet", "--target", str(place), "--python", sys.executable, PEER]
        made = subprocess.run(pip, check=False, capture_output=True, text=True)
        if made.returncode:
            shutil.rmtree(place, ignore_errors=True)
            return f"{PEER} cannot be installed: {(made.stderr.strip().splitlines() or ['no reason given'])[-1]}"
    program = place / "rotel" / "rotel-agent"
    if not program.exists():
        return f"{PEER} holds no program"
    program.chmod(0o755)
    return program


@contextmanager
def peer(program: Path) -> Generator[Server | str]:
    """rotel: takes, parses, throws away. Or why it does not run."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        target = f"127.0.0.1:{free.getsockname()[1]}"
    # Its binary is linked against the Python it was built for.
    libraries = f"{sysconfig.get_config_var('LIBDIR')}:{os.environ.get('LD_LIBRARY_PATH', '')}"
    command = [str(program), "start", "--exporter", "blackhole", "--otlp-grpc-endpoint", target]
    command += ["--otlp-http-endpoint", "127.0.0.1:0"]
    process = subprocess.Popen(
        command,
        env=os.environ | {"LD_LIBRARY_PATH": libraries},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    try:
        yield (
            Server(name="rotel, blackhole", target=target, process=process.pid)
            if _answers(process, target)
            else (f"{PEER} does not start here: {_last_words(process)}")
        )
    finally:
        _stop(process)
        if process.stderr is not None:
            process.stderr.close()


def _answers(process: subprocess.Popen[bytes], target: str) -> bool:
    host, _, port = target.partition(":")
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def _last_words(process: subprocess.Popen[bytes]) -> str:
    _stop(process)
    said = (process.stderr.read() if process.stderr else b"").decode(errors="replace").strip().splitlines()
    return said[-1] if said else f"exit code {process.returncode}"


def _stop(process: subprocess.Popen[str] | subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _cpu(process: int) -> float:
    """Seconds a process and the children it has waited for have used."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS


class Watch:
    """Looks at a server's memory every few seconds, beside the load."""

    def __init__(self, server: Server) -> None:
        self.seen: list[tuple[float, float]] = []
        """Seconds since the beginning, bytes."""
        self._server = server
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _look(self) -> None:
        begun = time.monotonic()
        while True:
            self.seen.append((time.monotonic() - begun, self._server.memory()))
            if self._ended.wait(SAMPLE_SECONDS):
                return
