"""How fast ten million calls are asked: a ticket, engineers by month, and how large the store is a call.

    python benchmarks/large.py [--calls 10000000] [--lookups 2000] [--days 365]

Loads a record with the calls of `--days` days, claims and aliases included, seals the days into files, and asks the
same questions of both engines: the record alone, and day files with DuckDB. Then a week of days is opened again, as
late claims do. Answers of the two are compared. Everything is made in `.bench/` and removed after.
"""

import argparse
import random
import resource
import shutil
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import alias_preload
import alias_workload as workload

from tollbook.answer import DIMENSIONS
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector.ask import ALWAYS, Answers, Span, SpendQuestion
from tollbook_collector.projection import Projection
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.opening import open_files
from tollbook_collector.store.reader.reader import Reader
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.reader.sealer import Sealer
from tollbook_collector.store.record import manifest
from tollbook_collector.store.record.schema_days import DECLARE_DAYS
from tollbook_collector.store.record.sqlite import DEFAULT_TENANT, Record

RULE = TicketRule(project_keys=frozenset({"PAY"}))
_VARY = """
UPDATE call SET input = 12 + row % 50, cache_read = 40000 + row * 7919 % 9999, cache_write_5m = row % 1000,
    cache_write_1h = row % 300, output = 300 + row * 31 % 700, list_nano_usd = 20000000 + row * 104729 % 9999991
"""
"""Counts of their own for each call: files of the same counts over and over would be a tenth as large."""
MONTH_DAYS = 30
LATE_DAYS = 7
REPEATS = 5
SLOW_SECONDS = 5.0
"""A question that takes longer is asked once."""


def main() -> None:
    arguments = _arguments()
    with loaded(arguments.calls, arguments.days) as path:
        _tickets(path, arguments.calls, arguments.lookups)
        files = open_files(path)
        if files is None:
            print("DuckDB is not installed: the record answers alone")
            _spend(RecordReader(path, DEFAULT_TENANT), None)
            return
        sealer = Sealer(files, path, quiet_seconds=0.0)
        _seal(sealer, path, arguments.calls)
        plain, fast = RecordReader(path, DEFAULT_TENANT), DuckReader(files, path, DEFAULT_TENANT)
        _spend(plain, fast)
        _late(path, fast)
        for each in (plain, fast, sealer, files):
            each.close()
        print(f"memory              {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB at most")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=10_000_000)
    parser.add_argument("--lookups", type=int, default=2_000, help="tickets looked up")
    parser.add_argument("--days", type=int, default=365, help="over which the calls are spread evenly")
    return parser.parse_args()


@contextmanager
def loaded(calls: int, days: int) -> Generator[Path]:
    """A record of so many calls, spread evenly over so many days, in a folder of its own that is removed after."""
    workload.CALLS_A_DAY = max(1, calls // days)
    bench = Path(".bench")
    bench.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=bench))
    try:
        path = folder / "record.sqlite"
        _load(path, calls)
        yield path
    finally:
        shutil.rmtree(folder)


def _load(path: Path, calls: int) -> None:
    """Fill the record, with the manifest as booking would have left it."""
    Record(path, rule=RULE, book=default_book()).close()
    alias_preload.preload(path, calls, Projection(RULE, default_book()), None)
    connection = sqlite3.connect(path)
    connection.execute(_VARY)
    connection.execute(DECLARE_DAYS)
    connection.commit()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    size = path.stat().st_size
    print(f"record              {size / 1e9:.2f} GB, {size / calls:,.0f} bytes a call, claims and aliases included")


def _tickets(path: Path, calls: int, lookups: int) -> None:
    """Look up tickets as the API does."""
    record = Record(path, rule=RULE, book=default_book())
    answers = Answers(record, price_book="book")
    choice = random.Random(lookups)
    spent: list[float] = []
    found: list[int] = []
    for _ in range(lookups):
        key = workload.ticket(choice.randrange(calls))
        began = time.perf_counter()
        answer = answers.ticket(key)
        spent.append(time.perf_counter() - began)
        found.append(answer["calls"])
    spent.sort()
    p50, p95 = statistics.median(spent), spent[int(len(spent) * 0.95)]
    print(
        f"ticket lookup       p50 {p50 * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms, worst {spent[-1] * 1e3:.1f} ms;"
        f" {statistics.mean(found):.0f} calls each"
    )
    record.close()


def _seal(sealer: Sealer, path: Path, calls: int) -> None:
    began, sealed = time.perf_counter(), 0
    while turn := sealer.turn().sealed:
        sealed += turn
    spent = time.perf_counter() - began
    with sqlite3.connect(path) as connection:
        size = sum(day.bytes for day in manifest.every_day(connection))
    connection.close()
    print(
        f"day files           {size / 1e6:,.1f} MB, {size / calls:.1f} bytes a call, {sealed} files;"
        f" sealed at {calls / spent:,.0f} calls/s"
    )


def _months() -> list[Span]:
    first, last = workload.FIRST_DAY, workload.FIRST_DAY + 365
    return [Span(start=start, end=min(start + MONTH_DAYS, last)) for start in range(first, last, MONTH_DAYS)]


def _spend(plain: Reader, fast: Reader | None) -> None:
    """Ask both engines the same."""
    questions: dict[str, Sequence[SpendQuestion]] = {
        "engineer, one month": [SpendQuestion(by=("engineer",), span=_months()[0])],
        "engineer x month": [SpendQuestion(by=("engineer",), span=month) for month in _months()],
        **(
            {"engineer x month, one question": [SpendQuestion(by=("engineer", "month"))]}
            if "month" in DIMENSIONS
            else {}
        ),
        "engineer, all": [SpendQuestion(by=("engineer",))],
        "model x engineer x day": [SpendQuestion(by=("model", "engineer", "day"))],
        "ticket, all": [SpendQuestion(by=("ticket",))],
    }
    for name, asked in questions.items():
        slow, expected = _measured(lambda asked=asked: [plain.spend(one) for one in asked])
        line = f"{name:<31} record {slow:>8.3f} s"
        if fast is not None:
            quick, found = _measured(lambda asked=asked: [fast.spend(one) for one in asked])
            line += f"   files {quick:>7.3f} s   {'same answers' if found == expected else 'ANSWERS DIFFER'}"
        print(line, flush=True)


def _late(path: Path, fast: DuckReader) -> None:
    """The last week has changed: its days come from the record."""
    connection = sqlite3.connect(path)
    days = sorted(day.day for day in manifest.every_day(connection))[-LATE_DAYS:]
    manifest.touch(connection, DEFAULT_TENANT, days)
    connection.commit()
    connection.close()
    filed, hot = fast.days(ALWAYS)
    spent, _ = _measured(lambda: fast.spend(SpendQuestion(by=("engineer",))))
    print(f"{'engineer, all':<31} {hot} days from the record, {filed} from files: {spent:.3f} s")


def _measured(ask: Callable[[], Any]) -> tuple[float, Any]:
    """The median time of an answer, and the answer."""
    times: list[float] = []
    found: Any = None
    while len(times) < REPEATS and (not times or times[0] < SLOW_SECONDS):
        began = time.perf_counter()
        found = ask()
        times.append(time.perf_counter() - began)
    return statistics.median(times), found


if __name__ == "__main__":
    main()
