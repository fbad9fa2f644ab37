"""Recordings of emitters as a broken emitter would send them: values of every wrong type, torn requests, no record."""

import copy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.dialects.recording import NAMES, Recording, load, records, shown, sightings
from tollbook.problem import Problem
from tollbook_collector.receivers.routing import Encoding, Taken, read_request

_OTHER_DIGITS = str.maketrans("0123456789abcdef", "fedcba9876543210")
_WRONG: dict[str, dict[str, Any]] = {
    "nothing": {},
    "an empty number": {"doubleValue": {}},
    "not a number": {"doubleValue": "NaN"},
    "a long number": {"intValue": "9" * 400},
    "a truth": {"boolValue": True},
    "an array": {"arrayValue": {"values": [{"intValue": "1"}]}},
    "a map": {"kvlistValue": {"values": [{"key": "a", "value": {"intValue": "1"}}]}},
    "bytes": {"bytesValue": "AAECAw=="},
    "half a character": {"stringValue": "\ud800"},
    "a long text": {"stringValue": "x" * 20_000},
}


def damaged(request: dict[str, Any], value: dict[str, Any]) -> dict[str, Any]:
    """The same under other ids, with this in the place of every attribute's value."""

    def change(name: str, each: Any) -> Any:
        if name in ("traceId", "spanId", "parentSpanId"):
            return each.translate(_OTHER_DIGITS)
        if name == "attributes":
            return [{**one, "value": value} for one in each]
        if isinstance(each, dict):
            return {inner: change(inner, one) for inner, one in each.items()}
        return [change("", one) for one in each] if isinstance(each, list) else each

    return change("", request)


@pytest.mark.parametrize("wrong", _WRONG)
@pytest.mark.parametrize("name", NAMES)
def test_a_broken_emitter_costs_its_neighbour_nothing(name: str, wrong: str) -> None:
    recording = load(name)
    request = copy.deepcopy(recording.request)
    for outer, parts in damaged(recording.request, _WRONG[wrong]).items():
        request[outer] = parts + request[outer]
    raw = Recording(name, recording.signal, request, [], {}).json
    read = [shown(*each) for each in sightings(records(raw, recording.signal, protobuf=False))]
    assert read[-len(recording.expected) :] == recording.expected or not recording.expected
    assert isinstance(read_request(raw, recording.signal, Encoding.JSON), Taken)


@settings(max_examples=60)
@given(name=st.sampled_from(NAMES), share=st.floats(0, 0.999))
def test_a_torn_request_is_refused_or_read_and_never_a_fault(name: str, share: float) -> None:
    recording = load(name)
    text, packed = recording.json, recording.protobuf
    torn = read_request(text[: int(len(text) * share)], recording.signal, Encoding.JSON)
    assert isinstance(torn, Problem)
    assert torn.permanent
    found = read_request(packed[: int(len(packed) * share)], recording.signal, Encoding.PROTOBUF)
    assert isinstance(found, Taken | Problem)
