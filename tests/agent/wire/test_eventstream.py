"""AWS event stream frames, made here and read by botocore too."""

import struct
import zlib
from itertools import pairwise
from typing import Any

import pytest
from botocore.eventstream import EventStreamBuffer
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.capture.wire.eventstream import EventStream, Frame


def text(name: str, value: str) -> bytes:
    key, data = name.encode(), value.encode()
    return bytes([len(key)]) + key + b"\x07" + struct.pack(">H", len(data)) + data


OTHER_TYPES = (
    b"\x01a\x00" + b"\x01b\x01" + b"\x01c\x02\x07" + b"\x01d\x03\x00\x07" + b"\x01e\x04\x00\x00\x00\x07"
    b"\x01f\x05" + bytes(8) + b"\x01g\x06\x00\x02hi" + b"\x01h\x08" + bytes(8) + b"\x01i\x09" + bytes(16)
)


def frame(headers: bytes, payload: bytes) -> bytes:
    head = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
    body = head + struct.pack(">I", zlib.crc32(head)) + headers + payload
    return body + struct.pack(">I", zlib.crc32(body))


def read(*chunks: bytes, max_frame: int = 100_000) -> tuple[list[Frame], int, str | None]:
    stream = EventStream("test", max_frame)
    frames = [one for chunk in chunks for one in stream.feed(chunk)]
    return frames, stream.skipped, stream.problem and stream.problem.reason


ONE = frame(text(":event-type", "chunk") + OTHER_TYPES + text(":message-type", "event"), b'{"bytes":""}')
TWO = frame(text("é", "ü"), b"")
READ_ONE = Frame({":event-type": "chunk", ":message-type": "event"}, b'{"bytes":""}')


def test_frames_of_every_header_type() -> None:
    assert read(ONE + TWO) == ([READ_ONE, Frame({"é": "ü"}, b"")], 0, None)


def test_botocore_reads_the_same() -> None:
    theirs: Any = EventStreamBuffer()
    theirs.add_data(ONE + TWO)
    ours, _, _ = read(ONE + TWO)
    assert len(ours) == 2
    for one, other in zip(ours, list(theirs), strict=True):
        assert one.payload == other.payload
        assert one.headers.items() <= other.headers.items()


def test_a_damaged_frame_is_passed_over_and_counted() -> None:
    assert read(ONE[:-20] + b"!" + ONE[-19:] + TWO) == ([Frame({"é": "ü"}, b"")], 1, None)


def test_nothing_is_read_after_a_damaged_prelude() -> None:
    assert read(TWO + b"\x00" + ONE, TWO) == ([Frame({"é": "ü"}, b"")], 0, "frame_damaged")


def test_a_frame_that_is_too_large_is_never_held() -> None:
    large = frame(b"", b"x" * 200_000)
    stream = EventStream("test", 1000)
    for at in range(0, len(large), 700):
        assert stream.feed(large[at : at + 700]) == []
        assert len(stream._buffer) <= 1000
    assert stream.feed(TWO) == [Frame({"é": "ü"}, b"")]
    assert stream.skipped == 1


@pytest.mark.parametrize("headers", [b"\x03ab", b"\x01a\x0a", b"\x01a\x07\x00\x09x", b"\x01a\x09" + bytes(3), b"\x01"])
def test_headers_that_are_none(headers: bytes) -> None:
    assert read(frame(headers, b"x") + TWO) == ([Frame({"é": "ü"}, b"")], 1, None)


@given(st.lists(st.integers(0, 1000), max_size=20), st.integers(0, 255), st.integers(0, 10_000))
def test_the_cuts_do_not_matter_and_no_bytes_raise(cuts: list[int], byte: int, place: int) -> None:
    data = bytearray(ONE + TWO + ONE)
    data[place % len(data)] = byte
    edges = [0, *sorted(cut % len(data) for cut in cuts), len(data)]
    chunks = [bytes(data[begin:end]) for begin, end in pairwise(edges)]
    assert read(*chunks, max_frame=300) == read(bytes(data), max_frame=300)
