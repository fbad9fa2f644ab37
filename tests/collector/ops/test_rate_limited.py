"""A sender that sends too much is told when to send the same again: over gRPC and over HTTP."""

import asyncio
import json
from typing import Any

import grpc
import grpc.aio
import pytest

from tests.collector.claim_maker import make_claim, request_of
from tests.collector.held_sink import Sink
from tests.collector.test_retry_info import google_rpc
from tollbook_collector.address import Address
from tollbook_collector.receivers import otlp_grpc
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.door import Came, RateLimited, Read
from tollbook_collector.receivers.otlp_grpc import GrpcReceiver
from tollbook_collector.receivers.otlp_http import HttpReceiver

SECONDS = 7


class Closed:
    """A door that has no time."""

    def take(self, authorization: str | None, read: Read) -> Came:
        raise RateLimited(SECONDS)


def test_grpc_says_resource_exhausted_with_retry_info() -> None:
    async def around() -> None:
        sink, counts = Sink(), Counts()
        receiver = GrpcReceiver(sink, counts, max_message_bytes=65_536, door=Closed())
        address = await receiver.start(Address("127.0.0.1", 0))
        try:
            async with grpc.aio.insecure_channel(str(address)) as channel:
                export: Any = channel.unary_unary(f"/{otlp_grpc.SERVICE}/Export")
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await export(request_of([make_claim(1)]), timeout=10)
            assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
            trailers = dict(caught.value.trailing_metadata())
        finally:
            await receiver.stop()
        status_class, info_class = google_rpc()
        status = status_class.FromString(trailers["grpc-status-details-bin"])
        assert status.code == grpc.StatusCode.RESOURCE_EXHAUSTED.value[0]
        assert info_class.FromString(status.details[0].value).retry_delay.seconds == SECONDS
        assert info_class.FromString(trailers["google.rpc.retryinfo-bin"]).retry_delay.seconds == SECONDS
        assert (counts.refused["rate_limited"], sink.claims) == (1, [])

    asyncio.run(around())


def test_http_says_429_with_retry_after() -> None:
    async def around() -> None:
        sink, counts = Sink(), Counts()
        receiver = HttpReceiver(sink, counts, max_message_bytes=65_536, door=Closed())
        sent: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = [(b"host", b"localhost"), (b"content-type", b"application/json")]
        scope = {"type": "http", "method": "POST", "path": "/v1/traces", "headers": headers}
        try:
            await receiver(scope, receive, send)
        finally:
            receiver.close()
        assert sent[0]["status"] == 429
        assert dict(sent[0]["headers"])[b"retry-after"] == str(SECONDS).encode()
        assert json.loads(sent[1]["body"])["details"][0]["retryDelay"] == f"{SECONDS}s"
        assert (counts.refused["rate_limited"], sink.claims) == (1, [])

    asyncio.run(around())
