"""The usual layouts of a row are found on a short way; it must lead to the same as the long one."""

from collections.abc import Callable

import pytest

from tests.support.codex_calls import MTIME
from tests.support.codex_rollout import Counts, count, line, lines_of, meta, record, running
from tollbook.problem import Problem
from tollbook_agent.capture.logs.codex import EMPTY, CodexState, read
from tollbook_agent.capture.logs.codex_lines import ROWS_AT_ONCE
from tollbook_agent.capture.observation import Observation

SPENT: list[Counts] = [(100 + i, 40, 3, 10 + i % 7, 5) for i in range(2 * ROWS_AT_ONCE)]
TOTALS = running(SPENT)


def parse(data: bytes) -> tuple[list[Observation], list[Problem], CodexState]:
    return read(data, EMPTY, name="r.jsonl", fallback_time=MTIME)


def session() -> bytes:
    """Every kind of row, and rows of no interest between them."""
    lines = [meta(git={"branch": "main"})]
    for place, (one, total) in enumerate(zip(SPENT, TOTALS, strict=True)):
        if place % 9 == 0:
            lines.append(line(place, "event_msg", {"type": "task_started", "turn_id": f"turn-{place}"}))
            lines.append(line(place, "turn_context", {"turn_id": f"turn-{place}", "model": "gpt-5.5"}))
            settings = {"service_tier": "fast" if place % 2 else None}
            lines.append(
                line(
                    place, "event_msg", {"type": "thread_settings_applied", "thread_settings": settings}, ordinal=place
                )
            )
        if place % 3:
            lines.append(record(f"resp_{place}", one, total, seconds=place))
        lines.append(line(place, "response_item", {"type": "message"}, ordinal=place))
        lines.append(line(place, "event_msg", {"type": "agent_message", "message": "token_count"}))
        lines.append(count(total, one, seconds=place))
    return b"".join(lines)


def spaced(data: bytes) -> bytes:
    return data.replace(b'":', b'": ').replace(b',"', b', "')


def indented(data: bytes) -> bytes:
    return b" " + data.replace(b"\n{", b"\n {")


def mixed(data: bytes) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join((spaced if place % 3 else indented)(row) for place, row in enumerate(lines))


@pytest.mark.parametrize("written", [spaced, indented, mixed])
def test_any_layout_gives_the_same(written: Callable[[bytes], bytes]) -> None:
    usual = parse(session())
    assert len(usual[0]) == len(SPENT)
    assert parse(written(session())) == usual


def test_one_damaged_line_among_many_costs_itself_only() -> None:
    lines = session().splitlines(keepends=True)
    torn = lines[40][:-30] + b"\n"
    whole, _, after = parse(b"".join([*lines[:40], *lines[41:]]))
    found, problems, state = parse(b"".join([*lines[:40], torn, *lines[41:]]))
    assert (found, state) == (whole, after)
    assert [problem.reason for problem in problems] == ["line_not_json"]


@pytest.mark.parametrize("kind", ["response_item", "token_usage_record"])
def test_a_row_glued_to_a_torn_one_is_found(kind: str) -> None:
    torn = line(1, kind, {"type": "message", "content": "and so on"})[:-12]
    observations, problems, _ = parse(meta() + torn + count(SPENT[0]))
    assert len(observations) == 1
    assert [problem.reason for problem in problems] == ["line_not_json"]


def test_problems_stand_in_the_order_of_the_lines() -> None:
    old = line(1, "event_msg", {"type": "task_started", "turn_id": "old", "started_at": 1})
    header, copied = meta(forked_from_id="parent"), [old, *lines_of(SPENT[:3])]
    damage = [b'{"timestamp":"2026\n', line(1, "kind_of_tomorrow", {"a": 1})]
    reasons = ["inherited_row", "line_not_json", "record_type_unknown"]
    assert [problem.reason for problem in parse(b"".join([header, *copied, *damage]))[1]] == reasons
    turned = parse(b"".join([header, *damage, *copied]))[1]
    assert [problem.reason for problem in turned] == [*reasons[1:], reasons[0]]


@pytest.mark.parametrize("source", ["guardian", {"subagent": "guardian"}])
def test_a_source_that_is_no_text_says_nothing(source: object) -> None:
    header = meta(source=source).replace(b"guardian", b"guard\xc0an")
    (found,), _, _ = parse(header + count(SPENT[0]))
    assert found.sighting.agent_id is None
