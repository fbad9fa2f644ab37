"""The first page of the web pages over a large record: milliseconds, and kilobytes of everything it loads.

    python benchmarks/first_page.py [--calls 1000000] [--days 365] [--rounds 20]

Fills a record in `.bench/`, starts the collector over it as a process of its own, and asks for the overview as a
browser does: the page, its style, its scripts, the charts, compressed where they are. First right after the start, then
again and again over new connections. Everything is removed after.
"""

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import large

PATIENCE_SECONDS = 600
TARGET_MS, TARGET_KB = 300, 400
_ASSETS = re.compile(r'(?:src|href|data-charts)="(/static/[^"]+)"')


class Loaded(NamedTuple):
    """One load of the first page."""

    page_ms: float
    all_ms: float
    page_bytes: int
    bytes: int
    """Bodies as they were sent, compressed or not."""


def main() -> int:
    arguments = _arguments()
    with large.loaded(arguments.calls, arguments.days) as record:
        return _measure(record.parent, arguments.rounds)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--days", type=int, default=365, help="over which the calls are spread evenly")
    parser.add_argument("--rounds", type=int, default=20, help="loads that are measured")
    return parser.parse_args()


def _measure(home: Path, rounds: int) -> int:
    environment = {**os.environ, "TOLLBOOK_COLLECTOR_HOME": str(home), "TOLLBOOK_COLLECTOR_PROJECT_KEYS": "PAY"}
    command = [sys.executable, "-m", "tollbook_collector.cli.main", "serve", "--dev"]
    server = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        assert server.stdout is not None
        address = urlsplit(json.loads(server.stdout.readline())["api"]).netloc
        first = load(address)
        print(f"at the start        {first.page_ms:,.0f} ms until the page: its answers are being worked out")
        found = [load(address) for _ in range(rounds)]
    finally:
        server.terminate()
        server.wait(PATIENCE_SECONDS)
    page, every = (
        statistics.median(times) for times in zip(*((one.page_ms, one.all_ms) for one in found), strict=True)
    )
    slowest, size = max(one.all_ms for one in found), found[-1]
    print(f"first page          {page:,.1f} ms, {size.page_bytes / 1e3:,.1f} kB")
    print(f"with all it loads   {every:,.1f} ms, {size.bytes / 1e3:,.1f} kB; slowest {slowest:,.1f} ms of {rounds}")
    print(f"aimed at            {TARGET_MS} ms and {TARGET_KB} kB")
    return 0


def load(address: str) -> Loaded:
    """Load the first page and what it names, one after the other, over one new connection."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    began = time.perf_counter()
    page = _get(connection, "/")
    page_ms = (time.perf_counter() - began) * 1e3
    names = sorted({unescape(name) for name in _ASSETS.findall(page.decode())})
    assets = [_get(connection, name) for name in names]
    all_ms = (time.perf_counter() - began) * 1e3
    connection.close()
    return Loaded(page_ms, all_ms, len(page), len(page) + sum(map(len, assets)))


def _get(connection: http.client.HTTPConnection, path: str) -> bytes:
    connection.request("GET", path, headers={"accept-encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise SystemExit(f"{path} was answered {answer.status}")
    return body


if __name__ == "__main__":
    raise SystemExit(main())
