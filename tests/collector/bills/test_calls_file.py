"""Calls out of one record and into another: the same calls, once each; a wrong line is named and costs nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_bench import filled_record
from tollbook.claim import claim_of
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook_collector.calls_file import MAX_LINE_BYTES, OBSERVER, read_calls
from tollbook_collector.cli.main import main

Capture = pytest.CaptureFixture[str]
KEPT = ("ids", "tool", "channel", "provider", "model", "started_at", "ended_at", "usage", "extra", "quality", "billing")
KEPT_TOO = ("scope", "service_tier", "session_id", "engineer", "repo", "branch", "tickets", "list_nano_usd", "lines")
LINE: dict[str, Any] = {
    "ids": {"response": "msg_9"},
    "tool": "claude-code",
    "channel": "anthropic",
    "model": "claude-opus-5",
    "started_at": "2026-10-01T10:00:00.250Z",
    "usage": {"input": 5, "output": 7},
    "engineer": "grace@acme.example",
    "evidence": {"engineer": "explicit"},
}


def test_what_is_exported_is_imported_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    homes = [tmp_path / "one", tmp_path / "two"]
    for home in homes:
        home.mkdir()
        (home / "collector.toml").write_text('project_keys = ["PAY"]\n')
    with filled_record(homes[0] / "record.sqlite"):
        pass
    texts: list[str] = []
    for home in homes:
        monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        if texts:
            assert main(["calls", "import", str(tmp_path / "calls.jsonl")]) == 0
            first = capsys.readouterr().out
            assert main(["calls", "import", str(tmp_path / "calls.jsonl")]) == 0
            assert capsys.readouterr().out.startswith("0 calls are new, 0 say something else")
            assert not first.startswith("0 calls")
        assert main(["calls", "export"]) == 0
        texts.append(capsys.readouterr().out)
        (tmp_path / "calls.jsonl").write_text(texts[0])
    one, two = ([json.loads(line) for line in text.splitlines()] for text in texts)
    assert [{name: call[name] for name in KEPT + KEPT_TOO} for call in two] == [
        {name: call[name] for name in KEPT + KEPT_TOO} for call in one
    ]
    assert {tuple(call["sources"]) for call in two} == {("import",)}


def read(*lines: bytes) -> list[Sighting | Problem]:
    return list(read_calls(lines, "calls.jsonl"))


def changed(**fields: Any) -> bytes:
    return json.dumps(LINE | fields).encode()


def test_a_line_is_a_sighting() -> None:
    (one,) = read(json.dumps(LINE).encode())
    assert isinstance(one, Sighting)
    assert one.started_at == 1_790_848_800_250_000_000 == one.ended_at
    assert claim_of(one, OBSERVER) is not None


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"{", "line_not_json"),
        (b"[1]", "call_malformed"),
        (b"[" * 100_000, "line_not_json"),
        (b" " * MAX_LINE_BYTES + b"{}", "line_too_long"),
        (changed(ids={}), "call_without_id"),
        (changed(ids={"response": 5}), "call_malformed"),
        (changed(usage={"input": -1}), "span_malformed"),
        (changed(usage={"input": 1.5}), "span_malformed"),
        (changed(usage={"output": 1, "reasoning": 2}), "call_malformed"),
        (changed(started_at="yesterday"), "call_malformed"),
        (changed(started_at="2026-10-01T10:00:00"), "call_malformed"),
        (changed(engineer=["x"]), "call_malformed"),
        (changed(tickets="PAY-1"), "call_malformed"),
    ],
)
def test_a_wrong_line_is_named_and_the_next_is_read(raw: bytes, reason: str) -> None:
    wrong, right = read(raw, json.dumps(LINE).encode())
    assert isinstance(wrong, Problem)
    assert (wrong.reason, wrong.where) == (reason, "calls.jsonl line 1")
    assert isinstance(right, Sighting)
