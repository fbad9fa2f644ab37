"""The tap reads copies on a thread of its own; what goes wrong there is counted and goes no further."""

import gzip
import threading
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.proxy_tap import Noting, NotingSocket, asked
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.proxy import tap as tap_module
from tollbook_agent.capture.proxy.tap import Tap, read_headers
from tollbook_agent.capture.wire.exchange import Opened, Request, Response

HEAD = Response(200, {}, 2)
SECONDS = 20.0


class Taps:
    """A tap whose exchanges are read by these readers, one after the other."""

    def __init__(self, *readers: Noting | NotingSocket, emit: Callable[[Sequence[Observation]], None] | None = None):
        self._readers = list(readers)
        self.kept: list[Observation] = []
        self.tap = Tap(self._open, emit or self.kept.extend)

    def _open(self, _request: Request) -> Opened | None:
        if not self._readers:
            return None
        reader = self._readers.pop(0)
        return Opened(socket=reader) if isinstance(reader, NotingSocket) else Opened(reader=reader)

    def done(self) -> dict[str, int]:
        """Once all is read: what was counted."""
        self.tap.close(SECONDS)
        return dict(self.tap.problems)


def exchange(tap: Tap, name: str, *, headers: dict[str, str] | None = None, complete: bool = True) -> None:
    assert tap.open(name, asked(headers), f"connection of {name}")
    tap.request_data(name, b"question")
    tap.response(name, HEAD)
    tap.response_data(name, b"ans")
    tap.response_data(name, b"")
    tap.response_data(name, b"wer")
    tap.end(name, complete=complete)


@pytest.mark.parametrize("complete", [True, False])
def test_an_exchange_is_read_in_order(complete: bool) -> None:
    reader = Noting()
    taps = Taps(reader)
    exchange(taps.tap, "a", complete=complete)
    assert taps.done() == {"odd": 1}
    assert reader.heard == [("request", b"question"), ("response", b"ans"), ("response", b"wer")]
    assert (reader.heads, reader.ended) == ([HEAD], [complete])
    assert [each.connection for each in taps.kept] == ["connection of a"]
    assert taps.tap.calls == 1


@pytest.mark.parametrize("at", ["request", "head", "response", "end"])
def test_a_fault_of_a_reader_is_its_own(at: str) -> None:
    bad, good = Noting(raises_at=at), Noting()
    taps = Taps(bad, good)
    exchange(taps.tap, "bad")
    exchange(taps.tap, "good")
    assert taps.done() == {"reader_fault": 1, "odd": 1}
    assert (good.body("request"), good.body("response")) == (b"question", b"answer")
    assert len(taps.kept) == 1


def test_what_nobody_reads_is_not_kept() -> None:
    taps = Taps()
    assert not taps.tap.open("a", asked(), None)
    taps.tap.response_data("a", b"data")
    taps.tap.end("a", complete=True)
    taps.tap.end("never opened", complete=True)
    assert taps.done() == {}


def test_codings_are_undone_on_the_copy() -> None:
    reader = Noting()
    taps = Taps(reader)
    assert taps.tap.open("a", asked({"content-encoding": "gzip"}), None)
    taps.tap.request_data("a", gzip.compress(b"question"))
    taps.tap.response("a", Response(200, {"content-encoding": "gzip"}, 2))
    coded = gzip.compress(b"answer")
    for at in range(len(coded)):
        taps.tap.response_data("a", coded[at : at + 1])
    taps.tap.end("a", complete=True)
    assert taps.done() == {"odd": 1}
    assert (reader.body("request"), reader.body("response")) == (b"question", b"answer")


def test_a_coding_that_cannot_be_undone_is_counted() -> None:
    taps = Taps(Noting(), Noting())
    for name, coding in (("a", "rot13"), ("b", "gzip")):
        assert taps.tap.open(name, asked(), None)
        taps.tap.response(name, Response(200, {"content-encoding": coding}, 2))
        taps.tap.response_data(name, b"this is not gzip at all")
        taps.tap.end(name, complete=True)
    assert taps.done() == {"unknown_coding": 1, "coding_damaged": 1, "odd": 2}


