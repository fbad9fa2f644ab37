"""The published samples: every event of a real Claude Code against the provider's ledger, and Codex's beside it."""

import json
from pathlib import Path
from typing import Any

from tests.agent.otlp.messages import as_protobuf, request
from tests.support.samples import needs_samples, samples_dir
from tollbook.usage import Usage
from tollbook.vocabulary import Purpose
from tollbook_agent.capture.link import Counts
from tollbook_agent.capture.otlp.read import Encoding, Read, read_logs


def sample(*names: str) -> Path:
    folder = samples_dir()
    assert folder is not None
    return folder.joinpath(*names)


def rows(*names: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in sample(*names).read_text().splitlines()]


def sent(tool: str) -> Read:
    """All log records of a real client, put into one request in both encodings."""
    records = [row["attributes"] for row in rows("clients", tool, "otel.jsonl") if row["signal"] == "log"]
    raw = request(
        *({key: value for key, value in each.items() if isinstance(value, str | int | float)} for each in records)
    )
    read = read_logs(raw, Encoding.JSON)
    assert read_logs(as_protobuf(raw), Encoding.PROTOBUF) == read
    return read


@needs_samples
def test_every_event_of_a_real_claude_code_is_one_exact_observation() -> None:
    """Against its own spans of the same responses, and against the provider's ledger where that names them."""
    sent_rows = rows("clients", "claude-2.1.330", "otel.jsonl")
    ledger = {row["request_id"]: row for row in rows("clients", "claude-2.1.330", "truth.jsonl")}
    events = [row["attributes"] for row in sent_rows if row.get("body") == "claude_code.api_request"]
    spans = {row["attributes"]["request_id"]: row for row in sent_rows if row.get("name") == "claude_code.llm_request"}
    read = sent("claude-2.1.330")
    assert read.problems == ()
    assert len(read.observations) == len(events) == len(spans) > 0
    for observation, event in zip(read.observations, events, strict=True):
        found, span = observation.sighting, spans[event["request_id"]]["attributes"]
        assert found.ids[0].value == event["request_id"]
        assert found.work.repo is not None
        assert found.work.repo.value == "acme/shop"
        assert found.purpose is (Purpose.SUBAGENT if "agent_id" in event else Purpose.TURN)
        assert found.usage is not None
        assert (found.usage.input, found.usage.cache_read, found.usage.cache_write_total, found.usage.output) == (
            span["input_tokens"],
            span["cache_read_tokens"],
            span["cache_creation_tokens"],
            span["output_tokens"],
        )
        assert found.usage.cache_write == 0
        row = ledger.get(event["request_id"])
        assert row is None or found.usage == _ledger_usage(row["tokens"])


def _ledger_usage(tokens: dict[str, int]) -> Usage:
    return Usage(
        input=tokens["input"],
        cache_read=tokens["cache_read"],
        cache_write_5m=tokens["cache_write_5m"],
        cache_write_1h=tokens["cache_write_1h"],
        cache_write=tokens["cache_write"],
        output=tokens["output"],
    )


@needs_samples
def test_a_real_codex_reports_each_response_once() -> None:
    read = sent("codex-0.169.0")
    assert read.observations == ()
    assert [each.counts for each in read.loose] == [
        Counts(52552, 42496, 2022, 4252, 1417),
        Counts(53044, 42880, 2043, 4303, 1434),
    ]
    assert [problem.reason for problem in read.problems] == ["prewarm"]


@needs_samples
def test_the_published_requests_give_their_expected_records() -> None:
    expected = json.loads(sample("otlp", "expected.json").read_text())
    for name in ("claude_code_logs.json", "malformed_double_value_logs.json"):
        records = [each for each in _of(expected, name)["records"] if each["kind"] == "llm_call"]
        read = read_logs(sample("otlp", name).read_bytes(), Encoding.JSON)
        assert read.problems == ()
        assert [_record(each.sighting.usage) for each in read.observations] == [
            _record(_expected(each["tokens"])) for each in records
        ]
        ids = [{one.value for one in each.sighting.ids} for each in read.observations]
        wanted = [{value for name, value in each["ids"].items() if name.endswith("request_id")} for each in records]
        assert ids == wanted


@needs_samples
def test_the_published_codex_requests_open_no_call() -> None:
    expected = json.loads(sample("otlp", "expected.json").read_text())
    records = _of(expected, "codex_logs.json")["records"]
    read = read_logs(sample("otlp", "codex_logs.json").read_bytes(), Encoding.JSON)
    assert read.observations == ()
    assert [_record(each.sighting.usage) for each in read.loose] == [
        _record(_expected(each["tokens"])) for each in records if each["tokens"]["output"]
    ]


def _of(expected: dict[str, Any], name: str) -> dict[str, Any]:
    return expected["files"][name] if "files" in expected else expected[name]


def _expected(tokens: dict[str, int | None]) -> Usage:
    five, one, total = tokens["cache_write_5m"] or 0, tokens["cache_write_1h"] or 0, tokens["cache_write"] or 0
    return Usage(
        input=tokens["input_uncached"] or 0,
        cache_read=tokens["cache_read"] or 0,
        cache_write_5m=five,
        cache_write_1h=one,
        cache_write=total - five - one,
        output=tokens["output"] or 0,
    )


def _record(usage: Usage | None) -> tuple[int, ...]:
    assert usage is not None
    return (*usage.parts()[:8],)
