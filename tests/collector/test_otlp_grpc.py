"""The gRPC server on the loopback, with a sink of the test's own: what it answers, and when."""

import asyncio
import gzip
import tracemalloc
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
import grpc.aio
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import make_claim, make_request, make_span, request_of
from tests.collector.held_sink import Sink
from tollbook_collector.address import Address
from tollbook_collector.collection import no_collection
from tollbook_collector.receivers import otlp_grpc
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.otlp_grpc import GrpcReceiver

MAX_MESSAGE = 256 * 1024
PATH = f"/{otlp_grpc.SERVICE}/Export"


class Bench:
    """A running receiver and a client of it."""

    def __init__(self, sink: Sink, counts: Counts, receiver: GrpcReceiver, address: Address, channel: Any) -> None:
        self.sink = sink
        self.address = address
        self.counts = counts
        self.receiver = receiver
        self._export = channel.unary_unary(PATH)

    async def send(self, raw: bytes, **options: Any) -> ExportTraceServiceResponse:
        return ExportTraceServiceResponse.FromString(await self._export(raw, timeout=10, **options))

    async def refused(self, raw: bytes) -> grpc.aio.AioRpcError:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.send(raw)
        return caught.value


def run(test: Callable[[Bench], Awaitable[None]]) -> None:
    """Run a test with a receiver on a free port."""

    async def around() -> None:
        sink, counts = Sink(), Counts()
        receiver = GrpcReceiver(sink, counts, max_message_bytes=MAX_MESSAGE)
        address = await receiver.start(Address("127.0.0.1", 0))
        try:
            async with grpc.aio.insecure_channel(str(address)) as channel:
                await test(Bench(sink, counts, receiver, address, channel))
        finally:
            await receiver.stop()

    asyncio.run(around())


async def until(true: Callable[[], bool]) -> None:
    """Wait for something that happens elsewhere in this process."""
    async with asyncio.timeout(10):
        while not true():
            await asyncio.sleep(0.005)


def test_claims_arrive_and_the_answer_is_empty() -> None:
    async def test(bench: Bench) -> None:
        claims = [make_claim(number) for number in range(5)]
        answer = await bench.send(request_of(claims))
        assert not answer.HasField("partial_success")
        assert bench.sink.claims == claims
        assert bench.counts.as_json() == {"requests": 1, "spans": 5, "discarded": {}, "refused": {}, "ignored": {}}

    run(test)


def test_gzip_is_taken() -> None:
    async def test(bench: Bench) -> None:
        raw = request_of([make_claim(number) for number in range(50)])
        assert len(gzip.compress(raw)) < len(raw) / 5
        await bench.send(raw, compression=grpc.Compression.Gzip)
        assert len(bench.sink.claims) == 50

    run(test)


def test_the_answer_waits_for_the_commit() -> None:
    async def test(bench: Bench) -> None:
        bench.sink.hold = True
        sending = asyncio.ensure_future(bench.send(request_of([make_claim(1)])))
        await until(bench.sink.arrived.is_set)
        done, _ = await asyncio.wait([sending], timeout=0.05)
        assert not done
        bench.sink.waiting[0].set_result(None)
        await sending

    run(test)


def test_spans_that_can_never_be_accepted_are_a_partial_success() -> None:
    async def test(bench: Bench) -> None:
        newer = Span(attributes=[KeyValue(key="tollbook.schema", value=AnyValue(int_value=99))])
        raw = make_request([make_span(make_claim(1)), newer, newer, newer, Span(name="GET /health")])
        partial = (await bench.send(raw)).partial_success
        assert partial.rejected_spans == 3
        assert "unknown_schema 3" in partial.error_message
        assert "Upgrade the collector" in partial.error_message
        assert bench.sink.claims == [make_claim(1)]
        assert [problem.reason for problem in bench.sink.problems] == ["unknown_schema"] * 3
        assert bench.counts.discarded == {"unknown_schema": 3}
        assert bench.counts.ignored == {"no_dialect": 1}

    run(test)


def test_an_empty_request_is_answered_without_the_store() -> None:
    async def test(bench: Bench) -> None:
        bench.sink.refuse = RuntimeError("not asked")
        assert not (await bench.send(b"")).HasField("partial_success")

    run(test)


