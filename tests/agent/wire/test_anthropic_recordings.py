"""Recordings of Anthropic's protocol on every front: each gives its calls, however it is cut, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.anthropic_wire import FAMILIES, READ, SIZES, Recording, reasons, recordings, told

EVERY = [one for family in FAMILIES for one in recordings(family)]
ALL = [pytest.param(one, id=f"{one.family}-{one.name}") for one in EVERY]
CANARY = "CANARY"


@pytest.mark.parametrize("recording", ALL)
def test_calls_and_problems(recording: Recording) -> None:
    found = recording.read()
    assert [told(one) for one in found.observations] == recording.calls
    assert reasons(found) == recording.problems


@pytest.mark.parametrize("recording", ALL)
def test_the_size_of_the_pieces_does_not_matter(recording: Recording) -> None:
    whole = recording.read()
    assert all(recording.read(size=size) == whole for size in SIZES)


@given(st.sampled_from(EVERY), st.lists(st.integers(0, 100_000), max_size=12))
def test_the_place_of_the_cuts_does_not_matter(recording: Recording, edges: list[int]) -> None:
    assert recording.read(edges) == recording.read()


@pytest.mark.parametrize("recording", ALL)
def test_nothing_of_prompts_answers_and_errors_is_kept(recording: Recording) -> None:
    found = recording.read()
    assert CANARY not in repr(found)


def test_the_recordings_hold_canaries() -> None:
    assert sum(CANARY.encode() in one.plain + one.request_body for one in EVERY) > 50


@pytest.mark.parametrize("recording", ALL)
def test_a_call_is_given_with_its_last_event_and_not_later(recording: Recording) -> None:
    reader = recording.open()
    assert reader is not None
    reader.request_data(recording.request_body)
    reader.response(recording.response)
    found = reader.response_data(recording.plain, READ)
    assert [told(one) for one in found.observations] == [call for call in recording.calls if call["ended_at"] == READ]
