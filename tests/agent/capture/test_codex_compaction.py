"""After `/compact` Codex 0.169 counts the compaction in the records' total and not in the running count: two totals of
each later response, which are one response."""

import json

import pytest

from tests.support.codex_rollout import THREAD, Counts, count, meta, plus, record
from tollbook.vocabulary import IdKind
from tollbook_agent.capture.logs import codex

FIRST: Counts = (4_000, 3_000, 200, 90, 10)
COMPACTION: Counts = (4_100, 3_800, 0, 240, 0)
NEXT: Counts = (2_000, 1_500, 100, 80, 5)
LATER: Counts = (2_300, 1_900, 100, 80, 5)

RECORDED = plus(FIRST, COMPACTION)
LINES = [
    meta(),
    record("resp_1", FIRST, FIRST, seconds=1),
    count(FIRST, FIRST, seconds=1),
    record("resp_2", COMPACTION, RECORDED, seconds=2),
    count(FIRST, (0, 0, 0, 0, 0), seconds=3),
    record("resp_3", NEXT, plus(RECORDED, NEXT), seconds=4),
    count(plus(FIRST, NEXT), NEXT, seconds=4),
    count(plus(FIRST, NEXT), NEXT, seconds=5),
    record("resp_4", LATER, plus(plus(RECORDED, NEXT), LATER), seconds=6),
    count(plus(plus(FIRST, NEXT), LATER), LATER, seconds=6),
]


@pytest.mark.parametrize("step", [1, 2, 3, len(LINES)])
def test_each_response_is_one_however_the_file_grows(step: int) -> None:
    state, found = codex.EMPTY, []
    for start in range(0, len(LINES), step):
        data = b"".join(LINES[start : start + step])
        observations, problems, after = codex.read(data, state, name=f"rollout-{THREAD}.jsonl", fallback_time=0)
        assert problems == []
        found += observations
        state = codex.CodexState.from_json(json.loads(json.dumps(after.to_json())))
    ids = [each.value for one in found for each in one.sighting.ids if each.kind is IdKind.RESPONSE]
    assert ids == ["resp_1", "resp_2", "resp_3", "resp_4"]
    assert len(found) == 4


def test_a_response_of_an_older_version_after_a_record_is_one_of_its_own() -> None:
    """Resumed with a version that writes counts only: other counts than the record's are another response."""
    lines = [meta(), record("resp_1", FIRST, FIRST), count(FIRST, FIRST), count(plus(FIRST, NEXT), NEXT, seconds=9)]
    observations, _, _ = codex.read(b"".join(lines), codex.EMPTY, name="rollout.jsonl", fallback_time=0)
    assert len(observations) == 2
    assert observations[1].sighting.usage is not None
    assert observations[1].sighting.usage.output == NEXT[3]
