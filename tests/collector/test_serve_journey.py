"""From the wire to the answer: real spans over gRPC, asked for by HTTP and by command, killed at any moment."""

import json
import random
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.serve_bench import PATIENCE_SECONDS, Child, Command, Sender
from tollbook.claim import Claim, ClaimKey
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Source
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main
from tollbook_collector.store.record.sqlite import Record

KILLS = 10
CLAIMS_A_REQUEST = 5
REQUESTS_A_ROUND = 8


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Command]:
    running = Command(tmp_path)
    yield running
    running.end()


def seen_by_two(numbers: range) -> list[Claim]:
    """What the proxy and the log say of the same calls."""
    return [make_claim(number, source) for number in numbers for source in (Source.PROXY, Source.LOG)]


def test_spans_sent_twice_and_shuffled_are_booked_once(command: Command) -> None:
    claims = seen_by_two(range(60))
    shuffled = random.Random(1).sample(claims, len(claims))
    sender = Sender(command.first_line["otlp_grpc"])
    for batch in (claims[:70], shuffled, claims[70:], shuffled[::-1]):
        assert sender.send(batch)
    sender.close()
    status = command.get("/api/v1/status")
    assert (status["record"]["calls"], status["record"]["claims"]) == (60, 120)
    assert status["receivers"]["otlp_grpc"]["spans"] == 3 * 120
    ticket = command.get("/api/v1/tickets/PAY-101")
    assert ticket["calls"] == 15
    assert ticket["list_nano_usd"] > 0
    assert json.loads(command.run("ticket", "PAY-101", "--json")) == ticket
    spend = command.get("/api/v1/spend?group_by=ticket,engineer")
    assert spend["total"]["calls"] == 60
    assert json.loads(command.run("spend", "--by", "ticket,engineer", "--json")) == spend
    lines = command.run("calls", "--json", "--limit", "0").splitlines()
    assert [json.loads(line) for line in lines] == command.get("/api/v1/calls")["calls"]
    assert command.get("/readyz") == {"status": "ready"}
    code, err = command.stop(signal.SIGINT)
    assert code == exit_codes.OK
    assert len(err.splitlines()) == 1, "where the record is, and nothing else"


def test_the_first_line_says_where_it_listens_and_sigterm_stops_it(command: Command) -> None:
    line = command.first_line
    assert set(line) == {"otlp_grpc", "otlp_http", "api"}
    assert line["otlp_http"].startswith("http://127.0.0.1:")
    addresses = [line[name].removeprefix("http://") for name in ("otlp_grpc", "otlp_http", "api")]
    for address in addresses:
        host, _, port = address.rpartition(":")
        assert host == "127.0.0.1"
        socket.create_connection((host, int(port))).close()
    assert command.stop(signal.SIGTERM)[0] == exit_codes.OK
    for address in addresses:
        host, _, port = address.rpartition(":")
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((host, int(port)))


def test_killed_at_any_moment_nothing_acknowledged_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    chance = random.Random(20261001)
    acknowledged: set[ClaimKey] = set()
    every: list[Claim] = []
    for kill in range(KILLS):
        every += seen_by_two(range(20 * kill, 20 * kill + 20))
        child = Child(tmp_path)
        acknowledged |= send_until_killed(child, every, chance)
        assert acknowledged <= booked(tmp_path)
    assert acknowledged  # else nothing was tested
    child = Child(tmp_path)
    sender = Sender(child.address)
    assert sender.send(every)
    sender.close()
    child.stop()
    record = open_record(tmp_path)
    assert record.verify() == []
    counts = record.counts()
    assert (counts["calls"], counts["claims"]) == (20 * KILLS, len(every))
    record.close()


def send_until_killed(child: Child, claims: list[Claim], chance: random.Random) -> set[ClaimKey]:
    """Send in some order while the server is killed after some acknowledgement; which claims were acknowledged."""
    order = chance.sample(claims, min(len(claims), CLAIMS_A_REQUEST * REQUESTS_A_ROUND))
    requests = [order[at : at + CLAIMS_A_REQUEST] for at in range(0, len(order), CLAIMS_A_REQUEST)]
    kill_after = chance.randrange(len(requests))
    reached = threading.Event()
    acknowledged: set[ClaimKey] = set()

    def send_all() -> None:
        sender = Sender(child.address)
        for place, request in enumerate(requests):
            if place == kill_after:
                reached.set()
            if sender.send(request):
                acknowledged.update(claim.key for claim in request)
        sender.close()

    sending = threading.Thread(target=send_all)
    sending.start()
    assert reached.wait(PATIENCE_SECONDS)
    threading.Event().wait(chance.random() * 0.01)  # somewhere inside the request that follows
    child.kill()
    sending.join()
    return acknowledged


def open_record(home: Path) -> Record:
    return Record(home / "record.sqlite", rule=TicketRule(), book=default_book())


def booked(home: Path) -> set[ClaimKey]:
    """The claims the record has, judged by the ids and sources of its calls."""
    record = open_record(home)
    assert record.verify() == []
    calls = record.documents(limit=1_000)
    record.close()
    known = {(call["ids"]["response"], source) for call in calls for source in call["sources"]}
    every = (make_claim(number, source) for number in range(20 * KILLS) for source in (Source.PROXY, Source.LOG))
    return {claim.key for claim in every if (claim.key.id.value, claim.key.source) in known}


def test_an_address_in_use_names_its_setting(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    taken = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{taken.getsockname()[1]}"
    settings = ("otlp_grpc_address", "otlp_http_address", "api_address")
    for setting in settings:
        for each in settings:
            listened = address if each == setting else "127.0.0.1:0"
            monkeypatch.setenv(f"TOLLBOOK_COLLECTOR_{each.upper()}", listened)
        before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
        try:
            assert main(["serve"]) == exit_codes.LISTEN
        finally:
            signal.signal(signal.SIGINT, before[0])
            signal.signal(signal.SIGTERM, before[1])
        shown = capsys.readouterr().err
        assert f"error: {setting}: {address}" in shown
        assert "another collector" in shown
    taken.close()
