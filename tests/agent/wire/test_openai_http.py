"""The framing of an exchange: once a call, nothing behind it, and nothing larger than its bounds."""

import json

from tests.agent.wire.openai_recording import ANSWERED, ENDED, STARTED, Exchange, reader_of, recorded
from tollbook.vocabulary import Quality
from tollbook_agent.capture.wire.exchange import NOTHING, Reader, Request, Response
from tollbook_agent.capture.wire.gemini_objects import MAX_OBJECT
from tollbook_agent.capture.wire.sse import MAX_EVENT

STREAM: Exchange = next(each for each in recorded("openai") if each.name == "responses_stream")
CREATED = b'event: response.created\ndata: {"type":"response.created","response":{"id":"resp_1","model":"m"}}\n\n'
COMPLETED = b'event: response.completed\ndata: {"type":"response.completed","response":{"id":"resp_1"%s}}\n\n'


def opened() -> Reader:
    reader = reader_of(STREAM.request)
    assert reader is not None
    reader.request_data(STREAM.body)
    reader.response(STREAM.response)
    return reader


def test_the_call_is_given_at_its_last_event_and_nothing_behind_it() -> None:
    reader = opened()
    found = reader.response_data(STREAM.answer, ANSWERED)
    assert [one.sighting.ended_at for one in found.observations] == [ANSWERED]
    assert reader.response_data(STREAM.answer, ENDED) is NOTHING
    assert reader.end(ENDED, complete=False) is NOTHING


def test_a_stream_that_ended_well_without_its_last_event_broke_off() -> None:
    reader = opened()
    assert reader.response_data(CREATED, ANSWERED) is NOTHING
    (one,) = reader.end(ENDED, complete=True).observations
    assert (one.sighting.status, one.sighting.usage, one.sighting.quality) == ("interrupted", None, Quality.PARTIAL)


def test_an_answer_after_nothing_is_no_call() -> None:
    reader = reader_of(STREAM.request)
    assert reader is not None
    assert reader.end(ENDED, complete=False) is NOTHING


def test_a_last_event_that_is_too_large_leaves_the_call_with_unknown_usage() -> None:
    reader = opened()
    assert reader.response_data(CREATED + COMPLETED % (b',"output":"' + b"x" * MAX_EVENT + b'"'), ANSWERED) is NOTHING
    found = reader.end(ENDED, complete=True)
    assert [one.sighting.status for one in found.observations] == ["interrupted"]
    assert [one.reason for one in found.problems] == ["event_too_large"]


def test_damaged_events_that_do_not_matter_are_passed_over() -> None:
    reader = opened()
    noise = b"event: response.output_text.delta\ndata: {\n\ndata: {\n\nevent: response.created\ndata: [\n\n"
    usage = b',"usage":{"input_tokens":3,"output_tokens":2}'
    (one,) = reader.response_data(noise + COMPLETED % usage, ANSWERED).observations
    assert one.sighting.usage is not None
    assert (one.sighting.usage.input, one.sighting.usage.output) == (3, 2)


def test_strange_tool_usage_is_a_problem_beside_the_call() -> None:
    more = b',"usage":{"input_tokens":3,"output_tokens":2},"tool_usage":{"web_search":[]}'
    found = opened().response_data(COMPLETED % more, ANSWERED)
    assert [one.reason for one in found.problems] == ["tool_usage_unreadable"]
    assert [one.sighting.usage is not None for one in found.observations] == [True]


def test_without_any_id_there_is_a_problem_and_no_call() -> None:
    request = Request("POST", "api.openai.com", 443, "/v1/chat/completions", {}, STARTED)
    reader = reader_of(request)
    assert reader is not None
    reader.response(Response(200, {"content-type": "application/json"}, ANSWERED))
    found = reader.response_data(b'{"usage":{"prompt_tokens":1,"completion_tokens":1}}', ENDED)
    assert (found.observations, [one.reason for one in found.problems]) == ((), ["call_without_id"])


def test_a_part_of_gemini_that_is_too_large_is_said() -> None:
    path = "/v1beta/models/g:streamGenerateContent"
    reader = reader_of(Request("POST", "generativelanguage.googleapis.com", 443, path, {}, STARTED))
    assert reader is not None
    reader.response(Response(200, {"content-type": "application/json"}, ANSWERED))
    first = json.dumps({"responseId": "r", "usageMetadata": {"promptTokenCount": 4}}).encode()
    reader.response_data(b"[" + first + b',{"candidates":"' + b"x" * MAX_OBJECT + b'"},{"a":}]', ANSWERED)
    found = reader.end(ENDED, complete=False)
    assert [one.sighting.status for one in found.observations] == ["interrupted"]
    assert [one.reason for one in found.problems] == ["part_too_large", "part_unreadable"]
