"""What is kept of the clients' traffic and logs are names; no value gets through."""

import json
from pathlib import Path

from tests.clients.names import known_names, log_names, wire_names
from tests.support.provider.message import Request
from tests.support.provider.seen import Seen

SECRET = "hunter2"


def test_wire_names_are_names(tmp_path: Path) -> None:
    body = {"model": SECRET, "metadata": {"user_id": SECRET}, "messages": [{"role": SECRET}], SECRET + " x": 1}
    request = Request(
        method="POST", host="api.anthropic.com", path="/v1/x/0f4b8a8e-1111-4222-8333-444455556666", query=SECRET,
        headers={"x-api-key": SECRET}, body=json.dumps(body).encode(), http_version="1.1",
    )  # fmt: skip
    seen = Seen(tmp_path / "names")
    seen.request(request)
    seen.request(request)
    place = "http POST api.anthropic.com /v1/x/*"
    fields = {f"{place} field {name}" for name in ("model", "metadata", "metadata.user_id", "messages")}
    assert wire_names(tmp_path / "names") == {place, f"{place} header x-api-key", *fields}
    assert len((tmp_path / "names").read_text(encoding="utf-8").splitlines()) == 1


def test_log_names_are_names(tmp_path: Path) -> None:
    lines = [
        {"type": "assistant", "message": {"id": SECRET, "content": [{"text": SECRET}]}, SECRET + " x": 1},
        {"type": "event_msg", "payload": {"type": "token_count", "info": {"last": 1}}},
    ]
    file = tmp_path / "a" / "b.jsonl"
    file.parent.mkdir()
    file.write_text("\n".join([*map(json.dumps, lines), "{torn"]), encoding="utf-8")
    found = log_names(tmp_path)
    assert "log assistant field message.content" in found
    assert "log event_msg/token_count field payload.info.last" in found
    assert not any(SECRET in name for name in found)


def test_known_names_hold_what_the_readers_need() -> None:
    claude, codex = known_names("claude"), known_names("codex")
    assert "http POST api.anthropic.com /v1/messages header x-claude-code-session-id" in claude
    assert "frame GET api.openai.com /v1/responses field client_metadata.x-codex-turn-metadata" in codex
