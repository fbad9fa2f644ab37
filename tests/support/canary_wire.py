"""Traffic of tools full of secrets: what is asked, how the origin answers, and which calls were made by it."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.support.canaries import Canaries
from tests.support.canary_origin import Script

SESSION = "0c9e5d1a-3f3f-4a58-9d5e-7c1a0000c0de"
ACCOUNT = "11111111-2222-4333-8444-555555555555"
CLAUDE, GPT = "claude-opus-5-5", "gpt-6.1-codex"
COUNTS = {"input_tokens": 11, "cache_read_input_tokens": 0, "cache_creation_input_tokens": 0, "output_tokens": 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One connection."""

    request: Mapping[str, Any]
    """As the client takes it."""
    script: Script
    calls: tuple[str, ...] = ()
    """Ids of the responses that are billed."""


class Writer:
    """Numbers scenes and plants secrets in all that they have in common."""

    def __init__(self, canaries: Canaries) -> None:
        self.canaries = canaries
        self.scenes: dict[str, Scene] = {}

    def http(
        self, host: str, path: str, body: object, answer: bytes, *, headers: Mapping[str, str], calls: tuple[str, ...],
    ) -> None:  # fmt: skip
        """One request."""
        data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        mark = "&" if "?" in path else "?"
        token = quote(self.canaries.line("query of a URL", 1), safe="")
        request = {
            "kind": "http", "method": "POST", "host": host, "path": f"{path}{mark}token={token}",
            "body": base64.b64encode(data).decode(),
        }  # fmt: skip
        self._add(request, Script(answer=answer), headers, calls)

    def socket(self, host: str, path: str, turns: list[tuple[Any, list[str | bytes]]], headers: Mapping[str, str],
               calls: tuple[str, ...]) -> None:  # fmt: skip
        """One WebSocket: frames of the client with those of the server after each."""
        sent = [(one if isinstance(one, str) else {"base64": base64.b64encode(one).decode()}, len(answers))
                for one, answers in turns]  # fmt: skip
        request = {"kind": "socket", "host": host, "path": path, "frames": sent}
        self._add(request, Script(frames=[answers for _, answers in turns]), headers, calls)

    def _add(self, request: dict[str, Any], script: Script, headers: Mapping[str, str], calls: tuple[str, ...]) -> None:
        name = f"scene{len(self.scenes)}"
        own = {
            "x-scene": name,
            "authorization": f"Bearer {self.canaries.word('authorization header')}",
            "cookie": f"session={self.canaries.word('cookie header')}",
            "x-note": self.canaries.line("header of somebody's own"),
            f"x-{self.canaries.name('name of a header')}": "1",
        }
        whole = {**request, "headers": list({**own, **headers}.items())}
        self.scenes[name] = Scene(request=whole, script=script, calls=calls)

    def answer(
        self, status: int, kind: str, body: bytes, *, more: Mapping[str, str] | None = None, cut: int = 0
    ) -> bytes:
        """An HTTP answer. `cut`: so many bytes of it never come."""
        headers = {
            "content-type": kind,
            "content-length": str(len(body) + cut),
            "set-cookie": f"a={self.canaries.word('set-cookie header')}; HttpOnly",
            "x-debug": self.canaries.line("header of an answer"),
            "connection": "close",
            **(more or {}),
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {status} Said\r\n{lines}\r\n".encode() + body


def claude_headers(canaries: Canaries) -> dict[str, str]:
    """As Claude Code sends them, its own name with something behind it."""
    return {
        "user-agent": f"claude-cli/2.1.330 (external, {canaries.word('user-agent header')})",
        "x-api-key": canaries.word("x-api-key header"),
        "x-claude-code-session-id": SESSION,
        "x-claude-code-request-class": "main",
        "anthropic-beta": canaries.word("anthropic-beta header"),
        "content-type": "application/json",
    }


def claude_body(canaries: Canaries, *, stream: bool) -> dict[str, Any]:
    """A request of Anthropic's Messages."""
    user = {"device_id": canaries.word("device of metadata.user_id"), "email": canaries.line("metadata.user_id", 1),
            "account_uuid": ACCOUNT, "session_id": SESSION}  # fmt: skip
    used = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": canaries.text("tool arguments")}}
    result = {"type": "tool_result", "tool_use_id": "toolu_1", "content": canaries.text("tool output")}
    return {
        "system": [{"type": "text", "text": canaries.text("system prompt")}],
        "messages": [
            {"role": "user", "content": canaries.text("prompt")},
            {"role": "assistant", "content": [used]},
            {"role": "user", "content": [result]},
        ],
        "tools": [{"name": "Bash", "description": canaries.text("tool description", 1), "input_schema": {}}],
        "mcp_servers": [{"url": canaries.line("MCP server", 1), "authorization_token": canaries.word("MCP token")}],
        "unheard_of": {"model": canaries.line("unknown field"), canaries.name("unknown key"): [1]},
        "metadata": {"user_id": json.dumps(user), "note": canaries.text("metadata", 1)},
        "model": CLAUDE,
        "max_tokens": 1024,
        "stream": stream,
    }


def sse(*events: tuple[str, object] | bytes) -> bytes:
    """Server-sent events; bytes are taken as they are."""
    return b"".join(
        one if isinstance(one, bytes) else f"event: {one[0]}\ndata: {json.dumps(one[1])}\n\n".encode() for one in events
    )


def claude_begin(message: str, canaries: Canaries) -> tuple[str, object]:
    """`message_start`, with something in it that nobody has heard of."""
    usage = {**COUNTS, "output_tokens": 1, "remark": canaries.line("unknown text in usage", 1)}
    start: dict[str, Any] = {
        "id": message, "type": "message", "role": "assistant", "model": CLAUDE, "content": [], "usage": usage,
        "context": canaries.text("unknown field of a message", 1),
    }  # fmt: skip
    return "message_start", {"type": "message_start", "message": start}


def claude_content(canaries: Canaries) -> list[tuple[str, object] | bytes]:
    """What is said, thought and asked of tools; comments and damaged events between."""
    deltas = (
        {"type": "text_delta", "text": canaries.text("answer")},
        {"type": "thinking_delta", "thinking": canaries.text("thinking", 2)},
        {"type": "signature_delta", "signature": canaries.word("signature")},
        {"type": "input_json_delta", "partial_json": json.dumps({"path": canaries.line("arguments in an answer")})},
    )
    said: list[tuple[str, object] | bytes] = [
        ("content_block_delta", {"type": "content_block_delta", "index": 0, "delta": delta}) for delta in deltas
    ]
    return [
        f": {canaries.line('comment of a stream')}\n\n".encode(),
        *said,
        ("novelty", {"type": "novelty", **{name: canaries.line("unknown event") for name in ("usage", "message")}}),
        f"event: message_delta\ndata: {{\"type\": \"message_delta\", {canaries.line('damaged event')}\n\n".encode(),
        f"id: {canaries.word('id of an event')}\nretry: 1\n\n".encode(),
    ]  # fmt: skip


def claude_end(canaries: Canaries) -> list[tuple[str, object] | bytes]:
    """The counts, and a word after the last one."""
    delta = {"stop_reason": "end_turn", "stop_sequence": canaries.line("stop sequence", 1)}
    return [
        ("message_delta", {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 7}}),
        ("message_stop", {"type": "message_stop"}),
        f"data: {canaries.line('behind the end of a stream')}\n\n".encode(),
    ]
