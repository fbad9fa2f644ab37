"""Server-sent events: the standard's rules, whatever the chunks."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.capture.wire.sse import MAX_NAME, Event, Sse


def read(*chunks: bytes, max_event: int = 1000) -> tuple[list[Event], int]:
    sse = Sse(max_event)
    events = [event for chunk in chunks for event in sse.feed(chunk)]
    return events + sse.end(), sse.skipped


def cut(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[begin:end] for begin, end in pairwise(edges)]


def test_line_ends_names_and_comments() -> None:
    text = b"\xef\xbb\xbfevent: a\ndata: 1\n\n: ping\r\n\r\nevent:b\rdata:2\rdata:  3\r\r"
    text += b"id: 7\nretry: 9\ndata\ndata: 4\n\n"
    assert read(text) == ([Event("a", b"1"), Event("b", b"2\n 3"), Event("", b"\n4")], 0)


def test_an_event_without_data_is_none_and_its_name_is_forgotten() -> None:
    assert read(b"event: a\n\ndata: 1\n\ndata:\n\n") == ([Event("", b"1")], 0)


def test_a_long_name_is_cut() -> None:
    assert read(b"event: " + b"n" * 900 + b"\ndata: 1\n\n") == ([Event("n" * MAX_NAME, b"1")], 0)


def test_an_event_of_which_only_the_last_line_end_is_missing() -> None:
    assert read(b"data: 1\n\ndata: {}") == ([Event("", b"1"), Event("", b"{}")], 0)


def test_an_event_that_is_too_large_is_passed_over_and_counted() -> None:
    large = b"data: " + b"x" * 500 + b"\n"
    events = ([Event("", b"1"), Event("", b"2")], 1)
    assert read(b"data: 1\n\n" + large * 3 + b"event: z\n\ndata: 2\n\n") == events
    assert read(b"data: 1\n\ndata: " + b"x" * 5000 + b"\n\ndata: 2\n\n") == events


def test_a_line_without_end_is_never_held() -> None:
    sse = Sse(1000)
    for _ in range(1000):
        assert sse.feed(b"x" * 700) == []
        assert len(sse._line) <= 1000
    assert sse.feed(b"\n\ndata: 1\n\n") == [Event("", b"1")]
    assert sse.skipped == 1


PIECES = st.sampled_from(
    [b"data: ", b"data:", b"event: x", b": c", b"\n", b"\r", b"\r\n", b"\n\n", b"\xef\xbb\xbf", b"z" * 30, b"\xc3\xa9"]
)


@given(st.lists(PIECES, max_size=40).map(b"".join), st.lists(st.integers(0, 2000), max_size=20))
def test_the_cuts_do_not_matter(data: bytes, cuts: list[int]) -> None:
    whole = read(data, max_event=64)
    assert read(*cut(data, cuts), max_event=64) == whole
    assert read(*(bytes([byte]) for byte in data), max_event=64) == whole
