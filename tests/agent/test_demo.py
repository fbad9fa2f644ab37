"""The bundled recordings: they are what their generator writes, and scanning them gives what their story says."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.corpus import build
from tests.support.demo import lay_out
from tests.support.demo_claude import session_id
from tests.support.demo_expected import COUNTS, DIMENSIONS, expected
from tests.support.demo_sessions import SESSIONS
from tests.support.demo_story import CHECKOUTS, REFUND, ROUNDING, Call
from tests.support.make_demo import EXPECTED, RECORDINGS, files

MAX_BYTES = 700_000
LONG_LINE = 59_000


def run(environment: Mapping[str, str], *arguments: str) -> str:
    """What `tollbook` prints in an environment."""
    command = [Path(sys.executable).parent / "tollbook", *arguments]
    every = {**os.environ, **environment}
    return subprocess.run(command, env=every, capture_output=True, check=True, text=True, encoding="utf-8").stdout


def table(environment: Mapping[str, str], dimension: str) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Spend by a dimension in the form of the expected totals."""
    answer = json.loads(run(environment, "spend", "--json", "--by", dimension))
    rows = {row["key"][0] or "-": counts(row) for row in answer["rows"]}
    return rows, counts(answer["total"])


def counts(row: dict[str, Any]) -> dict[str, int]:
    """Calls and tokens; a count that the demo does not have must be 0."""
    usage = row["usage"]
    assert not any(count for name, count in usage.items() if name not in COUNTS)
    return {"calls": row["calls"], **{name: usage[name] for name in COUNTS}}


def added(calls: Sequence[Call]) -> dict[str, int]:
    """Calls and tokens of some calls of the story."""
    return {"calls": len(calls), **{name: sum(getattr(call, name) for call in calls) for name in COUNTS}}


def test_recordings_are_what_the_generator_writes() -> None:
    made = files()
    kept = {path.relative_to(RECORDINGS).as_posix(): path for path in RECORDINGS.rglob("*") if path.is_file()}
    assert kept.keys() == made.keys()
    for name, path in kept.items():
        assert path.read_bytes() == made[name], f"{name}: run `python -m tests.support.make_demo`"


def test_recordings_are_small_and_have_a_long_line() -> None:
    content = [path.read_bytes() for path in RECORDINGS.rglob("*") if path.is_file()]
    assert sum(map(len, content)) <= MAX_BYTES
    assert max(len(line) for each in content for line in each.splitlines()) > LONG_LINE


def test_scanning_gives_the_story(tmp_path: Path) -> None:
    environment = lay_out(tmp_path, RECORDINGS)
    wanted = json.loads((RECORDINGS / EXPECTED).read_bytes())
    assert wanted == expected(SESSIONS)
    assert json.loads(run(environment, "scan", "--json"))["calls"] == wanted["total"]["calls"]
    for dimension in DIMENSIONS:
        rows, total = table(environment, dimension)
        assert rows == wanted[dimension], dimension
        assert total == wanted["total"], dimension
    again = json.loads(run(environment, "scan", "--json"))
    assert (again["calls"], again["read_files"]) == (0, 0)


def test_the_branch_is_right_before_and_after_a_switch_that_the_log_does_not_tell(tmp_path: Path) -> None:
    environment = lay_out(tmp_path, RECORDINGS)
    switching = next(session for session in SESSIONS if session.name == "switching")
    log = next((tmp_path / "claude").rglob(f"{session_id('switching')}.jsonl")).read_text(encoding="utf-8")
    assert {json.loads(line).get("gitBranch", REFUND) for line in log.splitlines()} == {REFUND}
    run(environment, "scan")
    answer = json.loads(run(environment, "spend", "--json", "--by", "session,branch"))
    mine = {row["key"][1]: counts(row) for row in answer["rows"] if row["key"][0] == session_id("switching")}
    switched = datetime.fromisoformat(CHECKOUTS["shop"][-1][0]).replace(tzinfo=UTC)
    before = [call for call, at in zip(switching.calls, switching.moments(), strict=True) if at < switched]
    after = [call for call, at in zip(switching.calls, switching.moments(), strict=True) if at >= switched]
    assert mine == {REFUND: added(before), ROUNDING: added(after)}
    assert (len(before), len(after)) == (3, 3)


def test_a_corpus_is_as_many_demos_as_it_has_copies(tmp_path: Path) -> None:
    one = expected(SESSIONS)
    size = sum(path.stat().st_size for path in RECORDINGS.rglob("*") if path.is_file())
    copies = 10  # more than go on in one session
    made, environment = build(tmp_path, copies * size)
    run(environment, "scan")
    rows, total = table(environment, "model")
    assert made.calls == total["calls"] == copies * one["total"]["calls"]
    assert rows == {
        model: {name: copies * count for name, count in sums.items()} for model, sums in one["model"].items()
    }
