"""Malformed requests over gRPC and HTTP: no crash, no growth, and what is well-formed is booked all the same, whether
it stands in the same request or comes in the next one.

TOLLBOOK_FUZZ says how many requests are sent; TOLLBOOK_FUZZ_SEED which ones. A failure names the case and its number.
"""

import gzip
import http.client
import os
import random
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.collector.fuzz.requests import EVERY, MESSAGE_BYTES, PROTOBUF, Case, Maker
from tests.collector.serve_bench import PATIENCE_SECONDS, Command
from tollbook.claim import Claim
from tollbook_collector.receivers.otlp_grpc import SERVICES

REQUESTS = int(os.environ.get("TOLLBOOK_FUZZ", "300"))
SEED = int(os.environ.get("TOLLBOOK_FUZZ_SEED", "20261122"))
MOST_GROWTH_MIB = 256
"""Of the collector's memory, at its highest: the costliest request of the largest size as objects (200,000 of JSON),
over either protocol, what the allocator keeps, the page cache."""
HTTP_ANSWERS = {200, 400, 413, 415}
GRPC_ANSWERS = {grpc.StatusCode.OK, grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED}
"""What a malformed request may be answered: never that the fault is ours."""
_SERVICE_OF = {f"/v1/{signal}": service for service, signal in SERVICES.items()}


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    running = Command(tmp_path)
    yield running
    running.end()


class Clients:
    """One connection of each kind."""

    def __init__(self, command: Command) -> None:
        address = command.first_line["otlp_http"].removeprefix("http://")
        self._http = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
        options = [("grpc.use_local_subchannel_pool", 1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(command.first_line["otlp_grpc"], options=options)

    def http(self, case: Case) -> int:
        headers = {"content-type": case.content_type} | ({"content-encoding": case.coding} if case.coding else {})
        try:
            self._http.request("POST", case.path, case.body, headers)
            answer = self._http.getresponse()
            answer.read()
        except (BrokenPipeError, ConnectionResetError):
            # The server says no before it has read all: the answer may be lost with the connection.
            assert len(case.body) > MESSAGE_BYTES
            self._http.close()
            return 413
        if len(case.body) > MESSAGE_BYTES:
            self._http.close()  # the server has not read all of it
        return answer.status

    def grpc(self, case: Case) -> Any:
        export: Any = self._channel.unary_unary(f"/{_SERVICE_OF[case.path]}/Export")
        try:
            export(case.body, timeout=PATIENCE_SECONDS)
        except grpc.RpcError as fault:
            return fault.code()  # type: ignore[attr-defined]
        return grpc.StatusCode.OK

    def close(self) -> None:
        self._http.close()
        self._channel.close()


def peak_mib(command: Command) -> int:
    """The most memory the collector has had; 0 where that is not told."""
    status = Path(f"/proc/{command.process.pid}/status")
    if sys.platform != "linux":
        return 0
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def sent(clients: Clients, case: Case, number: int, over_grpc: bool) -> tuple[str, bool]:
    """How a case was answered, and whether it was taken."""
    where = f"request {number} of seed {SEED}: {case.name}"
    if over_grpc:
        code = clients.grpc(case)
        assert code in GRPC_ANSWERS, (where, code)
        return f"grpc {code.name.lower()}", code is grpc.StatusCode.OK
    status = clients.http(case)
    assert status in HTTP_ANSWERS, (where, status)
    return f"http {status}", status == 200


def plain(case: Case) -> Case:
    """The case as gRPC carries it: its own compression is the library's."""
    if case.coding and case.whole:
        return Case(name=case.name, body=gzip.decompress(case.body), path=case.path, whole=case.whole)
    return case


@pytest.mark.fuzz
@pytest.mark.timeout(60 + REQUESTS)
def test_malformed_requests_harm_nobody(command: Command) -> None:
    chance = random.Random(SEED)
    maker = Maker(chance)
    clients = Clients(command)
    before = peak_mib(command)
    answers: Counter[str] = Counter()
    raised: Counter[str] = Counter()
    """By how many MiB each kind of case raised the peak."""
    whole: list[Claim] = []
    cases = [make(maker) for make in EVERY]
    for number in range(REQUESTS):
        case = cases[number] if number < len(cases) else maker.one()
        over_grpc = case.content_type == PROTOBUF and chance.random() < 0.5
        answer, taken = sent(clients, plain(case) if over_grpc else case, number, over_grpc)
        answers[answer] += 1
        raised[case.name] += peak_mib(command) - before - raised.total()
        if case.whole:
            assert taken, (number, case.name, answer)
            whole += case.whole
        if not taken:
            follower = maker.whole()
            assert sent(clients, follower, number, over_grpc)[1], (number, case.name, "and nothing after it")
            whole += follower.whole
    clients.close()
    growth = peak_mib(command) - before
    print(f"\n{REQUESTS} requests, {dict(answers)}; {len(whole)} well-formed claims among and after them")
    print(f"peak memory of the collector: {before} MiB before, {before + growth} MiB at its highest")
    print("raised by", ", ".join(f"{name} {mib}" for name, mib in raised.most_common() if mib))
    assert command.process.poll() is None
    assert growth < MOST_GROWTH_MIB
    assert whole
    booked: set[str] = set()
    path = "/api/v1/calls?limit=200"
    cursor: str | None = ""
    while cursor is not None:
        page = command.get(path + (f"&cursor={cursor}" if cursor else ""))
        booked |= {call["ids"].get("response", "") for call in page["calls"]}
        cursor = page["next"]
    assert {claim.key.id.value for claim in whole} <= booked
    assert "The record is whole" in command.run("verify")
