"""A running collector is measured, asked for its health, and meets a disk that takes no more."""

import json
import resource
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.serve_bench import PATIENCE_SECONDS, Command, Sender
from tests.support.small_store import eventually
from tollbook.claim import Claim
from tollbook_collector.receivers import health, otlp_grpc

SMALL = 256 * 1024
"""Bytes that each file may have while the disk takes no more."""


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Command]:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_METRICS_ADDRESS", "127.0.0.1:4320")
    running = Command(tmp_path)
    yield running
    running.end()


def get(url: str, host: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(url, headers={"host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read().decode()


def figure(page: str, name: str) -> float:
    (line,) = [line for line in page.splitlines() if line.startswith(name + " ")]
    return float(line.rpartition(" ")[2])


def checked(address: str, request: bytes) -> bytes:
    with grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
        ask: Any = channel.unary_unary(f"/{health.SERVICE}/Check")
        return ask(request, timeout=PATIENCE_SECONDS)


def test_figures_and_health_while_claims_are_sent(command: Command) -> None:
    address = command.first_line["otlp_grpc"]
    claims = [make_claim(number) for number in range(30)]
    sender = Sender(address)
    assert sender.send(claims)
    assert sender.send(claims)
    sender.close()
    status, page = get(command.first_line["metrics"])
    assert status == 200
    assert figure(page, "tollbook_collector_claims_accepted_total") == 60
    assert figure(page, "tollbook_collector_claims_duplicate_total") == 30
    assert figure(page, "tollbook_collector_calls_new_total") == 30
    assert figure(page, "tollbook_collector_ready") == 1
    assert figure(page, 'tollbook_collector_ingest_seconds_count{receiver="otlp_grpc"}') == 2
    assert 'tollbook_collector_device_lag_seconds{tenant="1",device="laptop-1"}' in page
    assert "ada@example.com" not in page
    assert get(command.first_line["metrics"], host="evil.example.com")[0] == 403
    assert get(command.first_line["metrics"].replace("/metrics", "/"))[0] == 404
    name = otlp_grpc.SERVICE.encode()
    assert checked(address, b"") == b"\x08\x01"
    assert checked(address, bytes((0x0A, len(name))) + name) == b"\x08\x01"
    for request, code in (
        (b"\x0a\x01x", grpc.StatusCode.NOT_FOUND),
        (b"\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
        (b"\x0a\x02\xff\xff", grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.RpcError) as caught:
            checked(address, request)
        assert caught.value.code() is code  # type: ignore[attr-defined]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of another process are set on Linux only")
def test_a_disk_that_takes_no_more_loses_nothing_and_is_over_by_itself(command: Command) -> None:
    address, pid = command.first_line["otlp_grpc"], command.process.pid
    sender = Sender(address)
    acknowledged: list[Claim] = [make_claim(number) for number in range(20)]
    assert sender.send(acknowledged)
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (SMALL, before[1]))
    refused: list[list[Claim]] = []
    for batch in range(1, 12):
        claims = [make_claim(number) for number in range(100 * batch, 100 * batch + 100)]
        if sender.send(claims):
            acknowledged += claims
        else:
            refused.append(claims)
    assert refused, "the limit is too wide for this test"
    status, text = get(command.first_line["api"] + "/readyz")
    assert status == 503
    assert json.loads(text)["error"]["message"].startswith(("disk_failed", "disk_full"))
    assert json.loads(text)["error"]["remedy"]
    assert checked(address, b"") == b"\x08\x02"
    assert get(command.first_line["api"] + "/livez")[0] == 200
    assert command.get("/api/v1/status")["record"]["calls"] == len(acknowledged)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
    eventually(lambda: get(command.first_line["api"] + "/readyz")[0] == 200)
    for claims in refused:
        assert sender.send(claims)
        acknowledged += claims
    sender.close()
    assert command.get("/api/v1/status")["record"]["calls"] == len(acknowledged)
    assert "The record is whole" in command.run("verify")
