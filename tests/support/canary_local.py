"""What tools leave on a machine or send to it, full of secrets: transcripts, rollouts, OpenTelemetry, hook payloads."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.support.canaries import Canaries

SESSION = "5d1f0c3a-0002-4000-8000-00000000c0de"
THREAD = "01995001-0000-7000-8000-00000000face"
CLAUDE, GPT = "claude-opus-5-5", "gpt-6.1-codex"
TRANSCRIPT_CALLS = ("msg_01log1", "msg_01log2", "msg_01log3")
ROLLOUT_CALLS = ("resp_log1", "resp_log2")
TOLD_REQUESTS = ("req_011log1", "req_011otel1")
"""Requests that Claude Code's own OpenTelemetry tells of: one is in the transcript too."""
LINE_TYPE = "type of a line that nobody knows"
GENERATION = "9e9e9e9e-0000-4000-8000-00000000c0de"


def now() -> str:
    """As the tools write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def lines_of(rows: list[dict[str, Any] | bytes]) -> bytes:
    """JSON lines; bytes are taken as they are."""
    return b"".join(
        (each if isinstance(each, bytes) else json.dumps(each, ensure_ascii=False).encode()) + b"\n" for each in rows
    )


def transcript(canaries: Canaries, folder: str) -> bytes:
    """Of Claude Code, in a folder on a branch with a ticket."""

    def line(kind: str, **more: Any) -> dict[str, Any]:
        own = {"type": kind, "timestamp": now(), "cwd": folder, "sessionId": SESSION, "version": "2.1.330"}
        return {**own, "gitBranch": "feature/PAY-123-refund", "uuid": canaries.name("uuid of a line"), **more}

    def answer(number: int, usage: dict[str, Any], **more: Any) -> dict[str, Any]:
        content = [
            {"type": "text", "text": canaries.text("answer in a transcript")},
            {"type": "thinking", "thinking": canaries.text("thinking in a transcript", 1), "signature": "x"},
            {"type": "tool_use", "name": "Bash", "input": {"command": canaries.text("arguments in a transcript", 2)}},
        ]
        message = {"id": f"msg_01log{number}", "type": "message", "role": "assistant", "model": CLAUDE,
                   "content": content, "stop_reason": "end_turn", "usage": usage}  # fmt: skip
        return line("assistant", message=message, requestId=f"req_011log{number}", **more)

    damaged = canaries.line("damaged line of a transcript", 3)
    output = {"stdout": canaries.text("tool output in a transcript"), "stderr": canaries.line("tool error", 1)}
    failed = {"id": "x", "model": "<synthetic>", "content": [{"type": "text", "text": canaries.text("API error")}],
              "role": "assistant", "usage": {"input_tokens": 0, "output_tokens": 0}}  # fmt: skip
    return lines_of(
        [
            {"type": "summary", "summary": canaries.text("summary", 2), "leafUuid": canaries.name("leaf of a summary")},
            line("user", message={"role": "user", "content": canaries.text("prompt in a transcript")}),
            answer(1, {"input_tokens": 100, "output_tokens": 10, "remark": canaries.line("usage in a transcript", 1)}),
            line("user", toolUseResult=output, message={"role": "user", "content": canaries.text("tool result", 2)}),
            f'{{"type":"assistant","message":{{"usage":{{"input_tokens":5}},"content":"{damaged}'.encode(),
            b"\xff\xfe" + canaries.line("line of no encoding").encode("utf-16"),
            answer(2, {"input_tokens": 101, "output_tokens": 11}, slug=canaries.name("slug"), userType="external"),
            answer(3, {"input_tokens": canaries.line("count in a transcript", 1), "output_tokens": 1}),
            line("assistant", message=failed, isApiErrorMessage=True, error=canaries.line("kind of an API error", 1)),
            line("attachment", attachment={"content": canaries.text("attachment")}),
            line(canaries.line("text in place of a type", 1), usage={"input_tokens": 9}),
            line(canaries.name(LINE_TYPE), usage={"input_tokens": 9, "x": canaries.line("unknown line", 1)}),
        ]
    )  # fmt: skip


def rollout(canaries: Canaries, folder: str, at: str) -> bytes:
    """Of Codex, whose remote has a password in it; every response ends at that moment."""
    remote = f"https://jo:{canaries.name('password in a rollout')}@github.com/acme/shop.git"

    def line(kind: str, **payload: Any) -> dict[str, Any]:
        return {"timestamp": at, "type": kind, "payload": payload}

    def spent(count: int) -> dict[str, int]:
        return {"input_tokens": 200 * count, "cached_input_tokens": 0, "cache_write_input_tokens": 0,
                "output_tokens": 20 * count, "reasoning_output_tokens": 0, "total_tokens": 220 * count}  # fmt: skip

    def record(number: int) -> dict[str, Any]:
        ids = {"thread_id": THREAD, "turn_id": "turn-1", "response_id": f"resp_log{number}"}
        counts = {"usage": spent(number), "thread_token_usage": spent(number * (number + 1) // 2)}
        return line("token_usage_record", **ids, **counts, note=canaries.line("token record", 1))

    git = {"repository_url": remote, "branch": "feature/PAY-123-refund", "commit_hash": "0" * 40}
    message = {"type": "message", "role": "user", "content": canaries.text("prompt in a rollout")}
    call = {"type": "function_call", "name": "exec", "arguments": canaries.text("arguments in a rollout")}
    output = {"type": "function_call_output", "output": canaries.text("output in a rollout")}
    begun = canaries.line("damaged line of a rollout")
    return lines_of(
        [
            line("session_meta", id=THREAD, timestamp=now(), cwd=folder, model_provider="openai", git=git,
                 instructions=canaries.text("instructions in a rollout"), originator="codex_exec"),
            line("turn_context", cwd=folder, model=GPT, turn_id="turn-1", user_instructions=canaries.text("turn", 1)),
            line("response_item", **message),
            line("response_item", **call),
            line("response_item", **output),
            line("event_msg", type="agent_reasoning", text=canaries.text("reasoning in a rollout", 2)),
            record(1),
            f'{{"timestamp":"{now()}","type":"token_usage_record","payload":{{"x":"{begun}'.encode(),
            canaries.text("no line at all").encode("utf-16"),
            line("compacted", message=canaries.text("compaction in a rollout", 2)),
            record(2),
            line("event_msg", type="error", message=canaries.text("error in a rollout", 2)),
            line(canaries.line("text in place of a type", 1), usage={"input_tokens": 9}),
            line(canaries.name(LINE_TYPE), usage=canaries.line("unknown line of a rollout", 1)),
        ]
    )  # fmt: skip


def events(canaries: Canaries, at: str) -> bytes:
    """OTLP logs of both tools with everything switched on that a user can switch on. `at`: see `rollout`."""
    at_ns = int(datetime.now(UTC).timestamp() * 1e9)

    def record(name: str, **more: Any) -> dict[str, Any]:
        own = {"event.name": name, "session.id": SESSION, "user.email": canaries.line("e-mail in an event", 1)}
        body = {"stringValue": canaries.text("body of an event", 2)}
        return {"timeUnixNano": str(at_ns), "attributes": attributes({**own, **more}), "body": body}

    def call(request: str) -> dict[str, Any]:
        return record(
            "api_request", request_id=request, model=CLAUDE, input_tokens=100, output_tokens=10, cache_read_tokens=0,
            cache_creation_tokens=0, duration_ms=900, prompt=canaries.text("prompt in an event"), query_source="sdk",
            **{"app.version": "2.1.330", "terminal.type": canaries.line("terminal", 1),
               "vcs.repository.url.full": f"https://jo:{canaries.name('password in an event')}@github.com/acme/shop"},
        )  # fmt: skip

    done = {"event.kind": "response.completed", "event.timestamp": at, "conversation.id": THREAD, "model": GPT,
            "input_token_count": "200", "output_token_count": "20", "cached_token_count": "0",
            "user.account_id": canaries.word("account in an event")}  # fmt: skip
    records = [
        call(TOLD_REQUESTS[0]),
        call(TOLD_REQUESTS[1]),
        record("user_prompt", prompt=canaries.text("user_prompt")),
        record("api_request_body", body=canaries.text("api_request_body"), request_id="req_011log1"),
        record("api_error", error=canaries.text("api_error"), status_code="529"),
        record("tool_result", tool_parameters=canaries.text("tool_result"), tool_input=canaries.line("tool_input")),
        record(canaries.line("name of an event", 1), request_id="req_011log1"),
        record("codex.user_prompt", prompt=canaries.text("codex.user_prompt")),
        record("codex.tool_result", arguments=canaries.line("codex.tool_result"), output=canaries.text("codex output")),
        record("codex.sse_event", **done),
    ]
    scope = {"name": canaries.line("name of a scope", 1)}
    resource = {"attributes": attributes({"service.name": "claude-code", "host.name": canaries.name("name of a host")})}
    return json.dumps(
        {"resourceLogs": [{"resource": resource, "scopeLogs": [{"scope": scope, "logRecords": records}]}]}
    ).encode()


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    """As OTLP's JSON writes them."""
    return [
        {"key": key, "value": {"intValue": value} if isinstance(value, int) else {"stringValue": value}}
        for key, value in values.items()
    ]


