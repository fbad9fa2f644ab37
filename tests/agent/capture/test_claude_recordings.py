"""Every trap of Claude Code's transcripts: recordings, real in shape, invented in value, with the calls they hold."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude_calls import (
    claims_of,
    counts_of,
    full,
    nanoseconds,
    place_of,
    read_file,
    read_pieces,
    usage_of,
)
from tollbook.claim import Claim, ClaimKey
from tollbook.vocabulary import Basis, IdKind, Quality
from tollbook_agent.capture.observation import Observation, Place

RECORDINGS = Path(__file__).parents[2] / "recordings" / "claude_code"
CASES = sorted(folder.name for folder in RECORDINGS.iterdir())
CANARY = "CANARY"
IN_PLACE = ("branch", "cwd", "worktree_branch", "pull_request")
KINDS = {"request": IdKind.REQUEST, "gateway": IdKind.GATEWAY_CALL}
FIELD_OF = {
    "session": "session_id",
    "agent": "agent_id",
    "turn": "turn_id",
    "endpoint_scope": "scope.endpoint_scope",
    "region": "scope.region",
}


def transcripts(case: str) -> list[Path]:
    found = sorted((RECORDINGS / case).glob("*.jsonl"))
    assert found, f"{case} has no transcript"
    return found


def expected(case: str) -> dict[str, Any]:
    return json.loads((RECORDINGS / case / "expected.json").read_bytes())


def told(claim: Claim, place: Place, field: str) -> object:
    """The value of a field of an expected call."""
    if field in IN_PLACE:
        return getattr(place, field)
    if field == "quality":
        return Quality(claim.quality).name.lower()
    if field in KINDS:
        return next((one.value for one in claim.ids if one.kind is KINDS[field]), None)
    if field == "extra":
        return {model: each.usage() for model, each in claim.extra.items()}
    register = claim.fields.get(FIELD_OF.get(field, field))
    return None if register is None else register.value


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("turned", [False, True])
def test_calls_of_a_recording(case: str, turned: bool) -> None:
    files = transcripts(case)
    observations: list[Observation] = []
    for file in files[::-1] if turned else files:
        observations += read_file(file).observations
    claims = claims_of(observations)
    by_id = {f"{key.id.kind}:{key.id.value}": (key, claim) for key, claim in claims.items()}
    want = {one.pop("id"): one for one in expected(case)["calls"]}
    assert by_id.keys() == want.keys()
    for name, one in want.items():
        check(observations, *by_id[name], one)


def check(observations: list[Observation], key: ClaimKey, claim: Claim, want: dict[str, Any]) -> None:
    assert claim.started_at == nanoseconds(want.pop("started_at"))
    assert claim.ended_at == nanoseconds(want.pop("ended_at"))
    assert usage_of(claim) == full(want.pop("usage"))
    for field, basis in want.pop("basis", {}).items():
        if field == "started_at":
            assert {each.sighting.basis.get(field) for each in observations if key.id in each.sighting.ids} == {
                Basis[basis.upper()]
            }
        else:
            assert claim.fields[field].rank == Basis[basis.upper()]
    if "extra" in want:
        want["extra"] = {model: full(usage) for model, usage in want["extra"].items()}
    place = place_of(observations, key)
    assert {field: told(claim, place, field) for field in want} == want


@pytest.mark.parametrize("case", CASES)
def test_problems_of_a_recording(case: str) -> None:
    want = expected(case)["problems"]
    assert want.keys() <= {file.name for file in transcripts(case)}
    for file in transcripts(case):
        problems = read_file(file).problems
        assert counts_of(problems) == want.get(file.name, {})
        assert all(problem.where == f"claude-code {file.name}" and problem.permanent for problem in problems)


@pytest.mark.parametrize("case", CASES)
def test_reading_line_by_line_joins_to_the_same(case: str) -> None:
    for file in transcripts(case):
        whole = read_file(file)
        pieces = read_pieces(file.read_bytes().splitlines(keepends=True), file.name)
        assert claims_of(pieces.observations) == claims_of(whole.observations)
        assert counts_of(pieces.problems) == counts_of(whole.problems)
        assert pieces.state == whole.state


def test_nothing_of_the_conversation_is_kept() -> None:
    kept = 0
    for case in CASES:
        for file in transcripts(case):
            kept += CANARY.encode() in file.read_bytes()
            result = read_file(file)
            assert CANARY not in repr((result.observations, result.problems, result.state.to_json()))
    assert kept > 25, "the recordings hold no canaries: this test would prove nothing"


def test_folders_stay_out_of_sightings() -> None:
    seen = 0
    for case in CASES:
        for file in transcripts(case):
            for each in read_file(file).observations:
                seen += each.place.cwd is not None
                assert "/home" not in repr(each.sighting)
    assert seen > 50
