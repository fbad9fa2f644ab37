"""Rollouts of public repositories and of real clients, with the totals others found in them."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.codex_calls import JoinedCall, joined, read_files
from tests.support.samples import needs_samples, samples_dir

SETS = ["vibecodingtracker", "codexbar-issue2037/live-fork-4d90-52bf", "logpile-parent-child", "ccusage"]
COLUMNS = (
    "inputTokens",
    "cacheReadTokens",
    "cacheCreationTokens",
    "outputTokens",
    "reasoningOutputTokens",
    "totalTokens",
)


def samples() -> Path:
    folder = samples_dir()
    assert folder is not None
    return folder


def calls_of(name: str) -> list[JoinedCall]:
    return joined(read_files(sorted((samples() / "logs" / "codex" / name).rglob("*.jsonl"))))


def columns(call: JoinedCall) -> tuple[int, ...]:
    usage = call.usage
    assert usage is not None
    return (usage.input, usage.cache_read, usage.cache_write_total, usage.output, usage.reasoning, call.total)


@needs_samples
@pytest.mark.parametrize("name", SETS)
def test_totals(name: str) -> None:
    expected = json.loads((samples() / "logs" / "codex" / "EXPECTED.json").read_bytes())
    assert sum(call.total for call in calls_of(name)) == expected[name]


@needs_samples
@pytest.mark.parametrize("name", SETS)
def test_days_and_models_as_the_peer_counts_them(name: str) -> None:
    """ccusage's days. It shows an unknown model as gpt-5, and where a row's total counts the reasoning beside the
    output it leaves the output without it: there only its other columns can be compared."""
    peer = json.loads(
        (samples() / "logs" / "codex" / name / "expected-ccusage-20.0.24" / "codex-daily.json").read_bytes()
    )
    ours: dict[tuple[str, str | None], tuple[int, ...]] = defaultdict(lambda: (0,) * len(COLUMNS))
    for call in calls_of(name):
        first = call.sightings[0]
        key = (datetime.fromtimestamp(first.started_at / 10**9, UTC).date().isoformat(), first.model)
        ours[key] = tuple(map(sum, zip(ours[key], columns(call), strict=True)))
    theirs = {
        (day["date"], None if row["isFallback"] else model): row
        for day in peer["daily"]
        for model, row in day["models"].items()
    }
    assert ours.keys() == theirs.keys()
    for key, row in theirs.items():
        adds_up = row["inputTokens"] + row["cacheReadTokens"] + row["outputTokens"] == row["totalTokens"]
        for column, mine in zip(COLUMNS, ours[key], strict=True):
            if column != "outputTokens" or adds_up:
                assert (column, mine) == (column, row[column])


@needs_samples
def test_the_parent_may_be_missing() -> None:
    folder = samples() / "logs" / "codex" / "codexbar-issue2037" / "live-fork-4d90-52bf" / "archived_sessions"
    assert sum(call.total for call in joined(read_files([folder / "child.jsonl"]))) == 26_801_911


def truth() -> dict[str, dict[str, Any]]:
    lines = (samples() / "clients" / "codex-0.169.0" / "truth.jsonl").read_bytes().splitlines()
    return {row["message_id"]: row for row in map(json.loads, lines)}


@needs_samples
def test_real_clients_call_by_call() -> None:
    billed = truth()
    found = 0
    for file in sorted((samples() / "clients" / "codex-0.169.0" / "logs").rglob("rollout-*.jsonl")):
        for call in joined(read_files([file])):
            assert call.response is not None
            row, usage = billed[call.response], call.usage
            assert row["billed"]
            assert usage is not None
            tokens = row["tokens"]
            assert tokens["cache_write_5m"] == tokens["cache_write_1h"] == tokens["web_search_requests"] == 0
            assert usage.as_dict() == {
                **dict.fromkeys(usage.as_dict(), 0),
                **{kind: tokens[kind] for kind in ("input", "cache_read", "cache_write", "output", "reasoning")},
            }
            first = call.sightings[0]
            assert (first.model, first.turn_id, first.session_id) == (row["model"], row["turn_id"], row["session_id"])
            found += 1
    assert found == 19


@needs_samples
def test_every_completed_call_of_a_logged_turn_is_found() -> None:
    files = sorted((samples() / "clients" / "codex-0.169.0" / "logs").rglob("rollout-*.jsonl"))
    calls = joined(read_files(files))
    turns = {call.sightings[0].turn_id for call in calls}
    due = {key for key, row in truth().items() if row["turn_id"] in turns and row["billed"] and row["outcome"] == "ok"}
    assert {call.response for call in calls} == due


@needs_samples
def test_who_pays_is_seen_in_the_sign_in() -> None:
    logs = samples() / "clients" / "codex-0.169.0" / "logs"
    channels = {
        case.name: {str(call.paid.channel) for call in joined(read_files(sorted(case.glob("rollout-*.jsonl"))))}
        for case in logs.iterdir()
    }
    assert channels.pop("x_chatgpt") == {"chatgpt"}
    assert channels.pop("x_sse_cut_tool") == {"other"}  # a custom provider
    assert channels.pop("x_hang_int") == set()  # its only call never completed
    assert set().union(*channels.values()) == {"openai"}
