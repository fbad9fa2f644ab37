"""The reader against published transcripts and against what the real client was billed for."""

import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.support.samples import needs_samples, samples_dir
from tollbook.claim import Claim, claim_of, join
from tollbook.usage import Usage
from tollbook.vocabulary import IdKind, Quality
from tollbook_agent.capture.logs.claude_code import EMPTY, read
from tollbook_agent.capture.observation import Observation

SETS = ("claude-code-viewer", "git-ai", "vibecodingtracker")
CLIENT = "clients/claude-2.1.330"
SIDES = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "cache_write", "output")
"""All that is billed; the bill does not tell how much of the output was thinking."""
BROKEN = frozenset({"sse_error", "client_disconnected"})
"""How a stream ended whose output no transcript can know."""


def observations_in(files: list[Path]) -> list[Observation]:
    found: list[Observation] = []
    for file in files:
        found += read(file.read_bytes(), EMPTY, name=file.name, fallback_time=0)[0]
    return found


def claims_in(observations: list[Observation]) -> tuple[dict[str, Claim], dict[str, str | None]]:
    """Claims by response id, and the branch of the first line of each."""
    claims: dict[str, Claim] = {}
    branches: dict[str, str | None] = {}
    for seen in sorted(observations, key=lambda each: each.sighting.started_at):
        claim = claim_of(seen.sighting, "here")
        assert claim is not None
        value = claim.ids[0].value
        claims[value] = join(claims[value], claim) if value in claims else claim
        branches.setdefault(value, seen.place.branch)
    return claims, branches


def row(usage: Usage) -> dict[str, int]:
    return {
        "input": usage.input,
        "output": usage.output,
        "cache_read": usage.cache_read,
        "cache_write": usage.cache_write_total,
        "cache_write_1h": usage.cache_write_1h,
        "messages": 1,
    }


def add(total: dict[str, int], part: dict[str, int]) -> None:
    for name, count in part.items():
        total[name] = total.get(name, 0) + count


@needs_samples
@pytest.mark.parametrize("name", SETS)
def test_published_transcripts_sum_to_their_reference(name: str) -> None:
    folder = (samples_dir() or Path()) / "logs" / "claude-code" / name
    expected = json.loads((folder / "expected-reference.json").read_text())
    claims, branches = claims_in(observations_in(sorted(folder.glob("projects/**/*.jsonl"))))
    total: dict[str, int] = {}
    sums: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    for value, claim in claims.items():
        part = row(claim.totals.usage() if claim.totals else Usage())  # one message has an empty usage block
        add(total, part)
        add(sums["by_model"][str(claim.fields["model"].value)], part)
        add(sums["by_branch"][branches[value] or ""], part)
        add(sums["by_utc_day"][datetime.fromtimestamp(claim.started_at // 10**9, UTC).date().isoformat()], part)
    none = expected["by_branch"].pop("None", None)  # how the set spells an absent branch
    if none is not None:
        expected["by_branch"][""] = none
    assert total == expected["totals"]
    for dimension in ("by_model", "by_branch", "by_utc_day"):
        assert sums[dimension] == expected[dimension], dimension


@needs_samples
def test_snapshots_of_a_growing_file_never_lose_a_call() -> None:
    folder = (samples_dir() or Path()) / "logs" / "claude-code" / "entireio-cli-growth"
    compared = 0
    for session in sorted(folder.iterdir()):
        before: dict[str, Claim] = {}
        for snapshot in sorted(session.glob("snapshot-*.jsonl")):
            claims, _ = claims_in(observations_in([snapshot]))
            if before.keys() <= claims.keys():  # some snapshots are slices
                for value, claim in before.items():
                    compared += 1
                    assert claim.totals is not None
                    assert claims[value].totals == claim.totals.join(claims[value].totals or claim.totals)
            before = claims
        assert before
    assert compared > 0


def truth() -> dict[str, dict[str, Any]]:
    lines = ((samples_dir() or Path()) / CLIENT / "truth.jsonl").read_text().splitlines()
    return {each["message_id"]: each for each in map(json.loads, lines) if each["message_id"]}


@needs_samples
def test_each_logged_call_is_what_the_provider_billed() -> None:
    logs = (samples_dir() or Path()) / CLIENT / "logs"
    claims, _ = claims_in(observations_in(sorted(logs.glob("*/*-*.jsonl"))))
    billed = truth()
    assert claims.keys() == billed.keys() & claims.keys()
    assert len(claims) >= 40
    for value, claim in claims.items():
        want = billed[value]
        assert claim.totals is not None
        usage = claim.totals.usage().as_dict()
        tokens = want["tokens"]
        for side in SIDES:
            if side == "output" and want["outcome"] in BROKEN:
                assert usage[side] <= tokens[side]
            else:
                assert usage[side] == tokens[side], (value, side)
        assert usage["web_searches"] == tokens["web_search_requests"]
        extra = {name: each.usage().as_dict() for name, each in claim.extra.items()}
        others = [line for line in want["lines"] if line["model"] != want["model"]]
        assert extra.keys() == {line["model"] for line in others}
        for line in others:
            assert all(extra[line["model"]][side] == line["tokens"][side] for side in SIDES)
        assert claim.ids[1].kind is IdKind.REQUEST
        assert claim.ids[1].value == want["request_id"]
        assert str(claim.fields["model"].value) == want["model"]
        assert str(claim.fields["session_id"].value) == want["session_id"]
        assert str(claim.fields["channel"].value) in want["provider"]
        assert claim.quality is (Quality.PARTIAL if want["outcome"] in BROKEN else Quality.FINAL)
        assert ("status" in claim.fields) is (want["outcome"] == "client_disconnected")


@needs_samples
def test_every_billed_call_of_a_complete_log_is_in_it() -> None:
    logs = (samples_dir() or Path()) / CLIENT / "logs"
    claims, _ = claims_in(observations_in(sorted(logs.glob("*/*-*.jsonl"))))
    missing = {want["case"] for value, want in truth().items() if want["billed"] and value not in claims}
    assert missing <= {"c_compact"}  # the summarising call is in no transcript
