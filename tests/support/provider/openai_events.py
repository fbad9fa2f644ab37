"""A response of OpenAI's as its stream events, and as one document."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.provider.openai_request import Created
from tests.support.provider.script import Step, Tool
from tests.support.provider.world import made_id
from tollbook.usage import Usage

Event = Mapping[str, Any]
BEGUN: Mapping[str, Mapping[str, Any]] = {"message": {"content": []}, "function_call": {"arguments": ""}}
"""What an item lacks when it has only begun."""
COLLABORATION = "collaboration"
"""The namespace of Codex's tools for subagents."""
WAIT_MS = 30_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One response before it is sent."""

    number: int
    response_id: str
    created: Created
    step: Step
    usage: Usage


def events(made: Response) -> Iterator[Event]:
    """The whole stream in order."""
    for sequence, event in enumerate(_events(made)):
        yield {**event, "sequence_number": sequence}


def prewarmed(made: Response) -> Iterator[Event]:
    """The answer to a request without output."""
    yield {"type": "response.created", "response": document(made, "in_progress")}
    nothing = {**document(made, "completed", Usage()), "output": list[Any]()}
    yield {"type": "response.completed", "response": nothing}


def failed(made: Response) -> Event:
    """The end of a stream that the provider cannot go on with."""
    fault = {"code": "server_error", "message": "as the script has it"}
    return {"type": "response.failed", "response": {**document(made, "failed"), "error": fault}}


def document(made: Response, status: str, usage: Usage | None = None) -> dict[str, Any]:
    """The response itself; `usage` is null until it is complete."""
    whole: dict[str, Any] = {
        "id": made.response_id,
        "object": "response",
        "created_at": int(time.time()),
        "status": status,
        "model": made.created.model,
        "output": _items(made) if status == "completed" else [],
        "service_tier": "auto" if usage is None else "default",
        "error": None,
        "incomplete_details": None,
        "usage": None if usage is None else _usage(usage),
    }
    if made.step.web_searches:
        whole["tool_usage"] = {"web_search": {"num_requests": made.step.web_searches}}
    return whole


def _events(made: Response) -> Iterator[Event]:
    yield {"type": "response.created", "response": document(made, "in_progress")}
    yield {"type": "response.in_progress", "response": document(made, "in_progress")}
    for index, item in enumerate(_items(made)):
        place = {"output_index": index, "item_id": item["id"]}
        yield {"type": "response.output_item.added", "output_index": index, "item": _begun(item)}
        if item["type"] == "message":  # the others come whole
            text = str(item["content"][0]["text"])
            size = max(1, -(-len(text) // made.step.pieces))
            for start in range(0, len(text), size):
                part = {**place, "content_index": 0, "delta": text[start : start + size]}
                yield {"type": "response.output_text.delta", **part}
        yield {"type": "response.output_item.done", "output_index": index, "item": item}
    yield {"type": "response.completed", "response": document(made, "completed", made.usage)}


def _begun(item: Mapping[str, Any]) -> dict[str, Any]:
    return {**item, **BEGUN.get(item["type"], {}), "status": "in_progress"}


def _items(made: Response) -> list[dict[str, Any]]:
    if made.created.compacts:
        return [{"id": made_id("cmp_", made.number, 40), "type": "compaction", "encrypted_content": "c2hvcnQ="}]
    text = {"type": "output_text", "text": made.step.say, "annotations": list[Any]()}
    message_id = made_id("msg_", made.number, 40)
    items: list[dict[str, Any]] = [
        {"id": message_id, "type": "message", "role": "assistant", "status": "completed", "content": [text]}
    ]
    for place, tool in enumerate(made.step.tools):
        items.append(_tool(made_id("", made.number * 100 + place, 32), tool))
    return items


def _tool(digits: str, tool: Tool) -> dict[str, Any]:
    place = {"namespace": COLLABORATION}
    if tool.command is not None:
        name, wanted, place = "exec_command", {"cmd": tool.command}, {}
    elif tool.wait:
        name, wanted = "wait_agent", {"timeout_ms": WAIT_MS}
    else:
        name, wanted = (
            "spawn_agent",
            {"task_name": f"look_{digits[:8]}", "message": tool.subagent, "fork_turns": "none"},
        )
    return {
        **place,
        "id": f"fc_{digits}",
        "type": "function_call",
        "status": "completed",
        "call_id": f"call_{digits[:24]}",
        "name": name,
        "arguments": json.dumps(wanted),
    }


def _usage(usage: Usage) -> dict[str, Any]:
    """OpenAI counts cached and written tokens within the input."""
    return {
        "input_tokens": usage.prompt,
        "input_tokens_details": {
            "cached_tokens": usage.cache_read,
            "cache_write_tokens": usage.cache_write_total,
            "cache_write_tokens_details": {"ttl_30m_tokens": usage.cache_write_30m, "ttl_12h_tokens": 0},
        },
        "output_tokens": usage.output,
        "output_tokens_details": {"reasoning_tokens": usage.reasoning},
        "total_tokens": usage.prompt + usage.output,
    }
