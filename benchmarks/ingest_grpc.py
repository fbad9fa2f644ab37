"""How many spans a second are durable, merged and priced over OTLP/gRPC: `python benchmarks/ingest_grpc.py`.

    python benchmarks/ingest_grpc.py [--calls 1000000] [--spans 60000] [--minutes 0.5] [--rounds 1]
        [--processes 1] [--pace 5000]

Starts `tollbook-collector serve` on a store that holds `--calls` calls and sends it what `ingest_workload.py` makes:
`--spans` spans as fast as they are acknowledged with 1, 8 and 50 clients, then `--pace` spans/s for `--minutes`
(`--minutes 10` shows that memory stays flat). The peer, rotel with its blackhole exporter, gets the same requests in
the same run; it parses and throws away, and stores nothing. Store and requests are made once and kept in `.bench/`.

The spans per second of processor are what other work on the machine disturbs least. Fails if a span was rejected or
the collector's store holds other numbers than were acknowledged.
"""

import argparse
import asyncio
import shutil
import sqlite3
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import ingest_load
import ingest_servers
import ingest_workload
from ingest_load import Load
from ingest_servers import Server, Watch

BENCH = Path(__file__).resolve().parents[1] / ".bench" / "ingest"
CLIENTS = (1, 8, 50)
SPANS_A_REQUEST = 100
PACED_CLIENTS = 50
WARM_UP = 40
"""Requests before those that are measured."""
SHOWN = 10
"""Looks at the memory that are printed."""


def main() -> int:
    arguments = _arguments()
    BENCH.mkdir(parents=True, exist_ok=True)
    each = arguments.spans // SPANS_A_REQUEST
    paced = int(arguments.minutes * 60 * arguments.pace) // SPANS_A_REQUEST
    count = WARM_UP + each * len(CLIENTS) * arguments.rounds + paced
    base = ingest_servers.preloaded(BENCH, arguments.calls)
    requests = ingest_workload.prepare(BENCH, arguments.calls, SPANS_A_REQUEST, count)
    size = requests.path.stat().st_size / count / SPANS_A_REQUEST
    print(f"store               {arguments.calls:,} calls, {base.stat().st_size / 1e9:.2f} GB")
    print(f"interpreter         {sys.version}")
    print(f"collector           receiver_processes = {arguments.processes}")
    print(f"spans               {requests.attributes:.0f} attributes, {size:,.0f} bytes, {SPANS_A_REQUEST} a request")
    home = Path(tempfile.mkdtemp(dir=BENCH)) / "home"
    try:
        with ingest_servers.collector(home, base, arguments.processes) as server:
            load = ingest_workload.read(requests)
            _measure(server, load, each, arguments.rounds)
            _pace(server, load, paced, arguments.pace)
        wrong = _wrong(home / "record.sqlite", base, count * SPANS_A_REQUEST)
    finally:
        shutil.rmtree(home.parent)
    program = ingest_servers.peer_program(BENCH)
    if isinstance(program, str):
        print(f"no peer: {program}")
    else:
        with ingest_servers.peer(program) as other:
            if isinstance(other, str):
                print(f"no peer: {other}")
            else:
                _measure(other, ingest_workload.read(requests), each, arguments.rounds)
    for line in wrong:
        print(f"WRONG: {line}", file=sys.stderr)
    return int(bool(wrong))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=1_000_000, help="in the store before the first span")
    parser.add_argument("--spans", type=int, default=60_000, help="of every measurement at full speed")
    parser.add_argument("--minutes", type=float, default=0.5, help="of the paced load")
    parser.add_argument("--pace", type=int, default=5_000, help="spans a second of the paced load")
    parser.add_argument("--processes", type=int, default=1, help="receiver_processes of the collector")
    parser.add_argument("--rounds", type=int, default=1, help="of every measurement at full speed; the best one counts")
    return parser.parse_args()


def _measure(server: Server, requests: Iterator[bytes], each: int, rounds: int) -> None:
    """As fast as the server acknowledges."""
    asyncio.run(ingest_load.at_once(server.target, requests, WARM_UP, 1))
    for clients in CLIENTS:
        best = ""
        most = 0.0
        for _ in range(rounds):
            before = server.cpu()
            load = asyncio.run(ingest_load.at_once(server.target, islice(requests, each), each, clients))
            spans, cpu = load.requests * SPANS_A_REQUEST, server.cpu() - before
            if spans / cpu > most:
                most = spans / cpu
                best = (
                    f"{spans / load.seconds:>10,.0f} spans/s  {spans / cpu:>10,.0f} per CPU second"
                    f"  {cpu / load.seconds:.2f} cores  {_latency(load)}"
                )
        print(f"{server.name:<20}{clients:>3} clients {best}", flush=True)


def _pace(server: Server, requests: Iterator[bytes], count: int, pace: int) -> None:
    """At a fixed rate."""
    before = server.cpu()
    with Watch(server) as watch:
        sending = ingest_load.paced(server.target, requests, count, PACED_CLIENTS, pace / SPANS_A_REQUEST)
        load = asyncio.run(sending)
    cpu = server.cpu() - before
    rate = load.requests * SPANS_A_REQUEST / load.seconds
    print(f"paced at {pace:<11,}{rate:,.0f} spans/s for {load.seconds:,.0f} s, {cpu / load.seconds:.2f} cores")
    print(f"acknowledged after  {_latency(load)}, worst {load.quantile(1):,.0f} ms")
    if load.rejected:
        raise SystemExit(f"{load.rejected} answers rejected spans")
    shown = watch.seen[:: max(1, len(watch.seen) // SHOWN)]
    if shown[-1] is not watch.seen[-1]:
        shown.append(watch.seen[-1])
    print("memory              " + ", ".join(f"{size / 1e6:,.0f} MB after {at:,.0f} s" for at, size in shown))
    sizes = [size for _, size in watch.seen]
    print(f"at any moment       {min(sizes) / 1e6:,.0f} to {max(sizes) / 1e6:,.0f} MB")


def _latency(load: Load) -> str:
    refused = f", {load.refused} sent again" if load.refused else ""
    return f"p50 {load.quantile(0.5):,.0f} ms, p99 {load.quantile(0.99):,.0f} ms{refused}"


def _wrong(path: Path, base: Path, spans: int) -> list[str]:
    """What the store does not hold as it was acknowledged: every span was a claim of its own."""
    gained = _claims(path) - _claims(base)
    return [] if gained == spans else [f"{spans:,} spans were acknowledged, the store holds {gained:,} more claims"]


def _claims(path: Path) -> int:
    """How many claims a store holds, those in its log of writes included."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        return int(connection.execute("SELECT value FROM tally WHERE tenant = 1 AND name = 'claims'").fetchone()[0])
    finally:
        connection.close()


if __name__ == "__main__":
    raise SystemExit(main())
