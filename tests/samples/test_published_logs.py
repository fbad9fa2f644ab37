"""Logs that others have published, read by the real commands, against the totals that others found in them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.samples.sample_laptop import COUNTS, Counts, Laptop, environment, samples
from tests.support.samples import needs_samples

CLAUDE = ("claude-code-viewer", "git-ai", "vibecodingtracker")
CODEX = ("ccusage", "codexbar-issue2037/live-fork-4d90-52bf", "logpile-parent-child", "vibecodingtracker")
PEER = "expected-ccusage-20.0.24"
PEER_COUNTS = ("inputTokens", "cacheReadTokens", "cacheCreationTokens", "outputTokens")
NO_BRANCH = ("", "None")
"""How a reference writes that a line names no branch."""


def scanned(folder: Path, **places: Path) -> Laptop:
    """A laptop that has read these logs, twice."""
    laptop = Laptop(environment=environment(folder, **places))
    assert laptop.json("scan")["calls"] > 0
    assert laptop.json("scan")["read_files"] == 0
    return laptop


def read_json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def reference(row: Mapping[str, int]) -> Counts:
    """A row of a reference under our names."""
    return {"calls": row["messages"], **{name: row[name] for name in (*COUNTS, "cache_write_1h")}}


def ours(row: Counts) -> Counts:
    """A row of ours with what references count."""
    return {name: row[name] for name in ("calls", *COUNTS, "cache_write_1h")}


@needs_samples
def test_no_expected_answer_is_passed_over() -> None:
    claude, codex = samples("logs", "claude-code"), samples("logs", "codex")
    assert {path.parent.name for path in claude.glob("*/expected-reference.json")} == set(CLAUDE)
    assert read_json(codex / "EXPECTED.json").keys() - {"note"} == set(CODEX)
    peers = {path.parent.parent for path in codex.glob(f"**/{PEER}/codex-daily.json")}
    assert {path.relative_to(codex).as_posix() for path in peers} == set(CODEX)


@needs_samples
@pytest.mark.parametrize("name", CLAUDE)
def test_claude_code_sums_to_the_reference(name: str, tmp_path: Path) -> None:
    source = samples("logs", "claude-code", name)
    expected = read_json(source / "expected-reference.json")
    laptop = scanned(tmp_path, claude=source)
    assert ours(laptop.total()) == reference(expected["totals"])
    for dimension, field in (("model", "by_model"), ("branch", "by_branch"), ("day", "by_utc_day")):
        theirs: dict[str | None, Counts] = {}
        for key, row in expected[field].items():
            known = None if field == "by_branch" and key in NO_BRANCH else key
            assert known not in theirs
            theirs[known] = reference(row)
        assert {key: ours(row) for (key,), row in laptop.spend(dimension).items()} == theirs, dimension


@needs_samples
@pytest.mark.parametrize("name", CLAUDE)
def test_claude_code_sums_to_what_the_peer_shows(name: str, tmp_path: Path) -> None:
    source = samples("logs", "claude-code", name)
    theirs = {
        (day["date"], row["modelName"]): tuple(row[name] for name in PEER_COUNTS)
        for day in read_json(source / PEER / "claude-daily.json")["daily"]
        for row in day["modelBreakdowns"]
    }
    rows = scanned(tmp_path, claude=source).spend("day", "model")
    assert {key: tuple(row[name] for name in COUNTS) for key, row in rows.items()} == theirs


@needs_samples
@pytest.mark.parametrize("name", CODEX)
def test_codex_sums_to_the_expected_total(name: str, tmp_path: Path) -> None:
    laptop = scanned(tmp_path, codex=samples("logs", "codex", *name.split("/")))
    total = laptop.total()
    assert sum(total[name] for name in COUNTS) == read_json(samples("logs", "codex", "EXPECTED.json"))[name]


@needs_samples
@pytest.mark.parametrize("name", CODEX)
def test_codex_sums_to_what_the_peer_shows(name: str, tmp_path: Path) -> None:
    """ccusage shows an unknown model as gpt-5. Where its total counts reasoning beside the output, as the log's own
    total does there, its output lacks the reasoning: that column cannot be compared."""
    source = samples("logs", "codex", *name.split("/"))
    rows = scanned(tmp_path, codex=source).spend("day", "model")
    theirs = {
        (day["date"], "unknown" if row["isFallback"] else model): row
        for day in read_json(source / PEER / "codex-daily.json")["daily"]
        for model, row in day["models"].items()
    }
    assert rows.keys() == theirs.keys()
    for key, row in theirs.items():
        mine = {**rows[key], "total": sum(rows[key][name] for name in COUNTS)}
        assert (mine["reasoning"], mine["total"]) == (row["reasoningOutputTokens"], row["totalTokens"])
        adds_up = sum(row[name] for name in PEER_COUNTS) == row["totalTokens"]
        for name, theirs_name in zip(COUNTS, PEER_COUNTS, strict=True):
            if adds_up or name != "output":
                assert (name, mine[name]) == (name, row[theirs_name])


@needs_samples
@pytest.mark.parametrize(("tool", "name"), [("claude", CLAUDE[1]), ("codex", CODEX[0])])
def test_status_says_what_was_read_and_what_logs_cannot_hold(tool: str, name: str, tmp_path: Path) -> None:
    folder = "claude-code" if tool == "claude" else tool
    laptop = scanned(tmp_path, **{tool: samples("logs", folder, name)})
    status = laptop.json("status")
    assert status["blind_spots"].keys() == {"claude-code", "codex"}
    assert all(status["blind_spots"].values())
    assert [one["tool"] for one in status["coverage"]] == [folder]
    assert status["coverage"][0]["calls"] == laptop.total()["calls"] == status["counts"]["calls"]
    assert status["discarded"] == []
