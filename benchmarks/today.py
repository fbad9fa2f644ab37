"""`tollbook today` with a year of calls behind it, and the memory of an idle resident agent on the same laptop.

    python benchmarks/today.py [--calls N] [--rounds N]

The time is that of the whole process, as a person waits for it: start, answer, end. The memory is what Linux counts as
the agent's own share (PSS), after it has looked at everything and come to rest.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks.measure import proportional, run  # noqa: E402
from tests.support.demo import environment  # noqa: E402
from tests.support.year import fill  # noqa: E402

CALLS = 50_000
ROUNDS = 15
TARGET_MS, TARGET_MIB = 150, 60
REST_SECONDS = 8.0
"""Longer than the agent's poll: one idle look at everything is in it."""
FORMS = ("today", "today --json", "today --pretty", "week --by repo", "month", "spend --by model")
PROGRAM = str(Path(sys.executable).with_name("tollbook"))


def timed(words: list[str], own: Mapping[str, str], rounds: int) -> str:
    """Median and slowest of a command, in milliseconds; and its processor time, which a busy machine changes less."""
    runs = [run([PROGRAM, *words], own) for _ in range(rounds)]
    walls = sorted(one.wall * 1e3 for one in runs)
    cpu = statistics.median(one.cpu * 1e3 for one in runs)
    return f"median {statistics.median(walls):6.0f} ms   slowest {walls[-1]:6.0f} ms   processor {cpu:6.0f} ms"


def resident(own: Mapping[str, str]) -> float | None:
    """MiB of an idle `tollbook agent run`; `None` where the system does not tell."""
    if not Path("/proc/self/smaps_rollup").exists():
        return None
    agent = subprocess.Popen([PROGRAM, "agent", "run"], env=own, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    try:
        assert agent.stdout is not None
        agent.stdout.readline()
        time.sleep(REST_SECONDS)
        return proportional(agent.pid) / 2**20
    finally:
        agent.terminate()
        agent.communicate()


def main() -> int:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--calls", type=int, default=CALLS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        own = {**os.environ, **environment(Path(folder)), "TOLLBOOK_TIMEZONE": "UTC"}
        own.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is not compiled anew at each start
        fill(own, arguments.calls, datetime.now(UTC))
        subprocess.run([PROGRAM, "today"], env=own, stdout=subprocess.DEVNULL, check=True)
        print(f"a year of {arguments.calls:,} calls; target of `tollbook today`: {TARGET_MS} ms")
        for form in FORMS:
            print(f"  tollbook {form:<20} {timed(form.split(), own, arguments.rounds)}")
        found = resident(own)
        shown = "not known here: it needs Linux's /proc" if found is None else f"{found:.1f} MiB PSS"
        print(f"  resident agent, idle           {shown} (target: {TARGET_MIB} MiB)")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
