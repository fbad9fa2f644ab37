"""How fast claims are booked into a record that already holds a year: decides how aliases are stored.

    python benchmarks/alias_store.py [--preload 30000000] [--claims 300000] [--batch 1000] [--whole]

Preloads a record with the alias hashes of a year, three a call, and with the claims of those calls that are spoken of
again (--whole: of all calls; takes an hour and 18 GB), then books claims of which 40 % are second or third ones
of existing calls, through plan, group, conclude, price and SQLite (WAL, synchronous=FULL), one process, one thread.
Everything is made in `.bench/` and removed after.
"""

import argparse
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from pathlib import Path

import alias_preload
import alias_workload

from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Source
from tollbook_collector.projection import Projection
from tollbook_collector.store.record.sqlite import Record

LATER = 0.40
"""Share of claims whose call exists."""
SHOW = 50_000
RULE = TicketRule(project_keys=frozenset({"PAY"}))


def main() -> None:
    arguments = _arguments()
    bench = Path(".bench")
    bench.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=bench))
    try:
        path = folder / "record.sqlite"
        first = arguments.preload // alias_preload.IDS_A_CALL
        Record(path, rule=RULE, book=default_book()).close()
        arriving = list(alias_workload.arrivals(first, arguments.claims, LATER, seed=first))
        whole = None if arguments.whole else {call for call, _ in arriving}
        alias_preload.preload(path, first, Projection(RULE, default_book()), whole)
        print(f"record: {first:,} calls, {path.stat().st_size / 1e9:.2f} GB; SQLite {sqlite3.sqlite_version}")
        _book(path, arriving, arguments.batch)
    finally:
        shutil.rmtree(folder)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preload", type=int, default=30_000_000, help="alias hashes before the first claim")
    parser.add_argument("--claims", type=int, default=150_000)
    parser.add_argument("--batch", type=int, default=1_000, help="claims of one transaction")
    parser.add_argument("--whole", action="store_true", help="preload the claims of all calls too")
    return parser.parse_args()


def _book(path: Path, arriving: list[tuple[int, Source]], batch: int) -> None:
    """Book and measure. Making the claims is not part of the measured time."""
    count = len(arriving)
    record = Record(path, rule=RULE, book=default_book())
    began = time.perf_counter()
    record.book([], now_ns=time.time_ns())
    print(f"filter of known aliases made in {time.perf_counter() - began:,.0f} s; later starts read it", flush=True)
    wal = path.with_name(path.name + "-wal")
    commits: list[float] = []
    cpu = 0.0
    largest = done = new = changed = unchanged = 0
    while done < count:
        claims = [alias_workload.claim(call, source) for call, source in arriving[done : done + batch]]
        cpu_before, before = time.process_time(), time.perf_counter()
        booking = record.book(claims, now_ns=time.time_ns())
        commits.append(time.perf_counter() - before)
        cpu += time.process_time() - cpu_before
        done += len(claims)
        new, changed = new + booking.new_calls, changed + booking.changed_calls
        unchanged += booking.unchanged_claims
        largest = max(largest, wal.stat().st_size)
        if done % SHOW < batch:
            recent = commits[-SHOW // batch :]
            print(f"{done:>9,} claims: {len(recent) * batch / sum(recent):>8,.0f}/s", flush=True)
    spent = sum(commits)
    ranked = sorted(commits)
    p50, p99 = statistics.median(ranked), ranked[int(len(ranked) * 0.99)]
    stalls = [each for each in ranked if each > 3 * p50]
    print(f"claims/s            {count / spent:,.0f} ({count / cpu:,.0f} per CPU second)")
    print(f"calls               {new:,} new, {changed:,} changed, {unchanged:,} claims unchanged")
    print(f"commit of {batch:,}     p50 {p50 * 1e3:.1f} ms, p99 {p99 * 1e3:.1f} ms, worst {ranked[-1] * 1e3:.1f} ms")
    print(f"stalls (> 3 x p50)  {len(stalls)}, {sum(stalls):.2f} s in all")
    print(f"largest WAL         {largest / 1e6:,.1f} MB")
    print(f"memory              {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB at most")
    record.close()


if __name__ == "__main__":
    main()
