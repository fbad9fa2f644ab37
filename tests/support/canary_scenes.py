"""The scenes on the wire: every protocol, going well and going wrong, each with secrets wherever there is room."""

import json
from typing import Any

from tests.support.canaries import Canaries
from tests.support.canary_wire import (
    CLAUDE,
    COUNTS,
    GPT,
    Scene,
    Writer,
    claude_begin,
    claude_body,
    claude_content,
    claude_end,
    claude_headers,
    sse,
)

ANTHROPIC, OPENAI, CHATGPT = "api.anthropic.com", "api.openai.com", "chatgpt.com"
STREAM, JSON, HTML = "text/event-stream; charset=utf-8", "application/json", "text/html"
THREAD = "01995001-0000-7000-8000-00000000c0de"
BEDROCK_REQUEST = "5d1f0c3a-0000-4000-8000-0000000000aa"
USAGE = {"input_tokens": 21, "output_tokens": 9, "total_tokens": 30, "input_tokens_details": {"cached_tokens": 4}}


def scenes(canaries: Canaries, folder: str) -> dict[str, Scene]:
    """All of them by name. `folder`: where Codex says that it works."""
    writer = Writer(canaries)
    _anthropic(writer)
    _anthropic_wrong(writer)
    _openai(writer, folder)
    _openai_wrong(writer, folder)
    _socket(writer, folder)
    _clouds(writer)
    return writer.scenes


def _anthropic(writer: Writer) -> None:
    canaries = writer.canaries
    stream = sse(claude_begin("msg_01wire1", canaries), *claude_content(canaries), *claude_end(canaries))
    writer.http(
        ANTHROPIC, "/v1/messages?beta=true", claude_body(canaries, stream=True),
        writer.answer(200, STREAM, stream, more={"request-id": "req_011wire1"}),
        headers=claude_headers(canaries), calls=("msg_01wire1",),
    )  # fmt: skip
    whole = {
        "content": [{"type": "text", "text": canaries.text("plain answer")}], "stop_sequence": canaries.line("stop", 1),
        "id": "msg_01wire2", "type": "message", "model": CLAUDE, "usage": COUNTS,
    }  # fmt: skip
    writer.http(
        ANTHROPIC, "/v1/messages", claude_body(canaries, stream=False),
        writer.answer(200, JSON, json.dumps(whole).encode(), more={"request-id": "req_011wire2"}),
        headers=claude_headers(canaries), calls=("msg_01wire2",),
    )  # fmt: skip
    for path in ("/v1/messages/count_tokens", "/v1/files", f"/v1/{canaries.name('path of a URL')}"):
        writer.http(
            ANTHROPIC, path, {"file": canaries.text("request that is not read")},
            writer.answer(200, JSON, json.dumps({"input_tokens": 3, "note": canaries.text("free answer", 1)}).encode()),
            headers=claude_headers(canaries), calls=(),
        )  # fmt: skip


def _anthropic_wrong(writer: Writer) -> None:
    canaries = writer.canaries

    def ask(answer: bytes, *calls: str, body: object = None) -> None:
        wanted = claude_body(canaries, stream=True) if body is None else body
        writer.http(ANTHROPIC, "/v1/messages", wanted, answer, headers=claude_headers(canaries), calls=calls)

    for status in (400, 429, 500):
        error = {"type": canaries.line("type of an error", 1), "message": canaries.text("error message")}
        ask(writer.answer(status, JSON, json.dumps({"type": "error", "error": error}).encode()))
    page = f"<html><body>upstream said {canaries.text('error page')}</body></html>"
    ask(writer.answer(529, HTML, page.encode()))
    failing = {"type": canaries.word("type of an error in a stream"), "message": canaries.text("error in a stream")}
    begun = claude_begin("msg_01wire3", canaries)
    broken = sse(begun, *claude_content(canaries), ("error", {"type": "error", "error": failing}))
    ask(writer.answer(200, STREAM, broken, more={"request-id": "req_011wire3"}), "msg_01wire3")
    aborted = sse(claude_begin("msg_01wire4", canaries), *claude_content(canaries))
    ask(writer.answer(200, STREAM, aborted, more={"request-id": "req_011wire4"}, cut=500), "msg_01wire4")
    counts = {**COUNTS, "input_tokens": canaries.line("text in place of a count", 1)}
    strange = {"id": "msg_01wire5", "type": "message", "model": CLAUDE, "usage": counts}
    ask(writer.answer(200, JSON, json.dumps(strange).encode(), more={"request-id": "req_011wire5"}), "msg_01wire5")
    half = f'{{"id": "msg_01wire6", "content": "{canaries.line("damaged answer")}'.encode() + b"\xff\xfe\x00"
    damaged = f'{{"model": "{CLAUDE}", "messages": ["{canaries.line("damaged request")}'.encode() + b"\x80"
    ask(writer.answer(200, JSON, half, more={"request-id": "req_011wire6"}), "msg_01wire6", body=damaged)


