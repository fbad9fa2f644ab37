"""Whatever the engine does, the origin hears the same bytes and the client one answer."""

import asyncio
import os
from dataclasses import replace
from functools import partial

import pytest

from tests.support.proxy_net import ANSWER, GENERATION, HOST, OWN, Net, Serve, net, playing_engine, tunnel
from tests.support.proxy_tls import client_hello
from tollbook_agent.capture.proxy import engine_process, head, owner, relay
from tollbook_agent.capture.proxy.generations import Generation

HELLO = client_hello(HOST)
ME = owner.Owner(pid=os.getpid(), name=next(iter(OWN)), program="", created=1e9, cwd=None, seen_ns=0, began=1e9)
"""Found at once; how owners are found is not at stake here."""


def myself(_port: int, _server_port: int) -> owner.Owner:
    return ME


def nobody(_port: int, _server_port: int) -> None:
    return None


def chosen(generation: Generation, _host: str, _now: float) -> Generation:
    return generation


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine does not make a working engine a silent one."""
    monkeypatch.setattr(relay, "ANSWER_SECONDS", 20.0)
    monkeypatch.setattr(engine_process, "CONNECT_SECONDS", 20.0)
    monkeypatch.setattr(owner, "owner_of", myself)


def says(answer: bytes, *, then: bytes | None = None, stays: bool = False) -> Serve:
    """An engine that answers a CONNECT like this, and the ClientHello like that, and then leaves or stays mute."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        if then is not None:
            await reader.read(65_536)
            writer.write(then)
        if stays:
            await reader.read()

    return serve