def payloads(canaries: Canaries, folder: str) -> list[bytes]:
    """What Cursor hands to its hook: two of one generation, a prompt, and damaged ones."""
    counts = {"input_tokens": 900, "output_tokens": 15, "cache_read_tokens": 100, "cache_write_tokens": 0}
    own = {"conversation_id": "c1c1c1c1-0000-4000-8000-00000000c0de", "generation_id": GENERATION,
           "model": "claude-4.6-opus-high-thinking", "workspace_roots": [folder], "user_email": "Ada@example.com",
           "transcript_path": f"/home/x/{canaries.name('path of a transcript')}.jsonl"}  # fmt: skip
    whole = (
        {**own, **counts, "hook_event_name": "stop", "status": "completed", "remark": canaries.text("stop")},
        {**own, **counts, "hook_event_name": "afterAgentResponse", "text": canaries.text("afterAgentResponse")},
        {**own, "hook_event_name": "beforeSubmitPrompt", "prompt": canaries.text("beforeSubmitPrompt")},
        {**own, **counts, "hook_event_name": "stop", "input_tokens": canaries.line("count of a hook", 1)},
    )
    return [
        *(json.dumps(each).encode() for each in whole),
        f'{{"hook_event_name": "stop", "text": "{canaries.line("damaged payload")}'.encode(),
        canaries.text("payload of no encoding").encode("utf-16") + b"\xff",
    ]


def write(path: Path, data: bytes) -> None:
    """Make a file and the folders it is in."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