@pytest.mark.parametrize("how", ["refuse", "fail"])
def test_a_busy_store_asks_for_another_try(how: str) -> None:
    async def test(bench: Bench) -> None:
        setattr(bench.sink, how, RuntimeError("the disk is full of secrets"))
        error = await bench.refused(request_of([make_claim(1)]))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        trailers = dict(error.trailing_metadata() or ())
        assert {"grpc-status-details-bin", "google.rpc.retryinfo-bin"} <= set(trailers)
        assert "secrets" not in str(error.details())
        assert bench.counts.refused == {"store_busy": 1}
        setattr(bench.sink, how, None)
        await bench.send(request_of([make_claim(1)]))

    run(test)


def test_a_commit_that_takes_too_long_asks_for_another_try(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(otlp_grpc, "COMMIT_SECONDS", 0.01)

    async def test(bench: Bench) -> None:
        bench.sink.hold = True
        error = await bench.refused(request_of([make_claim(1)]))
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        bench.sink.waiting[0].set_result(None)

    run(test)


@pytest.mark.parametrize("limit", ["MAX_REQUESTS", "MAX_IN_FLIGHT"])
def test_more_requests_or_bytes_than_allowed_are_asked_to_come_again(
    monkeypatch: pytest.MonkeyPatch, limit: str
) -> None:
    monkeypatch.setattr(otlp_grpc, limit, 1)
    whole = request_of([make_claim(1)])
    unknown = bytes(MAX_MESSAGE - len(whole) - 32)
    for _ in range(2):  # a field that nobody knows, within another
        unknown = AnyValue(bytes_value=unknown).SerializeToString()
    large = whole + unknown

    async def test(bench: Bench) -> None:
        bench.sink.hold = True
        first = asyncio.ensure_future(bench.send(large))
        await until(bench.sink.arrived.is_set)
        own_connection = (("grpc.use_local_subchannel_pool", 1),)
        async with grpc.aio.insecure_channel(str(bench.address), options=own_connection) as other:
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await other.unary_unary(PATH)(request_of([make_claim(2)]), timeout=10)
        assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
        assert bench.counts.refused == {"too_many_requests": 1}
        bench.sink.waiting[0].set_result(None)
        await first
        bench.sink.hold = False
        await bench.send(request_of([make_claim(2)]))

    run(test)


def test_a_client_that_hangs_up_does_not_cancel_the_commit() -> None:
    async def test(bench: Bench) -> None:
        bench.sink.hold = True
        sending = asyncio.ensure_future(bench.send(request_of([make_claim(1)])))
        await until(bench.sink.arrived.is_set)
        sending.cancel()
        await asyncio.wait([sending])
        bench.sink.hold = False
        await bench.send(request_of([make_claim(2)]))
        future = bench.sink.waiting[0]
        assert not future.cancelled()
        assert future.set_running_or_notify_cancel()

    run(test)


def test_bytes_that_are_no_request_are_invalid() -> None:
    async def test(bench: Bench) -> None:
        error = await bench.refused(b"\xff\xff\xff\xff")
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert bench.counts.refused == {"not_otlp": 1}

    run(test)


def test_too_large_is_resource_exhausted_after_decompression_too() -> None:
    async def test(bench: Bench) -> None:
        error = await bench.refused(b"\x0a\x00" * 100_000)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await bench.send(bytes(MAX_MESSAGE * 4), compression=grpc.Compression.Gzip)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert bench.sink.claims == []

    run(test)


def test_a_refused_request_is_not_kept() -> None:
    raw = b"\xff" * (MAX_MESSAGE - 1)

    async def test(bench: Bench) -> None:
        await bench.refused(raw)
        tracemalloc.start()
        try:
            with no_collection():
                for _ in range(20):
                    await bench.refused(raw)
                kept, _ = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert kept < 5 * len(raw)

    run(test)


def test_stopping_answers_what_was_received() -> None:
    async def test(bench: Bench) -> None:
        bench.sink.hold = True
        sending = asyncio.ensure_future(bench.send(request_of([make_claim(1)])))
        await until(bench.sink.arrived.is_set)
        stopping = asyncio.ensure_future(bench.receiver.stop())
        done, _ = await asyncio.wait([stopping], timeout=0.05)
        assert not done
        bench.sink.waiting[0].set_result(None)
        await sending
        await stopping

    run(test)


def test_two_receivers_never_share_a_port() -> None:
    async def test() -> None:
        first, second = (GrpcReceiver(Sink(), Counts(), max_message_bytes=MAX_MESSAGE) for _ in range(2))
        address = await first.start(Address("127.0.0.1", 0))
        try:
            with pytest.raises(OSError, match="cannot listen on"):
                await second.start(address)
        finally:
            await first.stop()
            await second.stop()

    asyncio.run(test())