def codex_headers(canaries: Canaries, folder: str) -> dict[str, str]:
    """As Codex sends them; its metadata name a folder, and a remote with a password in it."""
    return {
        "user-agent": f"codex_exec/0.169.0 ({canaries.word('user-agent of Codex')})",
        "originator": "codex_exec",
        "session-id": THREAD,
        "thread-id": THREAD,
        "openai-beta": canaries.word("openai-beta header"),
        "x-codex-turn-metadata": _metadata(canaries, folder),
        "content-type": JSON,
    }


def _metadata(canaries: Canaries, folder: str) -> str:
    password = canaries.name("password of a remote")
    return json.dumps(
        {
            "session_id": THREAD,
            "thread_id": THREAD,
            "turn_id": "turn-wire",
            "request_kind": "turn",
            "prompt": canaries.text("turn metadata"),
            "workspaces": {
                folder: {
                    "associated_remote_urls": {"origin": f"https://jo:{password}@github.com/acme/shop.git"},
                    "has_changes": canaries.line("workspace", 1),
                }
            },
        }
    )


def _asking(canaries: Canaries, **more: Any) -> dict[str, Any]:
    return {
        "model": GPT,
        "instructions": canaries.text("instructions"),
        "input": [
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": canaries.text("input")}]},
            {"type": "function_call", "name": "exec", "arguments": canaries.text("arguments of a function", 2)},
            {"type": "function_call_output", "call_id": "call_1", "output": canaries.text("output of a function")},
        ],
        "metadata": {"user": canaries.line("metadata of OpenAI", 1)},
        "safety_identifier": canaries.word("safety identifier"),
        "prompt_cache_key": canaries.word("cache key"),
        **more,
    }


def _answered(canaries: Canaries, response: str, **more: Any) -> list[dict[str, Any]]:
    """The events of a response: text, arguments, something unknown, the end."""
    head = {"id": response, "object": "response", "model": GPT, "instructions": canaries.line("echoed instructions", 1)}
    text = [{"type": "message", "content": [{"type": "output_text", "text": canaries.text("output")}]}]
    last = {**head, "status": "completed", "service_tier": "default", "usage": USAGE, "output": text, **more}
    return [
        {"type": "response.created", "response": {**head, "status": "in_progress", "usage": None}},
        {"type": "response.output_text.delta", "delta": canaries.text("delta")},
        {"type": "response.function_call_arguments.done", "arguments": canaries.line("arguments in an event")},
        {"type": canaries.word("type of an event"), "response": canaries.line("event of an unknown type", 1)},
        {"type": f"response.{last['status']}", "response": last},
    ]


def _openai(writer: Writer, folder: str) -> None:
    canaries = writer.canaries
    comment = f": {canaries.line('comment in a stream of OpenAI')}\n\n".encode()
    for host, path, response in (
        (OPENAI, "/v1/responses", "resp_wire1"), (CHATGPT, "/backend-api/codex/responses", "resp_wire2"),
    ):  # fmt: skip
        events = [(each["type"], each) for each in _answered(canaries, response)]
        writer.http(
            host, path, _asking(canaries, stream=True), writer.answer(200, STREAM, sse(comment, *events)),
            headers=codex_headers(canaries, folder), calls=(response,),
        )  # fmt: skip
    said = {"role": "assistant", "content": canaries.text("chat answer"), "refusal": canaries.line("refusal", 1)}
    chat = {"id": "chatcmpl-wire1", "model": "gpt-6.1", "choices": [{"message": said}],
            "usage": {"prompt_tokens": 5, "completion_tokens": 2, "total_tokens": 7}}  # fmt: skip
    asked = {"model": "gpt-6.1", "messages": [{"role": "user", "content": canaries.text("chat prompt")}],
             "user": canaries.line("user of a chat", 1)}  # fmt: skip
    writer.http(
        OPENAI, "/v1/chat/completions", asked, writer.answer(200, JSON, json.dumps(chat).encode()),
        headers={"user-agent": canaries.word("user-agent of another program")}, calls=("chatcmpl-wire1",),
    )  # fmt: skip


