"""The first page of the web pages over a large record: milliseconds, and kilobytes of everything it loads.

    python benchmarks/first_page.py [--calls 1000000] [--days 365] [--rounds 20]

Fills a record in `.bench/`, starts the collector over it as a process of its own, and asks for the overview as a
browser does: the page, its style, its scripts, the charts, compressed where they are. First right after the start, then
again and again over new connections; then a second apart while calls are booked, so that no two loads may be of the
same figures. Says how old those are. Everything is removed after.
"""

import argparse
import dataclasses
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import alias_workload as workload
import large

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.collector.serve_bench import Sender
from tollbook.vocabulary import Source

PATIENCE_SECONDS = 600
TARGET_MS, TARGET_KB = 300, 400
ROUNDS_BOOKING = 2
"""Times as many loads while calls are booked: what is told old comes to its age."""
_AS_OF = re.compile(r'as of <time datetime="([^"]+)"')
_ASSETS = re.compile(r'(?:src|href|data-charts)="(/static/[^"]+)"')


class Loaded(NamedTuple):
    """One load of the first page."""

    page_ms: float
    all_ms: float
    page_bytes: int
    bytes: int
    """Bodies as they were sent, compressed or not."""
    age: float
    """Seconds since the moment up to which everything is in the figures."""


def main() -> int:
    arguments = _arguments()
    with large.loaded(arguments.calls, arguments.days) as record:
        return _measure(record.parent, arguments.rounds, arguments.calls)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365, help="over which the calls are spread evenly")
    parser.add_argument("--rounds", type=int, default=20, help="loads that are measured")
    return parser.parse_args()


def _measure(home: Path, rounds: int, calls: int) -> int:
    environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(home), "TOLLBOOK_COLLECTOR_PROJECT_KEYS": "PAY"}
    command = [sys.executable, "-m", "tollbook_collector.cli.main", "serve", "--dev"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        said: dict[str, Any] = json.loads(server.stdout.readline())
        address = urlsplit(said["api"]).netloc
        first = load(address)
        print(f"at the start        {first.page_ms:,.0f} ms until the page: its answers are being worked out")
        found = [load(address) for _ in range(rounds)]
        booked = _while_booking(address, said["otlp_grpc"], rounds, calls)
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
    page, every = (
        statistics.median(times) for times in zip(*((one.page_ms, one.all_ms) for one in found), strict=True)
    )
    slowest, size = max(one.all_ms for one in found), found[-1]
    print(f"first page          {page:,.1f} ms, {size.page_bytes / 1e3:,.1f} kB")
    print(f"with all it loads   {every:,.1f} ms, {size.bytes / 1e3:,.1f} kB; slowest {slowest:,.1f} ms of {rounds}")
    pages = sorted(one.page_ms for one in booked)
    print(
        f"while calls come    {statistics.median(pages):,.1f} ms until the page, slowest {pages[-1]:,.1f} ms of"
        f" {len(pages)}; figures {max(one.age for one in booked):,.1f} s old at most"
    )
    print(f"aimed at            {TARGET_MS} ms and {TARGET_KB} kB")
    return 0


def _while_booking(address: str, receiver: str, rounds: int, calls: int) -> list[Loaded]:
    """Loads, a second apart, each after a call was booked: of the last day, so that the days shown stay."""
    sender, found = Sender(receiver), list[Loaded]()
    for number in range(rounds * ROUNDS_BOOKING):
        time.sleep(1)
        made = dataclasses.replace(workload.claim(calls - 1, Source.PROXY), **_other_ids(calls + number))
        assert sender.send([made]), "the collector has no time to book"
        found.append(load(address))
    sender.close()
    return found


def _other_ids(call: int) -> dict[str, Any]:
    """What makes a claim one of another call."""
    own = workload.claim(call, Source.PROXY)
    return {"key": own.key, "ids": own.ids}


def load(address: str) -> Loaded:
    """Load the first page and what it names, one after the other, over one new connection."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    began = time.perf_counter()
    page = _get(connection, "/")
    asked_at = time.time()
    page_ms = (time.perf_counter() - began) * 1e3
    names = sorted({unescape(name) for name in _ASSETS.findall(page.decode())})
    assets = [_get(connection, name) for name in names]
    all_ms = (time.perf_counter() - began) * 1e3
    connection.close()
    as_of = _AS_OF.search(page.decode())
    age = 0.0 if as_of is None else asked_at - datetime.fromisoformat(as_of[1]).timestamp()
    return Loaded(page_ms, all_ms, len(page), len(page) + sum(map(len, assets)), age)


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} was answered {answer.status}")
    return body


if __name__ == "__main__":
    raise SystemExit(main())
