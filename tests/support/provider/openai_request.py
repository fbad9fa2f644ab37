"""What a request for a response of OpenAI's asks for, over HTTP or in a WebSocket frame."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import zstandard

from tests.support.provider.message import BODY_BYTES, Request, as_list, as_object, parsed
from tests.support.provider.script import PLAIN, last_mark
from tests.support.provider.world import Play, World, unasked

PATHS = ("/v1/responses", "/backend-api/codex/responses")
METADATA = "x-codex-turn-metadata"
PURPOSES: Mapping[str, str] = {
    "subagent": "subagent",
    "thread_title": "title",
    "prewarm": "prewarm",
    "compaction": "compaction",
}
OUTPUTS = ("function_call_output", "custom_tool_call_output", "local_shell_call_output")


@dataclass(frozen=True, slots=True, kw_only=True)
class Created:
    """One request for a response."""

    request: Request
    document: Mapping[str, Any]
    transport: str

    @property
    def channel(self) -> str:
        """Who bills."""
        return "chatgpt" if self.request.host.endswith("chatgpt.com") else "openai"

    @property
    def model(self) -> str:
        return str(self.document.get("model"))

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What Codex says about the turn: in the frame, else in the header."""
        framed = as_object(self.document.get("client_metadata")).get(METADATA)
        return parsed(str(framed or self.request.headers.get(METADATA, "")).encode())

    @property
    def prewarm(self) -> bool:
        """It wants no output."""
        return self.document.get("generate") is False

    @property
    def compacts(self) -> bool:
        """It wants the conversation shortened; Codex then expects exactly one item, of a kind of its own."""
        items = [as_object(item) for item in as_list(self.document.get("input"))]
        return bool(items) and items[-1].get("type") == "compaction_trigger"

    @property
    def purpose(self) -> str:
        """A name of Tollbook's `Purpose`."""
        if self.prewarm:
            return "prewarm"
        for name in ("request_kind", "thread_source"):
            found = PURPOSES.get(str(self.metadata.get(name)))
            if found is not None:
                return found
        return "turn"

    def play(self, world: World) -> Play:
        """What it gets: requests that no person's prompt led to get the plain answer."""
        if self.purpose not in ("turn", "subagent"):
            return unasked(self.purpose)
        name, word, step = self._place(world)
        return world.play(str(self.metadata.get("thread_id")), (name, word), step)

    def remember(self, world: World, response_id: str) -> None:
        """Keep where the script was, for the request that goes on from here and sends only what is new."""
        world.continued[response_id] = self._place(world)

    def _place(self, world: World) -> tuple[str, str, int]:
        """Script, its word, and the step: the number of tool outputs since the mark."""
        outputs = 0
        for item in reversed(as_list(self.document.get("input"))):
            fields = as_object(item)
            if fields.get("type") in OUTPUTS:
                outputs += 1
            elif fields.get("role") == "user" or fields.get("type") == "agent_message":
                found = last_mark(_text(fields))
                if found is not None:
                    return (*found, outputs)
        before = world.continued.get(str(self.document.get("previous_response_id")))
        return (PLAIN, "", 0) if before is None else (before[0], before[1], before[2] + outputs)


def created_of(request: Request) -> Created | None:
    """The request for a response; `None` where it is something else."""
    if request.method != "POST" or request.path not in PATHS:
        return None
    if request.headers.get("content-encoding") == "zstd":
        body = zstandard.ZstdDecompressor().stream_reader(request.body).read(BODY_BYTES)
        request = replace(request, body=body)
    document = parsed(request.body)
    transport = "sse" if document.get("stream") is True else "plain"
    return Created(request=request, document=document, transport=transport)


def framed(request: Request, text: bytes) -> Created | None:
    """The request in a frame of a socket; `None` where the frame is something else."""
    try:
        document = as_object(json.loads(text))
    except ValueError:
        return None
    if document.get("type") != "response.create":
        return None
    return Created(request=request, document=document, transport="ws")


def _text(message: Mapping[str, Any]) -> str:
    """The text of a message. What one agent writes to another is "encrypted": by the provider, so by nobody here."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = [as_object(part) for part in as_list(content)]
    return "\n".join(str(part.get("text") or part.get("encrypted_content") or "") for part in parts)