async def closes(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """An engine that takes a connection and drops it."""


FAULTS: dict[str, Serve] = {
    "closes": closes,
    "silent on CONNECT": says(b"", stays=True),
    "refuses the CONNECT": says(head.answer(403, "Forbidden")),
    "answers the CONNECT with rubbish": says(b"\0\xff rubbish\r\n\r\n", stays=True),
    "answers the CONNECT without an end": says(b"HTTP/1.1 200", stays=True),
    "closes after the CONNECT": says(head.ESTABLISHED),
    "silent on the ClientHello": says(head.ESTABLISHED, stays=True),
    "closes on the ClientHello": says(head.ESTABLISHED, then=b""),
    "answers the ClientHello with an alert": says(head.ESTABLISHED, then=b"\x15\x03\x03\0\x02\x02\x28"),
    "answers the ClientHello with rubbish": says(head.ESTABLISHED, then=b"HTTP/1.1 502 Bad Gateway\r\n\r\n"),
}


async def exchange(found: Net, *, said: bytes = HELLO) -> bytes:
    reader, writer = await tunnel(found.port)
    writer.write(said)
    writer.write_eof()
    answer = await reader.read()
    writer.close()
    return answer


@pytest.mark.parametrize("fault", FAULTS)
def test_the_origin_gets_the_identical_hello_and_the_client_one_answer(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault in ("silent on CONNECT", "answers the CONNECT without an end"):
        monkeypatch.setattr(engine_process, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(relay, "ANSWER_SECONDS", 0.05 if fault == "silent on the ClientHello" else 20.0)

    async def run() -> None:
        async with net(FAULTS[fault]) as found:
            assert await exchange(found) == ANSWER
            assert found.origin.heard == [HELLO]
            assert found.relay.counts.bypassed == 1
            assert (found.relay.counts.captured, found.relay.counts.tunnelled) == (0, 1)
            assert found.engine is not None
            assert found.engine.breaker.faults == 1
            assert await exchange(found) == ANSWER  # the breaker is open: nobody asks the engine
            assert found.origin.heard == [HELLO, HELLO]
            assert found.engine.warmed == 1

    asyncio.run(run())


def test_an_engine_that_is_not_there() -> None:
    async def run() -> None:
        async with net(closes) as found:
            assert found.engine is not None
            found.engine._port = 1  # pyright: ignore[reportPrivateUsage]  # nobody listens there
            assert await exchange(found) == ANSWER
            assert found.origin.heard == [HELLO]

    asyncio.run(run())


def test_an_engine_that_works() -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            reader, writer = await tunnel(found.port)
            writer.write(HELLO)
            assert (await reader.readexactly(len(ANSWER) + 14)) == ANSWER + b" by the engine"
            writer.write(b"more")
            assert await reader.readexactly(4) == b"more"
            writer.write_eof()
            assert await reader.read() == b""
            writer.close()
            assert found.origin.heard == []
            assert found.relay.counts.captured == 1
            assert found.relay.counts.by_host == {HOST: 1}
            assert found.relay.counts.tunnelled == 0

    asyncio.run(run())


@pytest.mark.parametrize("sizes", [[1] * 40, [4, 1, 1], [5], [200, 100], [-1]])
@pytest.mark.parametrize("works", [True, False])
def test_a_hello_in_many_segments(sizes: list[int], works: bool) -> None:
    async def run() -> None:
        heard = bytearray()

        async def engine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head.ESTABLISHED)
            heard.extend(await reader.readexactly(len(HELLO)))
            writer.write(ANSWER if works else b"")

        async with net(engine) as found:
            reader, writer = await tunnel(found.port)
            rest = HELLO
            for size in sizes:
                writer.write(rest[:size])
                rest = rest[size:]
                await writer.drain()
                await asyncio.sleep(0)
            writer.write(rest)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            writer.close()
            assert heard == HELLO
            assert found.origin.heard == ([] if works else [HELLO])

    asyncio.run(run())


@pytest.mark.parametrize("said", [b"SSH-2.0-x\r\n", b"GET / HTTP/1.1\r\n\r\n", b"\0", b"\x15\x03"])
def test_what_is_not_tls_is_for_the_origin(said: bytes) -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            assert await exchange(found, said=said) == ANSWER
            assert found.origin.heard == [said]
            assert found.engine is not None
            assert found.engine.breaker.faults == 0
            assert found.relay.counts.bypassed == 0

    asyncio.run(run())


def test_a_client_that_says_nothing_is_not_asked_about_at_the_origin() -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            assert await exchange(found, said=b"") == b""
            assert found.origin.heard == []
            assert found.engine is not None
            assert found.engine.breaker.faults == 0

    asyncio.run(run())


@pytest.mark.parametrize("bytes_before", [0, 100])
def test_a_client_that_waits_before_it_speaks_is_tunnelled(monkeypatch: pytest.MonkeyPatch, bytes_before: int) -> None:
    said = HELLO[:bytes_before]
    monkeypatch.setattr(relay, "FIRST_BYTES_SECONDS", 0.05)
    monkeypatch.setattr(relay, "ANSWER_SECONDS", 0.05)

    async def run() -> None:
        async with net(FAULTS["silent on the ClientHello"]) as found:
            reader, writer = await tunnel(found.port)
            writer.write(said)
            while not found.origin.heard:
                await asyncio.sleep(0.01)
            writer.write(HELLO[len(said) :])
            writer.write_eof()
            assert (await reader.read()).startswith(ANSWER)
            writer.close()
            assert found.origin.heard == [HELLO]

    asyncio.run(run())


def test_a_breaker_that_is_open_asks_nobody() -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            assert found.engine is not None
            found.engine.failed()
            assert await exchange(found) == ANSWER
            assert found.engine.warmed == 0
            assert found.relay.counts.bypassed == 1

    asyncio.run(run())


@pytest.mark.parametrize(
    "why",
    ["capture is off", "nobody is seen", "another program", "older than the anchor", "Codex only", "quarantine"],
)
def test_what_is_not_to_be_captured_never_reaches_the_engine(monkeypatch: pytest.MonkeyPatch, why: str) -> None:
    more: dict[str, object] = {}
    host = "chatgpt.com" if why == "Codex only" else HOST
    if why == "capture is off":
        more["capture"] = lambda: False
    elif why == "nobody is seen":
        monkeypatch.setattr(owner, "owner_of", nobody)
    elif why == "another program":
        more["programs"] = frozenset({"claude"})
    elif why == "older than the anchor":
        young = replace(GENERATION, since=4e9)
        more["serving"] = partial(chosen, young)

    async def run() -> None:
        async with net(playing_engine, **more) as found:
            if why == "quarantine":
                found.relay.note({"quarantine": HOST, "reason": "a certificate"})
            reader, writer = await tunnel(found.port, f"{host}:443")
            writer.write(HELLO)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            writer.close()
            assert found.origin.heard == [HELLO]
            assert found.engine is not None
            assert found.engine.warmed == 0
            assert (found.relay.counts.captured, found.relay.counts.bypassed) == (0, 0)
            assert found.relay.counts.others == (0 if why in ("capture is off", "quarantine") else 1)

    asyncio.run(run())


@pytest.mark.parametrize("target", ["github.com:443", "api.anthropic.com:8443", "api.anthropic.com.evil.example:443"])
def test_a_host_that_is_not_listed_never_reaches_the_engine(target: str) -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            reader, writer = await tunnel(found.port, target)
            writer.write(HELLO)
            assert await reader.readexactly(len(ANSWER)) == ANSWER
            writer.close()
            assert found.engine is not None
            assert found.engine.warmed == 0
            assert found.relay.counts.others == 0

    asyncio.run(run())


def test_a_quarantine_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "QUARANTINE_SECONDS", -1.0)

    async def run() -> None:
        async with net(playing_engine) as found:
            found.relay.note({"quarantine": HOST, "reason": "a certificate"})
            assert (await exchange(found)).startswith(ANSWER + b" by the engine")

    asyncio.run(run())


def test_a_process_that_refused_the_certificate_is_tunnelled_from_then_on() -> None:
    async def run() -> None:
        async with net(playing_engine) as found:
            assert (await exchange(found)).startswith(ANSWER + b" by the engine")
            (name,) = found.relay._owners  # pyright: ignore[reportPrivateUsage]
            assert found.relay.owner_of(name) == ME
            found.relay.note({"untrusting": "unknown"})
            found.relay.note({"untrusting": name})
            assert found.relay.counts.untrusting == 1
            assert await exchange(found) == ANSWER
            assert (found.relay.counts.captured, found.relay.counts.others) == (1, 1)

    asyncio.run(run())
