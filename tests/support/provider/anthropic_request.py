"""What a request of Anthropic's shape asks for, whichever host it was sent to."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from tests.support.provider.message import Request, as_list, as_object, parsed
from tests.support.provider.script import Tool, last_mark
from tests.support.provider.world import Play, World, unasked

PURPOSES: Mapping[str, str] = {"subagent": "subagent", "compaction": "compaction", "auxiliary": "title"}
BEDROCK = re.compile(r"/model/([^/]+)/(invoke|invoke-with-response-stream)")
VERTEX = re.compile(
    r"/v1/projects/[^/]+/locations/[^/]+/publishers/anthropic/models/([^/:]+):(rawPredict|streamRawPredict)"
)
SUMMARISE = ("Your task is to create a detailed summary", "CRITICAL: Respond with TEXT ONLY")
"""How Claude Code's request for a summary begins, where no header says what it is."""


class Front(StrEnum):
    """Who serves the model: the channel that bills."""

    DIRECT = "anthropic"
    BEDROCK = "bedrock"
    VERTEX = "vertex"


MESSAGE_PREFIX: Mapping[Front, str] = {Front.DIRECT: "msg_01", Front.BEDROCK: "msg_bdrk_", Front.VERTEX: "msg_vrtx_"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request for a message."""

    front: Front
    model_requested: str
    streamed: bool
    request: Request
    document: Mapping[str, Any]

    @property
    def model(self) -> str:
        """The model as the answer names it: no geography, no revision of the cloud's."""
        name = self.model_requested.rpartition("anthropic.")[2].partition(":")[0]
        return re.sub(r"-v\d+$", "", name).replace("@", "-")

    @property
    def header(self) -> Mapping[str, str]:
        """Headers, in lower case."""
        return self.request.headers

    @property
    def session_id(self) -> str | None:
        """From the header; versions before it put the session into `metadata.user_id`."""
        return self.header.get("x-claude-code-session-id")

    @property
    def purpose(self) -> str:
        """A name of Tollbook's `Purpose`."""
        if self.document.get("max_tokens") == 1:
            return "probe"
        named = PURPOSES.get(self.header.get("x-claude-code-request-class", ""))
        if named is not None:
            return named
        if _last_text(self.document).startswith(SUMMARISE):
            return "compaction"
        return "subagent" if "x-claude-code-agent-id" in self.header else "turn"

    def play(self, world: World) -> Play:
        """What it gets: requests that no person's prompt led to get the plain answer."""
        if self.purpose not in ("turn", "subagent"):
            return unasked(self.purpose)
        mark, step = _place(self.document)
        conversation = f"{self.session_id}/{self.header.get('x-claude-code-agent-id', '')}"
        return world.play(conversation, mark, step)

    def tool_use(self, tool: Tool) -> tuple[str, dict[str, Any]]:
        """Name and input of a tool of the client's."""
        if tool.command is not None:
            return "Bash", {"command": tool.command, "description": "A step of the script"}
        names = {as_object(offered).get("name") for offered in as_list(self.document.get("tools"))}
        wanted: dict[str, Any] = {"description": "A step", "prompt": tool.subagent, "subagent_type": "general-purpose"}
        wanted["run_in_background"] = tool.background  # left out, it runs in the background
        return ("Agent" if "Agent" in names else "Task"), wanted


def asked_of(request: Request) -> Asked | None:
    """The request for a message; `None` where it is something else."""
    if request.method != "POST":
        return None
    if request.path in ("/v1/messages", "/anthropic/v1/messages"):
        document = parsed(request.body)
        front = Front.BEDROCK if request.host.startswith("bedrock-mantle.") else Front.DIRECT
        streamed = document.get("stream") is True
        model = str(document.get("model"))
        return Asked(front=front, model_requested=model, streamed=streamed, request=request, document=document)
    for front, pattern in ((Front.BEDROCK, BEDROCK), (Front.VERTEX, VERTEX)):
        found = pattern.fullmatch(request.plain_path)
        if found is not None and found[1] != "count-tokens":
            streamed = found[2] in ("invoke-with-response-stream", "streamRawPredict")
            document = parsed(request.body)
            return Asked(front=front, model_requested=found[1], streamed=streamed, request=request, document=document)
    return None


def _place(document: Mapping[str, Any]) -> tuple[tuple[str, str] | None, int]:
    """The mark that rules this request, and how many answers were given since."""
    answers = 0
    for message in reversed(as_list(document.get("messages"))):
        fields = as_object(message)
        if fields.get("role") == "assistant":
            answers += 1
        elif fields.get("role") == "user":
            found = last_mark("\n".join(_texts(fields)))
            if found is not None:
                return found, answers
    return None, 0


def _texts(message: Mapping[str, Any]) -> list[str]:
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    blocks = [as_object(block) for block in as_list(content)]
    return [str(block.get("text")) for block in blocks if block.get("type") == "text"]


def _last_text(document: Mapping[str, Any]) -> str:
    messages = [as_object(message) for message in as_list(document.get("messages"))]
    texts = _texts(messages[-1]) if messages else []
    return texts[-1] if texts else ""
