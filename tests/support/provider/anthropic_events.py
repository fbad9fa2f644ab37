"""An answer of Anthropic's shape as its stream events, and as one document."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.provider.anthropic_request import Asked, Front
from tests.support.provider.counts import FIRST_EVENT_OUTPUT, advisor_usage
from tests.support.provider.script import Step, Tool
from tests.support.provider.world import made_id
from tollbook.usage import Usage

ADVISOR = "claude-sonnet-5-5"
NO_TEXT: Mapping[str, Any] = {"text": ""}
NO_INPUT: Mapping[str, Any] = {"input": {}}
OTHER_ADVISOR = "claude-opus-5-5"
"""The model that advises; the other one where the first itself was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One answer before it is sent."""

    number: int
    message_id: str
    asked: Asked
    step: Step
    usage: Usage

    @property
    def extra(self) -> dict[str, Usage]:
        """What other models used for it."""
        if not self.step.advisor:
            return {}
        return {OTHER_ADVISOR if self.asked.model == ADVISOR else ADVISOR: advisor_usage(self.number)}

    @property
    def tools(self) -> list[Tool]:
        """What the client is asked to do; Claude Code waits by itself."""
        return [tool for tool in self.step.tools if not tool.wait]

    @property
    def stop_reason(self) -> str:
        return "tool_use" if self.tools else "end_turn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event of the stream, and the output that had been made when it went out."""

    document: Mapping[str, Any]
    output: int
    content: bool = False
    """A piece of text."""


def events(made: Made) -> Iterator[Event]:
    """The whole stream in order."""
    begun = FIRST_EVENT_OUTPUT
    yield Event(document={"type": "message_start", "message": _head(made)}, output=begun)
    yield Event(document={"type": "ping"}, output=begun)
    for index, block in enumerate(_blocks(made)):
        empty = {**block, **(NO_TEXT if block["type"] == "text" else NO_INPUT)}
        yield Event(document={"type": "content_block_start", "index": index, "content_block": empty}, output=begun)
        yield from _deltas(made, index, block)
        yield Event(document={"type": "content_block_stop", "index": index}, output=made.usage.output)
    stop = {"stop_reason": made.stop_reason, "stop_sequence": None}
    last: dict[str, Any] = {"type": "message_delta", "delta": stop, "usage": _final(made)}
    yield Event(document=last, output=made.usage.output)
    end: dict[str, Any] = {"type": "message_stop"}
    if made.asked.front is Front.BEDROCK:
        end["amazon-bedrock-invocationMetrics"] = _metrics(made.usage)
    yield Event(document=end, output=made.usage.output)


def whole(made: Made) -> dict[str, Any]:
    """The answer to a request that does not stream."""
    final = {**_started(made.usage), **_final(made)}
    return {**_head(made), "content": _blocks(made), "stop_reason": made.stop_reason, "usage": final}


def _head(made: Made) -> dict[str, Any]:
    return {
        "id": made.message_id,
        "type": "message",
        "role": "assistant",
        "model": made.asked.model,
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": _started(made.usage),
    }


def _blocks(made: Made) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": made.step.say}]
    for place, tool in enumerate(made.tools):
        name, wanted = made.asked.tool_use(tool)
        tool_id = made_id("toolu_01", made.number * 100 + place, 22)
        blocks.append({"type": "tool_use", "id": tool_id, "name": name, "input": wanted})
    return blocks


def _deltas(made: Made, index: int, block: Mapping[str, Any]) -> Iterator[Event]:
    text = block["type"] == "text"
    source = str(block["text"]) if text else json.dumps(block["input"])
    kind, field = ("text_delta", "text") if text else ("input_json_delta", "partial_json")
    pieces = made.step.pieces if text else 2
    size = max(1, -(-len(source) // pieces))
    for start in range(0, len(source), size):
        share = min(1.0, (start + size) / len(source))
        output = FIRST_EVENT_OUTPUT + int((made.usage.output - FIRST_EVENT_OUTPUT) * share * 0.9)
        delta = {"type": kind, field: source[start : start + size]}
        document = {"type": "content_block_delta", "index": index, "delta": delta}
        yield Event(document=document, output=output, content=text)


def _started(usage: Usage) -> dict[str, Any]:
    return {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_total,
        "cache_read_input_tokens": usage.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": usage.cache_write_5m,
            "ephemeral_1h_input_tokens": usage.cache_write_1h,
        },
        "output_tokens": min(FIRST_EVENT_OUTPUT, usage.output),
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def _final(made: Made) -> dict[str, Any]:
    usage = made.usage
    final: dict[str, Any] = {
        "input_tokens": usage.input,
        "cache_creation_input_tokens": usage.cache_write_total,
        "cache_read_input_tokens": usage.cache_read,
        "output_tokens": usage.output,
        "output_tokens_details": {"thinking_tokens": usage.reasoning},
    }
    if usage.web_searches:
        final["server_tool_use"] = {"web_search_requests": usage.web_searches, "web_fetch_requests": 0}
    if made.extra:
        counts = {
            name: value for name, value in _started(usage).items() if name not in ("service_tier", "inference_geo")
        }
        own = {"type": "message", **counts, "output_tokens": usage.output}
        final["iterations"] = [own, *(_advice(model, counts) for model, counts in made.extra.items())]
    return final


def _advice(model: str, usage: Usage) -> dict[str, Any]:
    return {
        "type": "advisor_message",
        "model": model,
        "input_tokens": usage.input,
        "output_tokens": usage.output,
        "cache_read_input_tokens": 0,
        "cache_creation_input_tokens": 0,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
    }


def _metrics(usage: Usage) -> dict[str, int]:
    return {
        "inputTokenCount": usage.input,
        "outputTokenCount": usage.output,
        "invocationLatency": 900,
        "firstByteLatency": 200,
        "cacheReadInputTokenCount": usage.cache_read,
        "cacheWriteInputTokenCount": usage.cache_write_total,
    }