def _openai_wrong(writer: Writer, folder: str) -> None:
    canaries = writer.canaries
    headers = codex_headers(canaries, folder)
    error = {"code": canaries.word("code of an error"), "type": canaries.word("type of OpenAI's error"),
             "message": canaries.text("error of OpenAI")}  # fmt: skip
    refused = writer.answer(400, JSON, json.dumps({"error": error}).encode())
    writer.http(OPENAI, "/v1/responses", _asking(canaries), refused, headers=headers, calls=())
    failed = _answered(canaries, "resp_wire3", status="failed", usage=None, error=error)
    stream = sse(*((each["type"], each) for each in failed))
    writer.http(OPENAI, "/v1/responses", _asking(canaries, stream=True), writer.answer(200, STREAM, stream),
                headers=headers, calls=("resp_wire3",))  # fmt: skip
    torn = {
        **headers,
        "x-codex-turn-metadata": f'{{"thread_id": "{canaries.line("damaged metadata", 1)}'.replace("\\", ""),
    }
    begun = sse(*((each["type"], each) for each in _answered(canaries, "resp_wire4")[:3]))
    writer.http(OPENAI, "/v1/responses", _asking(canaries, stream=True), writer.answer(200, STREAM, begun, cut=99),
                headers=torn, calls=("resp_wire4",))  # fmt: skip


def _socket(writer: Writer, folder: str) -> None:
    canaries = writer.canaries

    def frame(*, text: str | None = None) -> str:
        told = {"x-codex-turn-metadata": _metadata(canaries, folder), "remark": canaries.line("client metadata", 1)}
        return text or json.dumps(_asking(canaries, type="response.create", client_metadata=told))

    def frames(response: str) -> list[str | bytes]:
        limits = {"type": "codex.rate_limits", "plan": canaries.line("frame of rate limits", 1)}
        return [json.dumps(limits), *(json.dumps(each) for each in _answered(canaries, response))]

    broken = f'{{"type": "response.completed", "response": "{canaries.line("damaged frame")}'
    error = {"type": "error", "status": 400, "error": {"message": canaries.text("error frame")}}
    writer.socket(
        OPENAI, "/v1/responses",
        [
            (frame(), frames("resp_wire5")),
            (frame(text=f'{{"type": "note", "x": "{canaries.line("damaged frame of a client")}'), []),
            (frame(), [broken, canaries.text("binary frame").encode("utf-16"), *frames("resp_wire6")]),
            (frame(), [json.dumps(error)]),
        ],
        codex_headers(canaries, folder), ("resp_wire5", "resp_wire6"),
    )  # fmt: skip


def _clouds(writer: Writer) -> None:
    canaries = writer.canaries
    whole = {"id": "msg_bdrk_wire1", "type": "message", "model": CLAUDE, "usage": COUNTS,
             "content": [{"type": "text", "text": canaries.text("answer of Bedrock")}]}  # fmt: skip
    writer.http(
        "bedrock-runtime.eu-central-1.amazonaws.com", "/model/eu.anthropic.claude-opus-5-5-v1%3A0/invoke",
        {"messages": canaries.text("prompt to Bedrock"), "anthropic_version": "bedrock-2023-05-31"},
        writer.answer(200, JSON, json.dumps(whole).encode(), more={"x-amzn-requestid": BEDROCK_REQUEST}),
        headers={"authorization": f"AWS4-HMAC-SHA256 Credential={canaries.word('AWS signature')}/x, Signature=0",
                 "x-amz-security-token": canaries.word("AWS session token")}, calls=("msg_bdrk_wire1",),
    )  # fmt: skip
    counts = {"promptTokenCount": 6, "candidatesTokenCount": 2, "totalTokenCount": 8}
    said = {"responseId": "wire-gemini-1", "modelVersion": "gemini-3.1-pro", "usageMetadata": counts,
            "candidates": [{"finishReason": "STOP", "content": canaries.text("answer of Gemini")}]}  # fmt: skip
    writer.http(
        "generativelanguage.googleapis.com", "/v1beta/models/gemini-3.1-pro:generateContent",
        {"contents": canaries.text("prompt to Gemini")}, writer.answer(200, JSON, json.dumps(said).encode()),
        headers={"x-goog-api-key": canaries.word("Google key header")}, calls=("wire-gemini-1",),
    )  # fmt: skip
