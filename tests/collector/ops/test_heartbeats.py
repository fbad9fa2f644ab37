"""Heartbeats: as the agent sends them, as the collector keeps them, and what they say about figures."""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from tests.collector.auth.auth_bench import Bench, bench, claim_by
from tests.collector.claim_maker import make_claim
from tests.support.small_store import eventually
from tollbook.heartbeat import LARGEST, MAX_REASONS, Heartbeat, heartbeat
from tollbook.problem import Problem
from tollbook_agent.heartbeat import heartbeat_request
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.auth.records import Kind, Role
from tollbook_collector.ops.beats import Beats
from tollbook_collector.ops.devices import GONE_SECONDS, SILENT_SECONDS, device_lines
from tollbook_collector.ops.operations import Operations
from tollbook_collector.receivers.heartbeats import read_heartbeats
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.routing import Encoding, Taken, read_request
from tollbook_collector.store.record.devices import Beat, Seen

ADA = "ada@example.com"
DEVICE = "7f3a91c20be4d655"


def resource(**texts: str) -> list[KeyValue]:
    named = {"host.id": DEVICE, "service.version": "0.1.0", **{k.replace("_", "."): v for k, v in texts.items()}}
    return [KeyValue(key=key, value=AnyValue(string_value=text)) for key, text in named.items()]


def encoded(made: int, sent: int, dropped: Mapping[str, int] | None = None, **texts: str) -> bytes:
    return heartbeat_request(resource(**texts), made, sent, dropped or {}, 1).SerializeToString()


_COUNTS = st.integers(0, LARGEST)
_CODES = st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True)


@given(_COUNTS, _COUNTS, st.dictionaries(_CODES, st.integers(1, LARGEST), max_size=20))
def test_what_the_agent_says_is_what_the_collector_hears(made: int, sent: int, dropped: dict[str, int]) -> None:
    (heard,) = read_heartbeats(encoded(made, sent, dropped))
    assert heard == Heartbeat(device=DEVICE, version="0.1.0", made=made, sent=sent, dropped=dropped)
    taken = read_request(encoded(made, sent, dropped), Signal.METRICS, Encoding.PROTOBUF)
    assert isinstance(taken, Taken)
    assert taken.beats == (heard,)


@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail(noise: bytes) -> None:
    read_heartbeats(noise)
    whole = encoded(3, 2, {"line_not_json": 1})
    for at in range(0, len(whole), 17):
        read_heartbeats(whole[:at] + noise[:3] + whole[at:])


def test_what_is_out_of_bounds_is_no_heartbeat_and_reasons_are_codes() -> None:
    assert heartbeat("", "1", 0, 0, {}) is None
    assert heartbeat(DEVICE, "1", -1, 0, {}) is None
    assert heartbeat("x" * 200, "1", 0, 0, {}) is None
    assert heartbeat("a\nb", "1", 0, 0, {}) is None
    found = heartbeat(DEVICE, "1", 1, 1, {"/home/ada/secret.txt": 2, "fine": 1, "gone": 0, "Other Words": 3})
    assert found is not None
    assert found.dropped == {"other": 5, "fine": 1}
    many = heartbeat(DEVICE, "1", 1, 1, {f"r{number}": 1 for number in range(10 * MAX_REASONS)})
    assert many is not None
    assert len(many.dropped) <= MAX_REASONS
    assert sum(many.dropped.values()) == 10 * MAX_REASONS


def seen(made: int, sent: int, held: int, at: int, **dropped: int) -> Seen:
    word = Heartbeat(device=DEVICE, version="0.1.0", made=made, sent=sent, dropped=dropped)
    return Seen(Beat(1, "person-1", at, word), held)


@pytest.mark.parametrize(
    ("one", "reasons"),
    [
        (seen(10, 10, 10, 0), []),
        (seen(10, 10, 30, 0), []),  # a laptop that was set up anew: what was there before is here
        (seen(10, 8, 8, 0), ["waiting"]),
        (seen(10, 10, 7, 0), ["missing"]),
        (seen(10, 10, 9, 0, rejected_by_collector=1), ["dropped"]),
        (seen(10, 10, 10, 0, line_not_json=2), ["dropped"]),
        (seen(10, 10, 10, -SILENT_SECONDS * 10**9), ["silent"]),
        (seen(10, 8, 2, -GONE_SECONDS * 10**9), []),
    ],
)
def test_why_figures_are_incomplete(one: Seen, reasons: list[str]) -> None:
    (line,) = device_lines([one], (), 0)
    assert line["incomplete"] == reasons


