"""The bundled recordings: they are what their generator writes, and scanning them gives what their story says."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks.corpus import build
from tests.support.demo import lay_out
from tests.support.demo_claude import session_id
from tests.support.demo_expected import COUNTS, DIMENSIONS, expected
from tests.support.demo_sessions import SESSIONS
from tests.support.demo_story import CHECKOUTS, REFUND, ROUNDING
from tests.support.make_demo import EXPECTED, RECORDINGS, files
from tollbook_agent.cli.main import main

MAX_BYTES = 700_000
LONG_LINE = 59_000

type Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs `tollbook` in an environment and gives what it prints."""

    def command(environment: Mapping[str, str], *arguments: str) -> str:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        assert main(list(arguments)) == 0
        return capsys.readouterr().out

    return command


def table(run: Run, environment: Mapping[str, str], dimension: str) -> tuple[dict[str, dict[str, int]], dict[str, int]]:
    """Spend by a dimension in the form of the expected totals."""
    answer = json.loads(run(environment, "spend", "--json", "--by", dimension))
    rows = {row["key"][0] or "-": counts(row) for row in answer["rows"]}
    return rows, counts(answer["total"])


def counts(row: dict[str, Any]) -> dict[str, int]:
    """Calls and tokens; a count that the demo does not have must be 0."""
    usage = row["usage"]
    assert not any(count for name, count in usage.items() if name not in COUNTS)
    return {"calls": row["calls"], **{name: usage[name] for name in COUNTS}}


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


def test_scanning_gives_the_story(tmp_path: Path, run: Run) -> None:
    environment = lay_out(tmp_path, RECORDINGS)
    wanted = json.loads((RECORDINGS / EXPECTED).read_bytes())
    assert wanted == expected(SESSIONS)
    assert json.loads(run(environment, "scan", "--json"))["calls"] == wanted["total"]["calls"]
    for dimension in DIMENSIONS:
        rows, total = table(run, environment, dimension)
        assert rows == wanted[dimension], dimension
        assert total == wanted["total"], dimension
    again = json.loads(run(environment, "scan", "--json"))
    assert (again["calls"], again["read_files"]) == (0, 0)


def test_the_branch_is_right_before_and_after_a_switch_that_the_log_does_not_tell(tmp_path: Path, run: Run) -> None:
    environment = lay_out(tmp_path, RECORDINGS)
    switching = next(session for session in SESSIONS if session.name == "switching")
    log = next((tmp_path / "claude").rglob(f"{session_id('switching')}.jsonl")).read_text(encoding="utf-8")
    assert {json.loads(line).get("gitBranch", REFUND) for line in log.splitlines()} == {REFUND}
    run(environment, "scan")
    calls = [json.loads(line) for line in run(environment, "calls", "--json").splitlines()]
    mine = sorted(
        (call["started_at"], call["branch"]) for call in calls if call["session_id"] == session_id("switching")
    )
    switched = CHECKOUTS["shop"][-1][0]
    assert [branch for _, branch in mine] == [call.branch or REFUND for call in switching.calls]
    assert {branch for at, branch in mine if at < switched} == {REFUND}
    assert {branch for at, branch in mine if at >= switched} == {ROUNDING}


def test_a_corpus_is_as_many_demos_as_it_has_copies(tmp_path: Path, run: Run) -> None:
    one = expected(SESSIONS)
    size = sum(path.stat().st_size for path in RECORDINGS.rglob("*") if path.is_file())
    copies = 10  # more than go on in one session
    made, environment = build(tmp_path, copies * size)
    run(environment, "scan")
    rows, total = table(run, environment, "model")
    assert made.calls == total["calls"] == copies * one["total"]["calls"]
    assert rows == {
        model: {name: copies * count for name, count in sums.items()} for model, sums in one["model"].items()
    }
