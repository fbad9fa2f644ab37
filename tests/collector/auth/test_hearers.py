"""Hearing processes: they hear what the server would, and one that dies loses nothing that was acknowledged."""

import fcntl
import os
import signal
import sys
import termios
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.collector.auth.auth_bench import Bench, bench
from tests.collector.claim_maker import make_claim, request_of
from tests.collector.serve_bench import PATIENCE_SECONDS, Command, Sender
from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook.ticket import TicketRule
from tollbook_collector import exit_codes
from tollbook_collector.auth.hear import Ear, made_ready
from tollbook_collector.auth.hearers import AT_ONCE, Hearers, Lost
from tollbook_collector.auth.hearing_wire import LENGTH_BYTES, Asked, pack_asked
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Kind
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.projection import Projection
from tollbook_collector.receivers.otlp_http_body import BodyError, unpack
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.routing import Encoding, Taken, read_request

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, Hearers]]:
    with bench(tmp_path_factory.mktemp("home")) as made:
        settings, record = made.guard.settings, made.guard.tenants.record(1)
        hearers = Hearers(settings.home, settings.store, lambda: record.rule, 1)
        yield made, hearers
        hearers.close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def waiting_bytes(process: int) -> int:
    """What a process was sent and has not read."""
    with Path(f"/proc/{process}/fd/0").open("rb", buffering=0) as pipe:
        return int.from_bytes(fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)), sys.byteorder)


def reading(raw: bytes) -> "partial[Taken | Problem]":
    return partial(read_request, raw, Signal.TRACES, Encoding.PROTOBUF)


TOO_LARGE: Any = partial(unpack, coding="", most=1)
"""Takes the name of the observer for the body."""


def sender(made: Bench) -> Principal:
    found = made.directory.who("Bearer " + made.token(Kind.DEVICE, email="ada@example.com"))
    assert isinstance(found, Principal)
    return found


def test_a_process_hears_what_the_server_would(parts: tuple[Bench, Hearers]) -> None:
    """Of a device whose engineer it knows, and who claims another's calls in one of two."""
    made, hearers = parts
    read = reading(request_of([make_claim(number) for number in range(6)]))
    principal = sender(made)
    here = Ear(made.directory, SpokenShapes()).hear(principal, read)
    assert isinstance(here, Taken)
    assert here.ignored == {"engineer_mismatch": 3}
    ready = made_ready(here, Projection(TicketRule(project_keys=None), default_book()))
    assert all(one.row is not None for one in ready.ready)
    for _ in range(2):
        assert hearers.hear(principal, read) == ready


def test_what_is_no_request_is_said_as_here(parts: tuple[Bench, Hearers]) -> None:
    made, hearers = parts
    found = hearers.hear(sender(made), reading(b"\xff\xff"))
    assert isinstance(found, Problem)
    assert found == read_request(b"\xff\xff", Signal.TRACES, Encoding.PROTOBUF)
    with pytest.raises(BodyError) as refused:
        hearers.hear(sender(made), TOO_LARGE)
    assert (refused.value.status, refused.value.reason) == (413, "too_large")


def test_a_process_that_died_is_started_anew(parts: tuple[Bench, Hearers]) -> None:
    made, hearers = parts
    principal, read = sender(made), reading(request_of([make_claim(1)]))
    assert isinstance(hearers.hear(principal, read), Taken)
    (before,) = hearers.pids
    os.kill(before, signal.SIGKILL)
    with pytest.raises(Lost):
        hearers.hear(principal, read)
    assert isinstance(hearers.hear(principal, read), Taken)
    assert hearers.pids != [before]


def test_a_process_is_asked_before_it_has_answered_and_each_gets_its_own(parts: tuple[Bench, Hearers]) -> None:
    made, hearers = parts
    principal = sender(made)
    reads = [reading(request_of([make_claim(2 * number)])) for number in range(24)]
    alone = [hearers.hear(principal, read) for read in reads]
    with ThreadPoolExecutor(AT_ONCE + 1) as threads:
        assert list(threads.map(partial(hearers.hear, principal), reads)) == alone
    assert len({found.ready for found in alone if isinstance(found, Taken)}) == len(reads)


