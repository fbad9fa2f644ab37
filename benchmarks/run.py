"""All measurements, one after the other: `python benchmarks/run.py [--quick] [--only NAME]`. `make bench` calls it.

`--quick` is small enough for a look while working. Times inform and gate nothing; a measurement that could not be made,
or that found a wrong number, gives exit code 1.
"""

import argparse
import os
import platform
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
WIDTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """One script."""

    name: str
    title: str
    quick: tuple[str, ...]
    """Its options for a quick look."""


BENCHMARKS = (
    Benchmark(
        name="import_logs",
        title="First import of usage logs, beside ccusage on the same files",
        quick=("--megabytes", "20", "--rounds", "1"),
    ),
    Benchmark(
        name="line_to_collector",
        title="From a line in a usage log to the collector's answer",
        quick=("--count", "10", "--megabytes", "2"),
    ),
    Benchmark(
        name="proxied",
        title="What network capture adds, beside direct connections and bare mitmdump",
        quick=("--requests", "60", "--streams", "1", "5"),
    ),
    Benchmark(
        name="allocate",
        title="Allocating a month, the reference engine beside the set-based one",
        quick=("20000",),
    ),
    Benchmark(
        name="first_page",
        title="The first page of the web pages, with a million calls",
        quick=("--calls", "50000", "--days", "90", "--rounds", "5"),
    ),
    Benchmark(
        name="statusline",
        title="Claude Code's status line with 20 sessions at once",
        quick=("--rounds", "5"),
    ),
    Benchmark(
        name="today",
        title="Today's spend with a year of calls, and the resident agent at rest",
        quick=("--calls", "5000", "--rounds", "3"),
    ),
    Benchmark(
        name="alias_store",
        title="Booking into a record that already holds a year",
        quick=("--preload", "300000", "--claims", "20000"),
    ),
    Benchmark(
        name="ingest_grpc",
        title="Spans over OTLP/gRPC, durable, merged and priced, beside rotel that throws them away",
        quick=("--calls", "100000", "--spans", "10000", "--minutes", "0.1"),
    ),
)


def heading(text: str) -> None:
    print(f"\n{text}\n{'=' * min(len(text), WIDTH)}", flush=True)


def machine() -> str:
    """What the times were measured on, and what else it was doing."""
    load = f", load {os.getloadavg()[0]:.1f} before" if hasattr(os, "getloadavg") else ""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores{load}, Python {platform.python_version()}"


def run(one: Benchmark, *, quick: bool) -> tuple[int, float]:
    """Exit code and seconds."""
    command = [sys.executable, "-u", str(FOLDER / f"{one.name}.py"), *(one.quick if quick else ())]
    begin = time.monotonic()
    code = subprocess.run(command, cwd=FOLDER.parent, check=False).returncode
    return code, time.monotonic() - begin


def main() -> int:
    """Run them, then say which worked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="small inputs, few rounds")
    parser.add_argument("--only", choices=[one.name for one in BENCHMARKS], help="this one alone")
    arguments = parser.parse_args()
    chosen = [one for one in BENCHMARKS if arguments.only in (None, one.name)]
    print(machine())
    done: list[tuple[str, int, float]] = []
    try:
        for one in chosen:
            heading(one.title)
            done.append((one.name, *run(one, quick=arguments.quick)))
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return 130
    heading("Summary")
    for name, code, seconds in done:
        print(f"  {name:<20}{seconds:8.0f} s  {'done' if code == 0 else f'FAILED, exit code {code}'}")
    return int(any(code for _, code, _ in done))


if __name__ == "__main__":
    raise SystemExit(main())
