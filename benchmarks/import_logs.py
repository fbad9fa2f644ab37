"""First import of usage logs, side by side with ccusage on the same files: `python benchmarks/import_logs.py`.

Both read the same corpus in the same run, in turns; the files are in the system's cache. ccusage runs as its native
program, without the start of node. The token totals of both must agree, or this fails. Times inform and gate nothing.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO))

from benchmarks.corpus import build  # noqa: E402
from benchmarks.measure import HEAD, Measured, median, peak_of_all, row, run  # noqa: E402

BENCH = REPO / ".bench"
CCUSAGE = "ccusage@20.0.24"
TOLLBOOK = str(Path(sys.executable).parent / "tollbook")
MEGABYTES = 250
ROUNDS = 5
CLASSES = ("input", "cache_read", "cache_write", "output")
_CCUSAGE_NAMES = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "outputTokens")
_AGENTS = {"claude": "claude-code", "codex": "codex"}
"""ccusage's names of the tools."""

type Totals = dict[str, dict[str, int]]


def ccusage() -> str | None:
    """The peer's program, installed once below `.bench`; `None` where npm cannot."""
    place = BENCH / "npm"
    if not (place / "node_modules").is_dir():
        npm = shutil.which("npm")
        if npm is None:
            return None
        place.mkdir(parents=True, exist_ok=True)
        made = subprocess.run([npm, "install", "--silent", "--no-fund", "--prefix", str(place), CCUSAGE], check=False)
        if made.returncode:
            return None
    native = sorted((place / "node_modules" / "@ccusage").glob("*/bin/ccusage*"))
    for each in native:
        each.chmod(0o755)  # npm unpacks it without, and its launcher sets it at the first start
    return str(native[0] if native else place / "node_modules" / ".bin" / "ccusage")


def peer_totals(report: dict[str, Any]) -> Totals:
    """Tokens by tool and class from ccusage's JSON."""
    totals: Totals = {}
    for day in report["daily"]:
        for agent in day["agents"]:
            sums = totals.setdefault(_AGENTS.get(str(agent["agent"]), str(agent["agent"])), dict.fromkeys(CLASSES, 0))
            for mine, theirs in zip(CLASSES, _CCUSAGE_NAMES, strict=True):
                sums[mine] += agent[theirs]
    return totals


def own_totals(environment: Mapping[str, str]) -> Totals:
    """Tokens by tool and class from our own answer."""
    command = [TOLLBOOK, "spend", "--by", "tool", "--json"]
    answer = json.loads(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
    totals: Totals = {}
    for each in answer["rows"]:
        usage = each["usage"]
        written = sum(count for name, count in usage.items() if name.startswith("cache_write"))
        totals[each["key"][0]] = {
            "input": usage["input"],
            "cache_read": usage["cache_read"],
            "cache_write": written,
            "output": usage["output"],
        }
    return totals


def differences(ours: Totals, theirs: Totals) -> list[str]:
    """Where the two do not agree."""
    nothing = dict.fromkeys(CLASSES, 0)
    found: list[str] = []
    for tool in sorted({*ours, *theirs}):
        for name in CLASSES:
            mine, other = ours.get(tool, nothing)[name], theirs.get(tool, nothing)[name]
            if mine != other:
                found.append(f"{tool} {name}: tollbook {mine:,}, ccusage {other:,} ({other - mine:+,})")
    return found


def measure(environment: dict[str, str], peer: str | None, rounds: int, output: Path) -> dict[str, list[Measured]]:
    """Rounds of first import, import with nothing new, and the peer, one after the other."""
    runs: dict[str, list[Measured]] = {"first import": [], "nothing new": [], "ccusage": []}
    for number in range(rounds):
        shutil.rmtree(environment["TOLLBOOK_HOME"], ignore_errors=True)
        runs["first import"].append(run([TOLLBOOK, "scan"], environment))
        runs["nothing new"].append(run([TOLLBOOK, "scan"], environment))
        if peer is not None:
            report = [peer, "daily", "--offline", "--json", "--by-agent"]
            runs["ccusage"].append(run(report, environment, output))
        walls = ", ".join(f"{name} {each[-1].wall:.2f} s" for name, each in runs.items() if each)
        print(f"  round {number + 1}: {walls}", flush=True)
    return runs


def show(runs: dict[str, list[Measured]], size: int, calls: int) -> None:
    """Medians and ratios."""
    print(f"\nmedians\n{HEAD}")
    for name, each in runs.items():
        if each:
            print(row(name, median(each)))
    first = median(runs["first import"])
    print(
        f"\n  first import: {size / 1e6 / first.wall:,.0f} MB/s, {first.cpu / calls * 1e6:,.0f} us of processor a call"
    )
    if runs["ccusage"]:
        peer = median(runs["ccusage"])
        for name in ("first import", "nothing new"):
            own = median(runs[name])
            print(f"  {name} / ccusage: {own.wall / peer.wall:.2f} wall, {own.cpu / peer.cpu:.2f} processor")


def memory(environment: dict[str, str], peer: str | None) -> None:
    """All processes together, in runs of their own."""
    shutil.rmtree(environment["TOLLBOOK_HOME"], ignore_errors=True)
    commands = {"first import": [TOLLBOOK, "scan"]}
    if peer is not None:
        commands["ccusage"] = [peer, "daily", "--offline", "--json"]
    for name, command in commands.items():
        peak = peak_of_all(command, environment)
        if peak is not None:
            print(f"  memory of all processes of {name}: {peak / 1e6:.1f} MB at most")


def main() -> int:
    """Make the corpus, measure, compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=float, default=MEGABYTES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    arguments = parser.parse_args()
    BENCH.mkdir(exist_ok=True)
    peer = ccusage()
    if peer is None:
        print("ccusage could not be installed (npm): measuring tollbook alone")
    with tempfile.TemporaryDirectory(prefix="import-", dir=BENCH) as folder:
        made, places = build(Path(folder), int(arguments.megabytes * 1e6))
        print(made)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("TOLLBOOK_")}
        environment = {**kept, **places}
        report = Path(folder) / "ccusage.json"
        runs = measure(environment, peer, arguments.rounds, report)
        show(runs, made.bytes, made.calls)
        totals = own_totals(environment)
        memory(environment, peer)
        if peer is None:
            return 0
        found = differences(totals, peer_totals(json.loads(report.read_bytes())))
    print("\n".join(["token totals differ:", *found]) if found else "  token totals agree in every class of both tools")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