@pytest.mark.skipif(sys.platform != "linux", reason="looks at a process in /proc")
def test_all_that_a_process_was_given_is_lost_with_it_and_it_is_started_once(parts: tuple[Bench, Hearers]) -> None:
    made, hearers = parts
    principal, read = sender(made), reading(request_of([make_claim(1)]))
    (before,) = hearers.pids
    os.kill(before, signal.SIGSTOP)
    until(lambda: Path(f"/proc/{before}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    with ThreadPoolExecutor(AT_ONCE) as threads:
        asked = [threads.submit(hearers.hear, principal, read) for _ in range(AT_ONCE)]
        size = LENGTH_BYTES + sum(map(len, pack_asked(Asked(principal, read))))
        until(lambda: waiting_bytes(before) == AT_ONCE * size)
        os.kill(before, signal.SIGKILL)
        for one in asked:
            with pytest.raises(Lost):
                one.result(PATIENCE_SECONDS)
    (after,) = hearers.pids
    assert isinstance(hearers.hear(principal, read), Taken)
    assert hearers.pids == [after] != [before]


def test_a_process_that_cannot_be_started_is_tried_again(
    parts: tuple[Bench, Hearers], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, hearers = parts
    principal, read = sender(made), reading(request_of([make_claim(2)]))
    os.kill(hearers.pids[0], signal.SIGKILL)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "executable", "/nowhere/python")
        for _ in range(2):
            with pytest.raises(FileNotFoundError):
                hearers.hear(principal, read)
    assert isinstance(hearers.hear(principal, read), Taken)


def test_a_process_learns_of_another_rule(parts: tuple[Bench, Hearers]) -> None:
    made, _ = parts
    settings, rules = made.guard.settings, [TicketRule(project_keys=frozenset({key})) for key in ("PAY", "OPS")]
    now = [rules[0]]
    hearers = Hearers(settings.home, settings.store, lambda: now[0], 1)
    try:
        principal, read = sender(made), reading(request_of([make_claim(1)]))
        for now[0] in (*rules, rules[0]):
            found = hearers.hear(principal, read)
            assert isinstance(found, Taken)
            assert [one.by for one in found.ready] == [Projection(now[0], default_book()).name]
    finally:
        hearers.close()


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_RECEIVER_PROCESSES", "2")
    running = Command(tmp_path)
    yield running
    running.end()


def hearing(process: int) -> list[int]:
    """The processes that a server started."""
    found = Path(f"/proc/{process}/task").glob("*/children")
    return [int(child) for each in found for child in each.read_text().split()]


def expect_gone(processes: list[int]) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while any(Path(f"/proc/{each}/stat").exists() for each in processes):
        assert time.monotonic() < until, "a hearing process goes on"
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_server_books_once_what_its_processes_hear_though_they_die(command: Command) -> None:
    claims = [make_claim(number) for number in range(40)]
    to = Sender(command.first_line["otlp_grpc"])
    killed: set[int] = set()
    for first in range(0, 40, 10):
        until = time.monotonic() + PATIENCE_SECONDS
        while not to.send(claims[first : first + 10]):
            assert time.monotonic() < until
        for each in hearing(command.process.pid):
            os.kill(each, signal.SIGKILL)
            killed.add(each)
    while not to.send(claims[:5]):
        pass
    to.close()
    status = command.get("/api/v1/status")
    assert (status["record"]["calls"], status["record"]["claims"]) == (40, 40)
    counted = status["receivers"]["otlp_grpc"]
    assert (counted["spans"], set(counted["refused"])) == (45, {"our_fault"})
    left = hearing(command.process.pid)
    assert len(left) == 2
    assert killed.isdisjoint(left)
    assert command.stop(signal.SIGTERM)[0] == exit_codes.OK
    expect_gone(left)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_hearing_processes_end_with_a_server_that_is_killed(command: Command) -> None:
    left = hearing(command.process.pid)
    assert len(left) == 2
    command.process.kill()
    expect_gone(left)
