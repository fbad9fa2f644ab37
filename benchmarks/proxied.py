"""What network capture adds: direct, through the relay and its engine, and through bare mitmdump, in the same run.

    python benchmarks/proxied.py [--requests 200] [--streams 1 5 20 50]

One origin on loopback answers each request with 20 kB in 20 pieces, 20 ms apart, over TLS: a fast model. Connections
are kept and warmed; the time to the first byte is measured on each request, the time of a new connection apart.
mitmdump runs with `stream_large_bodies=1`: without it, it holds every stream back until it has ended.
"""

import argparse
import asyncio
import base64
import contextlib
import json
import os
import re
import shutil
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.support.stopping import stop  # noqa: E402

BIN = Path(sys.executable).parent
HOST = "api.anthropic.com"
SIZE, PIECES = 20_000, 20
PAUSE_MS = 20
ASKED = b"x" * 2_000
PATIENCE_SECONDS = 30.0
BULK_SIZE = 32_000_000
USER = "tollbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to the origin."""

    name: str
    port: int
    trust: ssl.SSLContext
    credential: str | None = None
    connect: bool = True


class Channel:
    """A kept connection to the origin."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    @staticmethod
    async def open(way: Way) -> "Channel":
        """Connect, through the proxy where the way has one, and shake hands."""
        reader, writer = await asyncio.open_connection("127.0.0.1", way.port, limit=1 << 20)
        if way.connect:
            more = f"Proxy-Authorization: Basic {way.credential}\r\n" if way.credential else ""
            writer.write(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n{more}\r\n".encode())
            said = await reader.readuntil(b"\r\n\r\n")
            assert b" 200 " in said, said
        await writer.start_tls(way.trust, server_hostname=HOST)
        return Channel(reader, writer)

    async def ask(self, size: int, pieces: int, pause: int = PAUSE_MS) -> tuple[float, float]:
        """Seconds to the first byte of the body, and to the last."""
        head = f"POST /stream/{size}/{pieces}/{pause} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(ASKED)}\r\n\r\n"
        began = time.perf_counter()
        self._writer.write(head.encode() + ASKED)
        await self._reader.readuntil(b"\r\n\r\n")
        first = 0.0
        while True:
            length = int(await self._reader.readuntil(b"\r\n"), 16)
            await self._reader.readexactly(length + 2)
            first = first or time.perf_counter() - began
            if not length:
                return first, time.perf_counter() - began

    def close(self) -> None:
        self._writer.close()


async def measure(way: Way, streams: int, requests: int) -> tuple[list[float], float]:
    """Times to the first byte of all requests, and requests a second."""
    channels = [await Channel.open(way) for _ in range(streams)]
    for channel in channels:
        await channel.ask(SIZE, PIECES)
    firsts: list[float] = []

    async def work(channel: Channel, count: int) -> None:
        for _ in range(count):
            firsts.append((await channel.ask(SIZE, PIECES))[0])

    began = time.perf_counter()
    await asyncio.gather(*(work(channel, max(4, requests // streams)) for channel in channels))
    spent = time.perf_counter() - began
    for channel in channels:
        channel.close()
    return firsts, len(firsts) / spent


async def connecting(way: Way, count: int) -> list[float]:
    """Times from nothing to a connection that is ready."""
    spent: list[float] = []
    for _ in range(count):
        began = time.perf_counter()
        channel = await Channel.open(way)
        spent.append(time.perf_counter() - began)
        channel.close()
    return spent


async def bulk(way: Way) -> float:
    """MB/s of one large answer."""
    channel = await Channel.open(way)
    await channel.ask(SIZE, PIECES)
    _, last = await channel.ask(BULK_SIZE, 4, 0)
    channel.close()
    return BULK_SIZE / last / 1e6


def quantile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def context(*authorities: str) -> ssl.SSLContext:
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    for each in authorities:
        made.load_verify_locations(each)
    return made


@contextlib.contextmanager
def process(words: list[str], **more: object) -> Generator["subprocess.Popen[str]"]:
    child = subprocess.Popen(words, cwd=ROOT, text=True, **more)  # pyright: ignore[reportCallIssue, reportArgumentType]
    try:
        yield child
    finally:
        stop(child, PATIENCE_SECONDS)


@contextlib.contextmanager
def tollbook(folder: Path, origin: Mapping[str, str]) -> Generator[Way]:
    """The resident agent with capture on."""
    home = folder / "tollbook"
    own = {"HOME": str(folder), "TOLLBOOK_HOME": str(home), "CLAUDE_CONFIG_DIR": str(folder), "CODEX_HOME": str(folder)}
    kept = {name: value for name, value in os.environ.items() if "PROXY" not in name.upper() and "CERT" not in name}
    environment = {**kept, **own}
    before = {"HTTPS_PROXY": f"http://127.0.0.1:{origin['tunnel']}", "NODE_EXTRA_CA_CERTS": origin["ca"]}
    names = {psutil.Process().name(), Path(sys.executable).resolve().name}
    program = str(BIN / "tollbook")
    words = [program, "on", *(word for name in names for word in ("--program", name))]
    subprocess.run(words, env={**environment, **before}, check=True, capture_output=True)
    generations = home / "proxy" / "generations.json"
    generations.write_text(re.sub(r'"since": *[0-9.]+', '"since": 0', generations.read_text()))  # we are older than it
    state = json.loads((home / "proxy" / "proxy.json").read_text())
    with process([program, "agent", "run"], env=environment, stdout=subprocess.DEVNULL):
        ready = [program, "run", "--", str(BIN / "tollbook"), "status", "--json"]
        for _ in range(60):
            said = subprocess.run(ready, env=environment, capture_output=True, text=True, check=False)
            agent = json.loads(said.stdout or "{}").get("agent") or {}
            if (agent.get("proxy") or {}).get("engine"):
                break
            time.sleep(0.5)
        if not agent:
            raise RuntimeError("the resident agent did not start")
        credential = base64.b64encode(f"{USER}:{state['password']}".encode()).decode()
        trust = context(str(home / "proxy" / "node-ca.pem"))
        yield Way(name="relay and engine", port=state["port"], trust=trust, credential=credential)


@contextlib.contextmanager
def mitmdump(folder: Path, origin: Mapping[str, str]) -> Generator[Way]:
    """mitmproxy as it comes, streaming."""
    home = folder / "mitm"
    port = _free_port()
    words = [str(BIN / "mitmdump"), "-q", "--mode", f"upstream:http://127.0.0.1:{origin['tunnel']}@{port}"]
    sets = (f"confdir={home}", "stream_large_bodies=1", f"ssl_verify_upstream_trusted_ca={origin['ca']}")
    words += [word for each in (*sets, "listen_host=127.0.0.1") for word in ("--set", each)]
    with process(words, stdout=subprocess.DEVNULL):
        authority = home / "mitmproxy-ca-cert.pem"
        for _ in range(100):
            with contextlib.suppress(OSError):
                asyncio.run(_reachable(port))
                if authority.exists():
                    break
            time.sleep(0.2)
        yield Way(name="bare mitmdump", port=port, trust=context(str(authority)))


async def _reachable(port: int) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


def _free_port() -> int:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


async def report(ways: list[Way], requests: int, streams: list[int]) -> None:
    """Measure every way in turns and print."""
    print(f"  {'streams':>8}  {'way':<18}{'first byte p50':>16}{'p99':>10}{'added p99':>12}{'requests/s':>13}")
    for count in streams:
        base = 0.0
        for way in ways:
            firsts, rate = await measure(way, count, requests)
            p50, p99 = statistics.median(firsts) * 1e3, quantile(firsts, 0.99) * 1e3
            base = base if way.connect else p99
            print(
                f"  {count:>8}  {way.name:<18}{p50:>13.1f} ms{p99:>7.1f} ms{p99 - base:>+9.1f} ms{rate:>13,.0f}",
                flush=True,
            )
    for way in ways:
        spent = await connecting(way, 30)
        speed = await bulk(way)
        print(f"  new connection, {way.name}: p50 {statistics.median(spent) * 1e3:.1f} ms,"
              f" p99 {quantile(spent, 0.99) * 1e3:.1f} ms; one large answer {speed:.0f} MB/s")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=300)
    parser.add_argument("--streams", type=int, nargs="+", default=[1, 5, 20, 50])
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="tollbook-proxied-"))
    words = [sys.executable, "-m", "tests.support.fail_open_origin", str(folder)]
    try:
        with process(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            origin = json.loads(child.stdout.readline())
            direct = Way(name="direct", port=int(origin["port"]), trust=context(origin["ca"]), connect=False)
            with tollbook(folder, origin) as ours, mitmdump(folder, origin) as bare:
                asyncio.run(report([direct, ours, bare], arguments.requests, arguments.streams))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
