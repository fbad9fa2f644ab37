"""Every dialect against recordings of its emitter, in both encodings, whole and damaged."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.collector.dialects.recording import NAMES, as_protobuf, load, records, shown, sightings
from tollbook.claim import claim_of
from tollbook.problem import Problem
from tollbook_collector.receivers.dialects.registry import ALLOWED, DIALECTS, dialect_of
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.routing import Encoding, Taken, read_request

CANARY = "canary-text-of-a-prompt"
_EMPTY: dict[str, Any] = {"doubleValue": {}}


@pytest.mark.parametrize("protobuf", [False, True], ids=["json", "protobuf"])
@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_its_records(name: str, protobuf: bool) -> None:
    recording = load(name)
    raw = recording.protobuf if protobuf else recording.json
    read = sightings(records(raw, recording.signal, protobuf=protobuf))
    assert [shown(*each) for each in read] == recording.expected


@pytest.mark.parametrize("name", NAMES)
def test_a_recording_gives_the_same_claims_in_both_encodings(name: str) -> None:
    recording = load(name)
    in_json = read_request(recording.json, recording.signal, Encoding.JSON, "tests")
    in_protobuf = read_request(recording.protobuf, recording.signal, Encoding.PROTOBUF, "tests")
    assert in_json == in_protobuf
    assert isinstance(in_json, Taken)
    assert in_json.ignored == recording.ignored
    expected = [each for each in recording.expected if each["ids"]]
    assert len(in_json.claims) + in_json.ignored.get("aggregate", 0) == len(expected)
    assert all(claim.key.observer == "tests" for claim in in_json.claims)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_in_prompts_and_answers_is_never_kept(name: str) -> None:
    recording = load(name)
    for protobuf, encoding in ((False, Encoding.JSON), (True, Encoding.PROTOBUF)):
        raw = recording.protobuf if protobuf else recording.json
        assert CANARY not in repr(sightings(records(raw, recording.signal, protobuf=protobuf)))
        assert CANARY not in repr(read_request(raw, recording.signal, encoding))


def test_the_recordings_hold_prompts_that_could_be_taken_out() -> None:
    assert sum(CANARY.encode() in load(name).json for name in NAMES) >= len(NAMES) / 2


def test_every_dialect_has_a_recording() -> None:
    read = {each["dialect"] for name in NAMES for each in load(name).expected}
    assert read == {dialect.name for dialect in DIALECTS}


def _attributes(request: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for part in request.get("resourceSpans", request.get("resourceLogs", [])):
        yield from part.get("resource", {}).get("attributes", [])
        for group in part.get("scopeSpans", part.get("scopeLogs", [])):
            for record in group.get("spans", group.get("logRecords", [])):
                yield from record.get("attributes", [])


@pytest.mark.parametrize("name", NAMES)
def test_a_damaged_attribute_costs_nothing_but_itself(name: str) -> None:
    """Each attribute in turn becomes what no protocol knows: the request is read, and its records stay as many."""
    recording = load(name)
    whole = records(recording.json, recording.signal, protobuf=False)
    places = len(list(_attributes(recording.request)))
    for place in range(places):
        request = copy.deepcopy(recording.request)
        attribute = list(_attributes(request))[place]
        attribute["value"] = _EMPTY
        raw = json.dumps(request).encode()
        taken = read_request(raw, recording.signal, Encoding.JSON)
        assert isinstance(taken, Taken), attribute["key"]
        damaged = records(raw, recording.signal, protobuf=False)
        changed = sum(one != other for one, other in zip(damaged, whole, strict=True))
        shared = len(whole) if attribute["key"] in {key for record in whole for key in record.resource} else 1
        inherited = max((len(record.above) for record in whole), default=0)
        assert changed <= max(shared, 1 + inherited * len(whole)), attribute["key"]


@pytest.mark.parametrize("name", NAMES)
def test_numbers_that_come_as_texts_count_the_same(name: str) -> None:
    recording = load(name)
    request = copy.deepcopy(recording.request)
    for attribute in _attributes(request):
        if "intValue" in attribute["value"]:
            attribute["value"] = {"stringValue": str(attribute["value"]["intValue"])}
    raw = as_protobuf(request, recording.signal)
    read = sightings(records(raw, recording.signal, protobuf=True))
    assert [shown(*each) for each in read] == recording.expected


@pytest.mark.parametrize("name", NAMES)
def test_counts_that_cannot_be_are_a_problem_or_passed_over(name: str) -> None:
    recording = load(name)
    for number in (-1, 2**62):
        request = copy.deepcopy(recording.request)
        for attribute in _attributes(request):
            if "token" in attribute["key"].lower() and "intValue" in attribute["value"]:
                attribute["value"] = {"intValue": str(number)}
        taken = read_request(json.dumps(request).encode(), recording.signal, Encoding.JSON)
        assert isinstance(taken, Taken)
        for problem in taken.problems:
            assert (problem.reason, problem.permanent) == ("count_out_of_range", True)
        counts = [count for claim in taken.claims for count in claim.totals or ()]
        assert all(0 <= count < number or number < 0 <= count for count in counts), "it was believed"


def test_the_service_name_alone_is_no_fingerprint() -> None:
    for service in ("litellm", "portkey", "claude-code", "codex_exec", "gemini-cli", "kong", "openlit", "bifrost"):
        resource = {"attributes": [{"key": "service.name", "value": {"stringValue": service}}]}
        for signal, outer, middle, inner in (
            (Signal.TRACES, "resourceSpans", "scopeSpans", "spans"),
            (Signal.LOGS, "resourceLogs", "scopeLogs", "logRecords"),
        ):
            request = {outer: [{"resource": resource, middle: [{inner: [{"name": "GET /", "attributes": []}]}]}]}
            (record,) = records(json.dumps(request).encode(), signal, protobuf=False)
            assert dialect_of(record) is None


def test_no_content_is_on_the_list_of_what_is_read() -> None:
    for name in (
        *("gen_ai.prompt", "gen_ai.completion.0.content", "gen_ai.input.messages", "gen_ai.output.messages"),
        *("input.value", "output.value", "llm.input_messages.0.message.content", "ai.prompt", "ai.response.text"),
        *("prompt", "error", "request_text", "response_text", "bifrost.raw_request", "gen_ai.prompt_json"),
        *("metadata.requester_ip_address", "http.request.header.authorization", "process.command_args"),
    ):
        assert not ALLOWED.takes(name), name


def test_reading_is_total() -> None:
    """No dialect raises at a record it does not expect, and what it reads makes a claim or none."""
    for name in NAMES:
        recording = load(name)
        for record in records(recording.json, recording.signal, protobuf=False):
            for dialect in DIALECTS:
                found = dialect.read(record)
                if found is not None and not isinstance(found, Problem):
                    claim_of(found, "tests")
