"""Finding the rows that matter in the bytes of a rollout."""

import pytest

from tests.support.codex_calls import MTIME
from tests.support.codex_rollout import THREAD, Counts, count, line, meta, record
from tollbook.problem import Problem
from tollbook_agent.capture.logs import codex_lines
from tollbook_agent.capture.logs.codex import EMPTY, MAX_LINE, CodexState, read
from tollbook_agent.capture.observation import Observation

FIRST: Counts = (100, 40, 0, 10, 5)
SECOND: Counts = (250, 90, 0, 20, 5)


def parse(data: bytes) -> tuple[list[Observation], list[Problem]]:
    observations, problems, _ = read(data, EMPTY, name="r.jsonl", fallback_time=MTIME)
    return observations, problems


def said(text: str) -> bytes:
    return line(1, "response_item", {"type": "message", "content": [{"type": "output_text", "text": text}]})


def test_a_line_over_the_limit_is_skipped_and_counted() -> None:
    huge = said("x" * MAX_LINE)
    observations, problems = parse(meta() + count(FIRST) + huge + count(SECOND))
    assert len(huge) > MAX_LINE == 32 * 1024 * 1024
    assert len(observations) == 2
    assert [(problem.reason, problem.detail) for problem in problems] == [("line_too_long", "x1")]


@pytest.mark.parametrize("spaced", [False, True])
def test_marker_words_in_a_message_are_no_rows(spaced: bool) -> None:
    row = count(FIRST).decode().strip()
    data = meta() + said(row) + said(row.replace('"', "'")) + said("token_usage_record session_meta")
    if spaced:
        data = data.replace(b'":', b'": ').replace(b',"', b', "')
    assert parse(data) == ([], [])


def test_a_row_nested_in_another_is_no_row() -> None:
    nested = {"type": "message", "items": [{"timestamp": "2026-09-14T09:00:00Z", "type": "token_count"}]}
    assert parse(meta() + line(1, "response_item", nested)) == ([], [])


def test_any_order_of_keys_and_any_spacing_is_read() -> None:
    data = b'{ "payload" : {"info":{"total_token_usage":{"input_tokens":7,"output_tokens":2}},"type":"token_count"},'
    data += b'"type":"event_msg","timestamp":"2026-09-14T09:00:01+02:00"}\n'
    (found,), problems = parse(data)
    assert not problems
    assert found.sighting.started_at == 1789369201 * 10**9
    assert found.sighting.usage is not None
    assert (found.sighting.usage.input, found.sighting.usage.output) == (7, 2)


def test_a_damaged_line_of_many_objects_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codex_lines, "MAX_GLUED", 3)
    glued = b"".join(part.strip() for part in (said("a"), said("b"), said("c"), count(FIRST))) + b"\n"
    observations, problems = parse(meta() + glued + count(SECOND))
    assert [problem.reason for problem in problems] == ["line_too_long"]
    assert len(observations) == 1


def test_deep_nesting_is_damage() -> None:
    deep = b'{"timestamp":"2026","type":"event_msg","payload":{"type":"token_count","x":' + b"[" * 10**5 + b"\n"
    assert [problem.reason for problem in parse(deep)[1]] == ["line_not_json"]


def test_kinds_of_problems_are_bounded() -> None:
    data = b"".join(line(1, f"kind_{i}", {"a": 1}) for i in range(200))
    problems = parse(data)[1]
    assert len(problems) == 65
    assert (problems[-1].reason, problems[-1].detail) == ("other_problems", "x136")


def test_rows_without_any_time_take_the_files() -> None:
    stamp = count(FIRST).split(b'"timestamp":"')[1].split(b'"')[0]
    data = count(FIRST).replace(stamp, b"yesterday") + record("resp_1", FIRST, (350, 130, 0, 30, 10)).replace(
        stamp, b""
    )
    observations, problems = parse(
        data + count((900, 400, 0, 90, 20), seconds=5) + count((990, 400, 0, 99, 20), seconds=-4 * 10**10)
    )
    assert [one.sighting.started_at for one in observations[:2]] == [MTIME, MTIME]
    assert observations[3].sighting.started_at == observations[2].sighting.started_at
    assert [(problem.reason, problem.detail) for problem in problems] == [("time_missing", "x3")]


def test_the_state_holds_no_credentials_of_a_remote() -> None:
    git = {"branch": "main", "repository_url": "https://ada:ghp_secret@example.com/acme/shop.git"}
    (found,), _, state = read(meta(git=git) + count(FIRST), EMPTY, name="r.jsonl", fallback_time=MTIME)
    assert found.place.remote_url == "https://example.com/acme/shop.git"
    assert "ghp_secret" not in repr(state)


def test_a_repeated_header_brings_the_branch_up_to_date() -> None:
    git = {"branch": "main", "commit_hash": "ab" * 20, "repository_url": "git@example.com:acme/shop.git"}
    data = meta(git=git) + count(FIRST) + meta(git={**git, "branch": "feature"}) + count(SECOND)
    assert [one.place.branch for one in parse(data)[0]] == ["main", "feature"]
    assert parse(data)[0][0].place.remote_url == "git@example.com:acme/shop.git"


def test_a_state_from_elsewhere_is_refused() -> None:
    with pytest.raises(ValueError, match="not a state"):
        CodexState.from_json({"thread": 5})
    assert CodexState.from_json({}) == EMPTY
    assert THREAD not in repr(EMPTY)
