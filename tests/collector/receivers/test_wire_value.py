"""Values read without the parser are those of the parser; any other form is left to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.support.law import law
from tollbook_collector.receivers import wire_value
from tollbook_collector.receivers.wire_value import Values, is_valid, prefix_of

KEYS = st.sampled_from(["a", "tollbook.claim", "ключ"])
VALUES = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(lambda number: AnyValue(int_value=number)),
    st.text(max_size=140).map(lambda text: AnyValue(string_value=text)),
    st.sampled_from([AnyValue(), AnyValue(bool_value=True), AnyValue(double_value=1.5), AnyValue(bytes_value=b"x")]),
)


def read(raw: bytes, key: str) -> object:
    prefix = prefix_of(key)
    return Values().of(raw[len(prefix) :]) if raw.startswith(prefix) else None


@law
@given(KEYS, VALUES)
def test_what_is_read_is_what_the_parser_reads(key: str, value: AnyValue) -> None:
    raw = KeyValue(key=key, value=value).SerializeToString()
    found = read(raw, key)
    kind = value.WhichOneof("value")
    if kind in ("int_value", "string_value") and value.ByteSize() < 128:
        assert found == (value.int_value if kind == "int_value" else value.string_value)
    else:
        assert found is None
    assert is_valid(raw, key)


@law
@given(KEYS, VALUES, st.data())
def test_of_damaged_bytes_nothing_is_read_that_the_parser_does_not(
    key: str, value: AnyValue, data: st.DataObject
) -> None:
    raw = bytearray(KeyValue(key=key, value=value).SerializeToString())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] = data.draw(st.integers(0, 255))
    found = read(bytes(raw), key)
    if found is not None:
        parsed = KeyValue.FromString(bytes(raw))
        assert parsed.key == key
        assert found in (parsed.value.int_value, parsed.value.string_value)
        assert parsed.value.WhichOneof("value") == ("int_value" if isinstance(found, int) else "string_value")


@pytest.mark.parametrize(
    "tail", ["", "02", "0218", "021880", "0b18ffffffffffffffffff02", "0518050a0161", "030a0241", "020a01", "8018"]
)
def test_forms_that_no_encoder_writes_are_left_to_the_parser(tail: str) -> None:
    assert Values().of(bytes.fromhex(tail)) is None


def test_a_key_too_long_for_the_form_is_no_prefix() -> None:
    key = "k" * 128
    assert not KeyValue(key=key, value=AnyValue(int_value=1)).SerializeToString().startswith(prefix_of(key))


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire_value, "REMEMBERED", 10)
    values = Values()
    assert [values.of(bytes((2, 0x18, each))) for each in range(100)] == list(range(100))
    assert len(values.known) <= 10
