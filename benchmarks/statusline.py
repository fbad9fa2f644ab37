"""What Claude Code waits for its status line, with many sessions at once.

    python benchmarks/statusline.py [--sessions N] [--rounds N]

Each round starts the line of every session at the same moment, the worst that can happen, and then one after the
other. The file is as full as it gets.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tollbook_agent import statusline  # noqa: E402
from tollbook_agent.glance import text_of, write  # noqa: E402
from tollbook_agent.store.glance import MAX_SESSIONS, Glance, Session  # noqa: E402

SESSIONS, ROUNDS = 20, 30
TARGET_MS = 40
GAP_SECONDS = 0.3
"""Between rounds: Claude Code waits as long before it asks again."""


def one(words: list[str], session: str, times: list[float]) -> None:
    """Milliseconds from start to end of one line."""
    given = json.dumps({"session_id": session, "cwd": "/src", "cost": {"total_cost_usd": 1.5}, "pad": "x" * 1_500})
    begin = time.perf_counter()
    done = subprocess.run(words, input=given.encode(), capture_output=True, check=True)
    times.append((time.perf_counter() - begin) * 1e3)
    if b"PAY-" not in done.stdout:
        raise SystemExit(f"a wrong line: {done.stdout!r}")


def together(words: list[str], names: list[str], rounds: int) -> list[float]:
    """All sessions at the same moment, again and again."""
    times: list[float] = []
    for _ in range(rounds):
        threads = [threading.Thread(target=one, args=(words, name, times)) for name in names]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        time.sleep(GAP_SECONDS)
    return times


def apart(words: list[str], names: list[str], rounds: int) -> list[float]:
    """One after the other."""
    times: list[float] = []
    for number in range(rounds * 2):
        one(words, names[number % len(names)], times)
    return times


def shown(times: list[float]) -> str:
    cut = statistics.quantiles(times, n=20, method="inclusive")
    return f"p50 {statistics.median(times):6.1f} ms   p95 {cut[-1]:6.1f} ms"


def main() -> int:
    """Make the file, measure each form, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=SESSIONS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / statusline.FILE
        names = [f"5d1f0c3a-0001-4000-8000-{number:012}" for number in range(MAX_SESSIONS)]
        sums = tuple(Session(name, f"PAY-{place}", place * 10**9) for place, name in enumerate(names))
        now = int(time.time())
        write(path, text_of(Glance(10**10, sums), "on", now, now + 86_400))
        program = Path(statusline.__file__)
        forms = {
            "python -I -S": [sys.executable, "-I", "-S", str(program), str(path)],
            "tollbook statusline": [str(Path(sys.executable).with_name("tollbook")), "statusline", str(path)],
        }
        if os.name == "posix":
            forms = {"sh, as installed": ["sh", str(program.with_suffix(".sh")), str(path)], **forms}
        print(f"target: p95 {TARGET_MS} ms; {arguments.sessions} sessions at the same moment | one alone")
        for name, words in forms.items():
            every = shown(together(words, names[: arguments.sessions], arguments.rounds))
            print(f"  {name:<20} {every}  |  {shown(apart(words, names, arguments.rounds))}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
