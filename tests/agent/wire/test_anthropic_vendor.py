"""The vendors' own packages decode our recordings and find the counts, models and ids that the readers find.

`anthropic` accumulates messages from server-sent events and from Bedrock's frames, validates plain answers and lines of
batch results; `botocore` parses Converse with Amazon's own service model.
"""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from anthropic._streaming import SSEDecoder
from anthropic.lib.bedrock._stream_decoder import AWSEventStreamDecoder
from anthropic.lib.streaming._beta_messages import accumulate_event
from anthropic.types.beta import BetaMessage
from anthropic.types.messages import MessageBatchIndividualResponse
from botocore.eventstream import EventStream, EventStreamError
from botocore.loaders import Loader
from botocore.model import ServiceModel
from botocore.parsers import EventStreamJSONParser, create_parser

from tests.support.anthropic_wire import FAMILIES, Recording, counts, recordings

EVERY = [one for family in FAMILIES for one in recordings(family) if one.exchange["status"] == 200]
EVENTS = {"message_start", "content_block_start", "content_block_delta", "content_block_stop", "message_delta"}
DAMAGED = {
    "an_event_that_is_not_json",
    "converse_without_usage",
    "events_without_names",  # the package knows an event by its name alone
    "no_message_start",
    "stream_that_is_no_event_stream",
    "stream_with_a_damaged_frame",
    "stream_with_nothing_but_metrics",
    "stream_counted_by_metrics_alone",  # the package does not read them
    "torn_in_the_last_count",
}
"""What the packages refuse, or count less of than is there."""


def params(*, framing: str, path: str = "") -> list[Any]:
    """The recordings of one framing."""
    return [
        pytest.param(one, id=f"{one.family}-{one.name}")
        for one in EVERY
        if one.name not in DAMAGED and one.framing == framing and path in one.exchange["path"]
    ]


def accumulated(events: Iterator[Any]) -> BetaMessage | None:
    """The message of a stream as the package builds it; it stops at an error."""
    message: Any = None
    for event in events:
        if event.event == "error":
            break
        if event.event in EVENTS:
            data: Any = json.loads(event.data)
            message = accumulate_event(event=data, current_snapshot=message, json_bufs={}, request_headers=None)  # type: ignore
    return message


def side(usage: Any) -> dict[str, int]:
    """The counters of one model of a usage block as the package has them."""
    split = usage.cache_creation
    five = split.ephemeral_5m_input_tokens if split else 0
    one = split.ephemeral_1h_input_tokens if split else 0
    found = {
        "input": usage.input_tokens,
        "cache_read": usage.cache_read_input_tokens or 0,
        "cache_write_5m": five,
        "cache_write_1h": one,
        "cache_write": (usage.cache_creation_input_tokens or 0) - five - one,
        "output": usage.output_tokens,
    }
    return {name: count for name, count in found.items() if count}


def of_message(message: BetaMessage) -> dict[str, int]:
    """All counters of the model that answered."""
    usage = message.usage
    found = side(usage)
    for entry in usage.iterations or ():
        if entry.type == "compaction":
            for name, count in side(entry).items():
                found[name] = found.get(name, 0) + count
    if usage.output_tokens_details and usage.output_tokens_details.thinking_tokens:
        found["reasoning"] = usage.output_tokens_details.thinking_tokens
    if usage.server_tool_use and usage.server_tool_use.web_search_requests:
        found["web_searches"] = usage.server_tool_use.web_search_requests
    return found


def check(recording: Recording, messages: list[BetaMessage]) -> None:
    found = [one.sighting for one in recording.read().observations]
    assert len(found) == len(messages)
    for sighting, message in zip(found, messages, strict=True):
        assert sighting.usage is not None
        assert counts(sighting.usage) == of_message(message)
        assert sighting.ids[0].value == message.id
        assert sighting.model == message.model
        extra = {
            entry.model: side(entry) for entry in message.usage.iterations or () if entry.type == "advisor_message"
        }
        assert {model: counts(usage) for model, usage in sighting.extra.items()} == extra


@pytest.mark.parametrize("recording", params(framing="sse"))
def test_server_sent_events(recording: Recording) -> None:
    message = accumulated(SSEDecoder().iter_bytes(iter([recording.plain.removeprefix(b"\xef\xbb\xbf")])))
    if message is None:
        assert all(call["usage"] is None for call in recording.calls)
    else:
        check(recording, [message])


@pytest.mark.parametrize("recording", params(framing="frames", path="/invoke"))
def test_frames_of_invoke(recording: Recording) -> None:
    message = accumulated(AWSEventStreamDecoder().iter_bytes(iter([recording.plain])))
    check(recording, [] if message is None else [message])


@pytest.mark.parametrize("recording", params(framing="json", path="/v1/") + params(framing="json", path="/invoke"))
def test_plain_answers(recording: Recording) -> None:
    try:
        message = BetaMessage.model_validate_json(recording.plain)
    except ValueError:  # the package refuses what is no message; of ours no count may come of it
        odd = {"counts_in_headers_alone", "plain_cut_after_its_usage", "strange_texts_and_counts"}
        assert recording.name in odd or all(call["usage"] is None for call in recording.calls)
        return
    if recording.problems:
        assert recording.name in {"impossible_counts", "counts_that_are_no_counts", "more_thinking_than_output"}
    else:
        check(recording, [message])


def test_batch_results() -> None:
    (recording,) = [one for one in EVERY if one.name == "batch_results"]
    messages: list[Any] = []
    for line in recording.plain.split(b"\n")[:-1]:
        if line:
            result = MessageBatchIndividualResponse.model_validate_json(line).result
            if result.type == "succeeded":
                messages.append(BetaMessage.model_validate_json(result.message.to_json()))
    assert len(messages) == 2
    check(recording, messages)


SERVICE = ServiceModel(Loader().load_service_model("bedrock-runtime", "service-2"))


class _Body:
    """The raw stream that botocore reads from."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> Iterator[bytes]:
        yield self._data


def of_converse(recording: Recording) -> dict[str, Any]:
    """Usage of a Converse answer as botocore parses it; empty where there is none."""
    if recording.framing == "frames":
        shape: Any = SERVICE.operation_model("ConverseStream").get_event_stream_output()
        usage: dict[str, Any] = {}
        try:
            for event in EventStream(_Body(recording.plain), shape, EventStreamJSONParser(), "ConverseStream"):
                usage = event.get("metadata", {}).get("usage", usage)
        except EventStreamError:
            pass
        return usage
    shape = SERVICE.operation_model("Converse").output_shape
    response = {"body": recording.plain, "headers": {}, "status_code": 200}
    return create_parser("rest-json").parse(response, shape)["usage"]  # type: ignore


@pytest.mark.parametrize(
    "recording", params(framing="frames", path="/converse") + params(framing="json", path="/converse")
)
def test_converse(recording: Recording) -> None:
    usage = of_converse(recording)
    (sighting,) = [one.sighting for one in recording.read().observations]
    if "outputTokens" not in usage:
        assert sighting.usage is None
        return
    lifetimes = {each["ttl"]: each["inputTokens"] for each in usage["cacheDetails"]}
    assert sighting.usage is not None
    assert counts(sighting.usage) == {
        "input": usage["inputTokens"],
        "cache_read": usage["cacheReadInputTokens"],
        "cache_write_5m": lifetimes["5m"],
        "cache_write_1h": lifetimes["1h"],
        "cache_write": usage["cacheWriteInputTokens"] - sum(lifetimes.values()),
        "output": usage["outputTokens"],
    }
