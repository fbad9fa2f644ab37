"""The invented calls: what a provider answers, what each tool writes into its log or reports. Pure."""

import json
from datetime import UTC, datetime
from typing import Any

TICKET, BRANCH, REMOTE = "TEST-1", "feature/TEST-1-self-test", "git@git.invalid:tollbook/self-test.git"
MODEL, CODEX_MODEL = "claude-opus-5-5", "gpt-6.1-sol"
WIRE_RESPONSE, LOG_RESPONSE, REPORTED_REQUEST = "msg_01selftestwire", "msg_01selftestlog", "req_011selftestreport"
CODEX_RESPONSE = "resp_selftestlog"
SESSION = "5e1f7e57-0001-4000-8000-000000000001"
THREAD = "01995e1f-7e57-7000-8000-000000000001"
INPUT, OUTPUT = 11, 7


def answer() -> bytes:
    """A whole HTTP answer of Anthropic's Messages API."""
    body = json.dumps(_message(WIRE_RESPONSE)).encode()
    head = (
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_011selftestwire\r\n"
        f"connection: close\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def claude_line(folder: str, now: datetime) -> bytes:
    """A line of Claude Code's transcript."""
    line = {
        "parentUuid": None,
        "isSidechain": False,
        "message": _message(LOG_RESPONSE),
        "requestId": "req_011selftestlog",
        "type": "assistant",
        "uuid": "5e1f7e57-0002-4000-8000-000000000001",
        "timestamp": _text(now),
        "cwd": folder,
        "sessionId": SESSION,
        "version": "2.1.330",
        "gitBranch": BRANCH,
    }
    return _line(line)


def codex_rollout(folder: str, now: datetime) -> bytes:
    """A rollout of Codex: where it was, with which model, and one response."""
    when = _text(now)
    counts = {
        "input_tokens": INPUT, "cached_input_tokens": 0, "output_tokens": OUTPUT, "reasoning_output_tokens": 0,
        "total_tokens": INPUT + OUTPUT,
    }  # fmt: skip
    payloads: list[tuple[str, dict[str, Any]]] = [
        ("session_meta", {"id": THREAD, "timestamp": when, "cwd": folder, "model_provider": "openai",
                          "cli_version": "0.169.0"}),
        ("turn_context", {"turn_id": "turn-1", "cwd": folder, "model": CODEX_MODEL}),
        ("token_usage_record", {"thread_id": THREAD, "turn_id": "turn-1", "response_id": CODEX_RESPONSE,
                                "usage": counts, "thread_token_usage": counts}),
    ]  # fmt: skip
    return b"".join(_line({"timestamp": when, "type": kind, "payload": payload}) for kind, payload in payloads)


def claude_report(now: datetime) -> bytes:
    """An event of Claude Code's own OpenTelemetry, as OTLP in JSON."""
    attributes: dict[str, str | int] = {
        "event.name": "api_request", "request_id": REPORTED_REQUEST, "model": MODEL, "input_tokens": INPUT,
        "output_tokens": OUTPUT, "cache_read_tokens": 0, "cache_creation_tokens": 0, "duration_ms": 100,
        "session.id": SESSION,
    }  # fmt: skip
    record = {
        "timeUnixNano": str(int(now.timestamp() * 1_000) * 1_000_000),
        "body": {"stringValue": "claude_code.api_request"},
        "attributes": [
            {"key": key, "value": {"intValue" if isinstance(value, int) else "stringValue": value}}
            for key, value in attributes.items()
        ],
    }
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}).encode()


def _message(response: str) -> dict[str, Any]:
    return {
        "id": response,
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [{"type": "text", "text": "self-test"}],
        "stop_reason": "end_turn",
        "usage": {"input_tokens": INPUT, "output_tokens": OUTPUT, "service_tier": "standard"},
    }


def _text(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _line(value: dict[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"
