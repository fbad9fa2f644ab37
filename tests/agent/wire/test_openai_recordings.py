"""Every recorded exchange gives its expected record, however it is cut, and nothing of what it talks about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.agent.wire.openai_recording import CANARY, Exchange, chunks, read, recorded, told, whole
from tests.support.law import law

EXCHANGES = [*recorded("openai"), *recorded("gemini"), *recorded("cursor")]
SMALL = [each for each in EXCHANGES if not each.is_socket]
SPEAKING = [each for each in EXCHANGES if CANARY.encode() in each.answer + each.body]
by_name = pytest.mark.parametrize("exchange", EXCHANGES, ids=lambda each: each.name)


@by_name
def test_recorded_exchange(exchange: Exchange) -> None:
    assert told(read(exchange, whole)) == exchange.expected


@pytest.mark.parametrize("size", [1, 7, 64, 1000])
@by_name
def test_chunks_change_nothing(exchange: Exchange, size: int) -> None:
    assert read(exchange, chunks(size)) == read(exchange, whole)


@law
@given(data=st.data(), exchange=st.sampled_from(SMALL))
def test_random_cuts_change_nothing(data: st.DataObject, exchange: Exchange) -> None:
    def cut(body: bytes) -> list[bytes]:
        places = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=12)))
        return [body[left:right] for left, right in zip([0, *places], [*places, len(body)], strict=True)]

    assert read(exchange, cut) == read(exchange, whole)


@pytest.mark.parametrize("exchange", SPEAKING, ids=lambda each: each.name)
def test_no_content_and_no_secret_is_kept(exchange: Exchange) -> None:
    assert CANARY not in repr(read(exchange, whole))


def test_most_recordings_hold_what_must_not_be_kept() -> None:
    assert len(SPEAKING) > 40


@law
@given(data=st.data(), exchange=st.sampled_from(SMALL))
def test_damage_never_raises(data: st.DataObject, exchange: Exchange) -> None:
    damaged = bytearray(exchange.answer)
    for place in data.draw(st.lists(st.integers(0, max(0, len(damaged) - 1)), max_size=20)):
        damaged[place : place + 1] = data.draw(st.binary(max_size=2))
    answer = bytes(damaged[: data.draw(st.integers(0, len(damaged)))])
    found = read(exchange._replace(answer=answer), chunks(97))
    assert len(found.observations) <= 3


@law
@given(name=st.sampled_from(sorted({each.name for each in SMALL})), answer=st.binary(max_size=300))
def test_noise_is_no_usage(name: str, answer: bytes) -> None:
    (exchange,) = (each for each in SMALL if each.name == name)
    found = read(exchange._replace(answer=answer), chunks(11))
    assert all(not one.sighting.usage for one in found.observations)
