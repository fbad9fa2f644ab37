"""Clients of the measurement: one process, one event loop, requests that are encoded already."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio

EXPORT = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
TIMEOUT_SECONDS = 60.0
PAUSE_SECONDS = 2.0
"""Before the same is sent again: what the collector asks for."""
_OPTIONS = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
"""Each client has a connection of its own."""
_AGAIN = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED, grpc.StatusCode.CANCELLED)
"""Answers after which an exporter sends the same again: there is too much, or none came in time."""


@dataclass(slots=True, kw_only=True)
class Load:
    """What a load came to."""

    requests: int = 0
    refused: int = 0
    """Times that the same had to be sent again, later."""
    rejected: int = 0
    """Answers that said of some spans that they can never be taken."""
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list[float])
    """Seconds to the acknowledgement: from being sent, or from when it was due."""

    def quantile(self, share: float) -> float:
        """In milliseconds."""
        ranked = sorted(self.latencies)
        return ranked[min(len(ranked) - 1, int(len(ranked) * share))] * 1e3


async def at_once(target: str, requests: Iterator[bytes], count: int, clients: int) -> Load:
    """Send `count` requests as fast as they are acknowledged, every client one at a time."""
    load, left = Load(), iter(range(count))
    async with _Channels(target, clients) as exports:
        begun = time.perf_counter()

        async def client(export: Any) -> None:
            for _ in left:
                await _send(export, next(requests), time.perf_counter(), load)

        await asyncio.gather(*map(client, exports))
        load.seconds = time.perf_counter() - begun
    return load


async def paced(target: str, requests: Iterator[bytes], count: int, clients: int, a_second: float) -> Load:
    """Send `count` requests when each is due, whether earlier ones are acknowledged or not."""
    load = Load()
    async with _Channels(target, clients) as exports:
        begun = time.perf_counter()
        under_way: list[asyncio.Task[None]] = []
        for number in range(count):
            due = begun + number / a_second
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            under_way.append(asyncio.create_task(_send(exports[number % clients], next(requests), due, load)))
        await asyncio.gather(*under_way)
        load.seconds = time.perf_counter() - begun
    return load


async def _send(export: Any, raw: bytes, since: float, load: Load) -> None:
    while True:
        try:
            answer = await export(raw, timeout=TIMEOUT_SECONDS)
            break
        except grpc.RpcError as fault:
            code: Any = fault.code() if isinstance(fault, grpc.aio.AioRpcError) else None
            if code not in _AGAIN:
                raise
            load.refused += 1
            await asyncio.sleep(PAUSE_SECONDS)
    load.requests += 1
    load.rejected += bool(answer)
    load.latencies.append(time.perf_counter() - since)


class _Channels:
    """One connection a client, open."""

    def __init__(self, target: str, clients: int) -> None:
        self._target, self._clients = target, clients
        self._open: list[Any] = []

    async def __aenter__(self) -> list[Any]:
        self._open = [grpc.aio.insecure_channel(self._target, options=_OPTIONS) for _ in range(self._clients)]
        await asyncio.gather(*[channel.channel_ready() for channel in self._open])
        return [channel.unary_unary(EXPORT) for channel in self._open]

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*[channel.close() for channel in self._open])
