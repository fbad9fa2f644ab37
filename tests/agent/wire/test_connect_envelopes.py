"""Connect's envelopes and schema-less protobuf: whatever the cuts, all messages and nothing else."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook_agent.capture.wire import connect
from tollbook_agent.capture.wire.connect import Envelopes, Message
from tollbook_agent.capture.wire.cursor_protobuf import Field, NotProtobuf, fields, messages


def envelope(data: bytes, flags: int = 0) -> bytes:
    if flags & 1:
        data = gzip.compress(data, mtime=0)
    return bytes([flags]) + len(data).to_bytes(4, "big") + data


@law
@given(
    data=st.data(),
    sent=st.lists(st.tuples(st.binary(max_size=80), st.sampled_from([0, 1, 2, 3])), max_size=8),
)
def test_any_cuts_give_all_messages(data: st.DataObject, sent: list[tuple[bytes, int]]) -> None:
    stream = b"".join(envelope(*one) for one in sent)
    places = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    envelopes = Envelopes()
    found: list[Message] = []
    for left, right in zip([0, *places], [*places, len(stream)], strict=True):
        found += envelopes.feed(stream[left:right])
    assert found == [Message(body, bool(flags & 2)) for body, flags in sent]
    assert envelopes.skipped == 0


def test_a_torn_message_is_not_given() -> None:
    assert Envelopes().feed(envelope(b"whole") + envelope(b"torn")[:-1]) == [Message(b"whole", False)]


def test_too_large_and_damaged_messages_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "MAX_MESSAGE", 100)
    envelopes = Envelopes()
    bomb, damaged = envelope(b"x" * 5000, 1), b"\x01" + envelope(b"no gzip")[1:]
    truncated = gzip.compress(b"cut", mtime=0)[:-1]
    torn = b"\x01" + len(truncated).to_bytes(4, "big") + truncated
    stream = envelope(b"y" * 101) + bomb + damaged + torn + envelope(b"next")
    assert len(bomb) < 100
    assert envelopes.feed(stream) == [Message(b"next", False)]
    assert envelopes.skipped == 4


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def encode(field: Field) -> bytes:
    if isinstance(field.value, int):
        return varint(field.number << 3) + varint(field.value)
    return varint(field.number << 3 | 2) + varint(len(field.value)) + field.value


numbers = st.integers(1, 2**29 - 1)
some_fields = st.lists(st.builds(Field, numbers, st.integers(0, 2**64 - 1) | st.binary(max_size=300)), max_size=8)


@law
@given(some_fields)
def test_fields_come_back(sent: list[Field]) -> None:
    assert list(fields(b"".join(encode(one) for one in sent))) == sent


@law
@given(st.binary(max_size=60))
def test_noise_gives_fields_or_is_no_message(data: bytes) -> None:
    try:
        assert all(field.number < 2**67 for field in fields(data))
    except NotProtobuf:
        return


def test_fixed_widths_are_passed_over_and_only_one_field_is_asked_for() -> None:
    data = b"\x09" + b"12345678" + b"\x15" + b"1234" + encode(Field(3, b"text")) + encode(Field(3, 7))
    assert [field.number for field in fields(data)] == [1, 2, 3, 3]
    assert list(messages(data, 3)) == [b"text"]


@pytest.mark.parametrize("data", [b"\x0b", b"\x0a\x05abc", b"\x08", b"\x02\x01a", b"\x08" + b"\xff" * 10, b"\x09abc"])
def test_what_is_no_message(data: bytes) -> None:
    with pytest.raises(NotProtobuf):
        list(fields(data))
