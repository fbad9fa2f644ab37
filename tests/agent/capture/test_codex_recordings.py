"""Every trap of Codex's rollouts: recordings, real in shape and invented in value, with the calls they hold."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.codex_calls import MTIME, JoinedCall, joined, nanoseconds, read_files
from tollbook.usage import Usage
from tollbook_agent.capture.logs.codex import EMPTY, CodexState, read
from tollbook_agent.capture.observation import Observation

RECORDINGS = Path(__file__).parents[2] / "recordings" / "codex"
CASES = sorted(folder.name for folder in RECORDINGS.iterdir())
CANARY = "CANARY"


def rollouts(case: str) -> list[Path]:
    found = sorted((RECORDINGS / case).glob("*.jsonl"))
    assert found, f"{case} has no rollout"
    return found


def expected(case: str) -> dict[str, Any]:
    return json.loads((RECORDINGS / case / "expected.json").read_bytes())


def told(call: JoinedCall, field: str) -> object:
    """The value of a field of an expected call; of copies the earliest row's."""
    first, place, paid = call.sightings[0], call.seen[0].place, call.paid
    values: dict[str, object] = {
        "response": call.response,
        "model": first.model,
        "tier": first.service_tier,
        "turn": first.turn_id,
        "session": first.session_id,
        "agent": first.agent_id,
        "parent_agent": first.parent_agent_id,
        "purpose": first.purpose,
        "provider": first.provider,
        "channel": paid.channel,
        "billing": paid.billing,
        "account": paid.scope.account,
        "basis": paid.basis["channel"].name.lower() if "channel" in paid.basis else "observed",
        "cwd": place.cwd,
        "branch": place.branch,
    }
    return values[field]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("turned", [False, True])
def test_calls_of_a_recording(case: str, turned: bool) -> None:
    files = rollouts(case)
    calls = joined(read_files(files[::-1] if turned else files))
    want = expected(case)["calls"]
    assert Counter((call.sightings[0].started_at, call.usage) for call in calls) == Counter(
        (nanoseconds(one["started_at"]), None if one["usage"] is None else Usage(**one["usage"])) for one in want
    )
    for one in want:
        fields = {field: value for field, value in one.items() if field not in ("started_at", "usage")}
        usage = None if one["usage"] is None else Usage(**one["usage"])
        alike = [c for c in calls if (c.sightings[0].started_at, c.usage) == (nanoseconds(one["started_at"]), usage)]
        assert fields in [{field: told(call, field) for field in fields} for call in alike]


@pytest.mark.parametrize("case", CASES)
def test_problems_of_a_recording(case: str) -> None:
    want = expected(case)["problems"]
    for file in rollouts(case):
        problems = read(file.read_bytes(), EMPTY, name=file.name, fallback_time=MTIME)[1]
        counts: Counter[str] = Counter()
        for problem in problems:
            counts[problem.reason] += int(problem.detail.rpartition("x")[2])
            assert problem.where == f"codex {file.name}"
        assert counts == want.get(file.name, {})


@pytest.mark.parametrize("case", CASES)
def test_reading_line_by_line_is_the_same_as_at_once(case: str) -> None:
    for file in rollouts(case):
        data = file.read_bytes()
        whole, _, after = read(data, EMPTY, name=file.name, fallback_time=MTIME)
        state, pieces = EMPTY, list[Observation]()
        for line in data.splitlines(keepends=True):
            found, _, state = read(line, state, name=file.name, fallback_time=MTIME)
            state = CodexState.from_json(json.loads(json.dumps(state.to_json())))
            pieces += found
        assert pieces == whole
        assert state == after


def test_nothing_of_the_conversation_is_kept() -> None:
    kept = 0
    for case in CASES:
        for file in rollouts(case):
            data = file.read_bytes()
            kept += CANARY.encode() in data
            observations, problems, state = read(data, EMPTY, name=file.name, fallback_time=MTIME)
            assert CANARY not in repr((observations, problems, state.to_json()))
    assert kept > 20, "the recordings hold no canaries: this test would prove nothing"