def takes(open_bench: Bench) -> tuple[Operations, Callable[[str, bytes], Any]]:
    """A running server's operations over a bench, and what sends metrics through its door."""
    operations = Operations(open_bench.settings, open_bench.access)
    guard = replace(open_bench.guard, operations=operations)

    def send(token: str, raw: bytes) -> Any:
        def read(observer: str) -> Taken | Problem:
            return read_request(raw, Signal.METRICS, Encoding.PROTOBUF, observer)

        return guard.door.take(f"Bearer {token}", read).read

    return operations, send


def test_a_device_that_lacks_something_marks_its_engineers_figures(tmp_path: Path) -> None:
    with bench(tmp_path) as parts:
        token = parts.token(Kind.DEVICE, email=ADA, device=DEVICE)
        operations, send = takes(parts)
        parts.send(token, *(claim_by(number, ADA) for number in range(0, 40, 4)))
        assert isinstance(send(token, encoded(12, 10, host_id="another")), Taken)  # not its own: not heard
        assert isinstance(send(token, encoded(14, 12, {"line_not_json": 3})), Taken)
        operations.close()
        admin = parts.asker("root@example.com", Role.ADMIN)
        service = parts.gate().service
        assert service is not None
        answers = service.answers(f"Bearer {admin}", "devices")
        assert not isinstance(answers, Problem)
        (line,) = answers.devices()["devices"]
        assert (line["device"], line["made"], line["sent"], line["held"]) == (DEVICE, 14, 12, 10)
        assert line["missing"] == 2
        assert line["incomplete"][:3] == ["missing", "dropped", "waiting"]
        own = service.answers(f"Bearer {token}", "ticket")
        assert not isinstance(own, Problem)
        ticket = own.ticket("PAY-100")
        assert {"flag": "device_incomplete", "calls": ticket["calls"]} in ticket["flags"]
        assert ticket["calls"] == 10
        everyone = service.answers(f"Bearer {admin}", "spend")
        assert not isinstance(everyone, Problem)
        parts.send(
            parts.token(Kind.DEVICE, email="bob@example.com"), *(claim_by(n, "bob@example.com") for n in (50, 51))
        )
        table = everyone.spend(SpendQuestion(by=("model",)))
        assert table["total"]["calls"] == 12
        assert table["flags"] == [{"flag": "device_incomplete", "calls": 10}]


def test_a_person_sees_their_own_devices_and_no_others(tmp_path: Path) -> None:
    with bench(tmp_path) as parts:
        ada = parts.token(Kind.DEVICE, email=ADA, device=DEVICE)
        other = parts.token(Kind.DEVICE, 2, email="bob@example.com", device="0" * 16)
        operations, send = takes(parts)
        for token, device in ((ada, DEVICE), (other, "0" * 16)):
            assert isinstance(send(token, encoded(1, 1, host_id=device)), Taken)
        operations.close()
        service = parts.gate().service
        assert service is not None
        for token, device in ((ada, DEVICE), (other, "0" * 16)):
            answers = service.answers(f"Bearer {token}", "devices")
            assert not isinstance(answers, Problem)
            assert [line["device"] for line in answers.devices()["devices"]] == [device]
        lead = parts.asker("lead@example.com", Role.FINANCE)
        assert isinstance(service.answers(f"Bearer {lead}", "devices"), Problem)


def test_an_older_heartbeat_changes_nothing_and_a_busy_store_loses_none(tmp_path: Path) -> None:
    with bench(tmp_path) as parts:
        new = Heartbeat(device=DEVICE, version="2", made=9, sent=9)
        parts.access.put_beats([Beat(1, None, 20, new)])
        parts.access.put_beats([Beat(1, None, 10, replace(new, version="1"))])
        assert parts.access.devices(1)[0].beat.heartbeat == new

        class Busy:
            """Fails once."""

            failed = False

            def put_beats(self, beats: Any) -> None:
                if not self.failed:
                    self.failed = True
                    raise sqlite3.OperationalError("database is locked")
                parts.access.put_beats(beats)

        beats = Beats(Busy(), clock=lambda: 30, keep_seconds=0.01)
        beats.note(1, None, replace(new, made=11))
        eventually(lambda: parts.access.devices(1)[0].beat.heartbeat.made == 11)
        beats.close()


def test_claims_of_a_device_are_counted_once_each(tmp_path: Path) -> None:
    with bench(tmp_path) as parts:
        token = parts.token(Kind.DEVICE, email=ADA, device=DEVICE)
        for _ in range(3):
            record = parts.send(token, *(make_claim(number) for number in range(20)))
        parts.access.put_beats([Beat(1, None, 1, Heartbeat(device=DEVICE, version="1", made=1, sent=1))])
        assert parts.access.devices(1)[0].held == 20
        assert record.verify() == []