def test_a_full_queue_ends_the_reading_and_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_module, "MAX_QUEUED_BYTES", 10)
    gate = threading.Event()

    def slow(_observations: Sequence[Observation]) -> None:
        assert gate.wait(SECONDS)

    first, late, after = Noting(), Noting(), Noting()
    taps = Taps(first, late, after, emit=slow)
    assert taps.tap.open("first", asked(), None)
    taps.tap.end("first", complete=True)  # the thread is held up from here on
    assert taps.tap.open("late", asked(), None)
    taps.tap.response_data("late", b"12345678")
    taps.tap.response_data("late", b"12345678")
    taps.tap.response_data("late", b"1")
    taps.tap.end("late", complete=True)
    gate.set()
    while taps.tap.calls < 2:
        threading.Event().wait(0.001)
    assert taps.tap.open("after", asked(), None)
    taps.tap.response_data("after", b"1234567890")
    taps.tap.end("after", complete=True)
    problems = taps.done()
    assert problems["tap_overflow"] == 1
    assert (late.heard, late.ended) == ([("response", b"12345678")], [False])
    assert after.body("response") == b"1234567890"  # there is room again


def test_more_exchanges_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tap_module, "MAX_EXCHANGES", 1)
    taps = Taps(Noting(), Noting(), Noting())
    assert taps.tap.open("a", asked(), None)
    assert not taps.tap.open("b", asked(), None)
    taps.tap.end("a", complete=True)
    assert taps.tap.open("c", asked(), None)
    assert taps.done() == {"too_many_exchanges": 1, "odd": 2}


def test_a_spool_that_cannot_be_written_is_counted() -> None:
    def full(_observations: Sequence[Observation]) -> None:
        raise PermissionError

    taps = Taps(Noting(), Noting(), emit=full)
    exchange(taps.tap, "a")
    exchange(taps.tap, "b")
    assert taps.done() == {"spool_PermissionError": 2, "odd": 2}


def test_a_socket_is_read_by_message() -> None:
    reader = NotingSocket()
    taps = Taps(reader)
    assert taps.tap.open("a", asked(), "c")
    taps.tap.message("a", b"question", from_client=True)
    taps.tap.message("a", b"", from_client=False)
    taps.tap.end("a", complete=True)
    assert taps.done() == {}
    assert (reader.heard, reader.ends) == ([(True, b"question"), (False, b"")], 1)
    assert [each.connection for each in taps.kept] == ["c"]


def test_closing_ends_what_is_open_as_cut_off() -> None:
    reader, socket = Noting(), NotingSocket()
    taps = Taps(reader, socket)
    assert taps.tap.open("a", asked(), None)
    assert taps.tap.open("b", asked(), None)
    assert taps.done() == {"odd": 1}
    assert (reader.ended, socket.ends, len(taps.kept)) == ([False], 1, 2)


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(("open", "ask", "head", "answer", "end"))), max_size=40))
def test_no_order_of_steps_raises_or_mixes_exchanges(steps: list[tuple[int, str]]) -> None:
    readers = [Noting() for _ in steps]
    taps = Taps(*readers)
    for number, step in steps:
        name = str(number)
        match step:
            case "open":
                taps.tap.open(name, asked(), name)
            case "ask":
                taps.tap.request_data(name, name.encode())
            case "head":
                taps.tap.response(name, HEAD)
            case "answer":
                taps.tap.response_data(name, name.encode())
            case _:
                taps.tap.end(name, complete=True)
    problems = taps.done()
    assert "reader_fault" not in problems
    for reader in readers:
        assert len({data for _, data in reader.heard}) <= 1
        assert len(reader.ended) <= 1


@given(st.lists(st.tuples(st.text(max_size=5), st.text(max_size=12))), st.integers(0, 12))
def test_only_named_headers_of_a_measure_are_kept(pairs: list[tuple[str, str]], longest: int) -> None:
    names = frozenset({"a", "x-b"})
    pairs = [("A", "first"), *pairs, ("a", "second"), ("X-B", "x" * 13), ("Authorization", "secret")]
    kept = read_headers(pairs, names, longest)
    assert set(kept) <= names
    assert all(len(value) <= longest for value in kept.values())
    assert kept.get("a") == next(
        (value for name, value in pairs if name.lower() == "a" and len(value) <= longest), None
    )
