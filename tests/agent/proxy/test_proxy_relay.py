"""The relay as a proxy: who may use it, what it answers, and that a tunnel changes nothing."""

import asyncio
import base64
import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.proxy_net import ANSWER, PASSWORD, USER, ask, listening, net, playing_engine, request, tunnel
from tollbook_agent.capture.proxy import dial, head, owner, relay
from tollbook_agent.capture.proxy.engine_process import HEALTH

TARGET = "origin.example:443"


def answer_to(raw: bytes) -> bytes:
    """All that the relay says to a head, and then closes."""

    async def run() -> bytes:
        async with net() as found:
            reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
            writer.write(raw)
            answer = await reader.read()
            writer.close()
            assert found.parent.heads == []
            assert found.relay.counts.refused == 1
            return answer

    return asyncio.run(run())


@pytest.mark.parametrize(
    "raw",
    [
        request(TARGET, password="wrong"),
        request(TARGET, password=""),
        f"CONNECT {TARGET} HTTP/1.1\r\n\r\n".encode(),
        f"CONNECT {TARGET} HTTP/1.1\r\nProxy-Authorization: Bearer {PASSWORD}\r\n\r\n".encode(),
        f"GET / HTTP/1.1\r\nAuthorization: {head.credential(USER, PASSWORD)}\r\n\r\n".encode(),
        b"\0\r\n\r\n",
    ],
)
def test_without_the_password_it_asks_for_it(raw: bytes) -> None:
    answer = answer_to(raw)
    assert answer.startswith(b"HTTP/1.1 407 ")
    assert b'\r\nProxy-Authenticate: Basic realm="tollbook"\r\n' in answer
    assert b"\r\nContent-Length: 0\r\n" in answer


def test_another_user_of_this_machine_is_turned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def somebody(_port: int, _server_port: int) -> int:
        return os.getuid() + 1

    monkeypatch.setattr(owner, "uid_of", somebody)
    assert answer_to(request(TARGET)).startswith(b"HTTP/1.1 403 ")


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "connected"])
def test_it_serves_nothing_but_connect(method: str) -> None:
    answer = answer_to(request("http://example.com/", method=method))
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"\r\nAllow: CONNECT\r\n" in answer


@pytest.mark.parametrize("target", ["example.com", "example.com:0", "example.com:65536", ":443", "a b:443", "x:443/p"])
def test_a_malformed_target_is_no_target(target: str) -> None:
    assert answer_to(request(target)).startswith(b"HTTP/1.1 405 ")


@pytest.mark.parametrize("size", [head.MAX_HEAD, dial.LIMIT + 1])
def test_a_head_without_measure_is_refused(size: int) -> None:
    raw = request(TARGET)[:-2] + b"X: " + b"x" * size + b"\r\n\r\n"
    assert answer_to(raw).startswith(b"HTTP/1.1 431 ")


def test_more_connections_than_it_can_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "MAX_CONNECTIONS", 0)
    assert answer_to(request(TARGET)).startswith(b"HTTP/1.1 503 ")


def test_a_client_that_never_asks_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "HEAD_SECONDS", 0.02)

    async def run() -> None:
        async with net() as found:
            reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
            writer.write(b"CONNECT ")
            assert await reader.read() == b""
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("name", ["a" * 70 + ".example", "a..b", ".", "nothing.invalid"])
def test_a_name_that_nobody_resolves_is_a_bad_gateway(name: str) -> None:
    async def run() -> None:
        async with net(parent=None) as found:
            status, (_, writer) = await ask(found.port, request(f"{name}:443"))
            assert status == 502
            writer.close()

    asyncio.run(run())


@pytest.mark.parametrize("refuses", [407, 403, 502, 99])
def test_a_parent_that_refuses_is_a_bad_gateway(refuses: int) -> None:
    async def run() -> None:
        async with net() as found:
            found.parent.refuses = refuses
            status, (_, writer) = await ask(found.port, request(TARGET))
            assert status == 502
            writer.close()

    asyncio.run(run())


def test_a_parent_that_is_no_proxy_is_a_bad_gateway() -> None:
    async def mute(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n\r\n")

    async def run() -> None:
        async with listening(mute) as port, net(parent=dial.Parent(host="127.0.0.1", port=port)) as found:
            status, (_, writer) = await ask(found.port, request(TARGET))
            assert status == 502
            writer.close()

    asyncio.run(run())


def test_a_parent_gets_its_own_credential_and_nothing_of_ours() -> None:
    async def run() -> None:
        async with net() as beyond:
            parent = dial.Parent.of(f"http://{USER}:{PASSWORD}@127.0.0.1:{beyond.port}")
            async with net(parent=parent, password="another") as found:
                status, (reader, writer) = await ask(found.port, request(TARGET, password="another"))
                assert status == 200
                writer.write(b"\x16")
                assert await reader.readexactly(4) == ANSWER[:4]
                writer.close()
            (told,) = beyond.parent.heads
            assert told == b"CONNECT origin.example:443 HTTP/1.1\r\nHost: origin.example:443\r\n\r\n"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "parent"),
    [
        (None, None),
        ("", None),
        ("socks5://127.0.0.1:1080", None),
        ("http://", None),
        ("http://x:port", None),
        ("http://[::1", None),
        ("proxy.example:8080", dial.Parent(host="proxy.example", port=8080)),
        ("http://proxy.example", dial.Parent(host="proxy.example", port=80)),
        (
            "http://ada:p%40ss@proxy.example:8080",
            dial.Parent(host="proxy.example", port=8080, credential="Basic " + base64.b64encode(b"ada:p@ss").decode()),
        ),
    ],
)
def test_the_proxy_of_before(url: str | None, parent: dial.Parent | None) -> None:
    assert dial.Parent.of(url) == parent
    assert dial.user_of(url) == ("ada:p@ss" if parent and parent.credential else None)


def test_health_is_answered_without_an_engine_and_without_the_origin() -> None:
    async def run() -> None:
        async with net() as found:
            status, (reader, writer) = await ask(found.port, request(f"{HEALTH.host}:{HEALTH.port}"))
            assert status == 200
            assert await reader.read() == b""
            writer.close()
            assert found.parent.heads == []

    asyncio.run(run())


@pytest.mark.parametrize(("capture", "warmed"), [(True, 1), (False, 0)])
def test_asking_for_its_health_makes_the_engine_warm(capture: bool, warmed: int) -> None:
    async def run() -> None:
        async with net(playing_engine, capture=lambda: capture) as found:
            _, (reader, writer) = await ask(found.port, request(f"{HEALTH.host}:443"))
            await reader.read()
            writer.close()
            assert found.engine is not None
            assert found.engine.warmed == warmed

    asyncio.run(run())


@settings(max_examples=15)
@given(st.lists(st.binary(min_size=1, max_size=9_000), min_size=1, max_size=8), st.integers(1, 300_000))
def test_a_tunnel_changes_no_byte(pieces: list[bytes], bulk: int) -> None:
    """Both ways at once; the origin echoes all but what it answers first."""
    sent = [b"\x16first", *pieces, bytes(range(256)) * (bulk // 256)]

    async def run() -> None:
        async with net() as found:
            found.origin.answer = b""
            reader, writer = await tunnel(found.port, TARGET)
            writer.write(sent[0])
            await writer.drain()
            while not (found.origin.heard and found.origin.heard[0]):
                await asyncio.sleep(0)
            for each in sent[1:]:
                writer.write(each)
            writer.write_eof()
            back = await reader.read()
            writer.close()
            assert bytes(found.origin.heard[0]) == b"".join(sent)
            assert hashlib.sha256(back).digest() == hashlib.sha256(b"".join(sent[1:])).digest()

    asyncio.run(run())


def test_a_client_may_end_its_half_and_still_hear_the_rest() -> None:
    async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.read()
        writer.write(b"heard " + asked)

    async def run() -> None:
        async with listening(late) as port, net(parent=None) as found:
            reader, writer = await tunnel(found.port, f"127.0.0.1:{port}")
            writer.write(b"everything")
            writer.write_eof()
            assert await reader.read() == b"heard everything"
            writer.close()

    asyncio.run(run())


def test_an_origin_may_end_its_half_and_still_hear_the_rest() -> None:
    async def run() -> None:
        heard = asyncio.get_running_loop().create_future()

        async def brief(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"bye")
            writer.write_eof()
            heard.set_result(await reader.read())

        async with listening(brief) as port, net(parent=None) as found:
            reader, writer = await tunnel(found.port, f"127.0.0.1:{port}")
            assert await reader.read() == b"bye"
            writer.write(b"one more thing")
            writer.write_eof()
            assert await heard == b"one more thing"
            writer.close()

    asyncio.run(run())


def test_closing_the_relay_ends_its_tunnels() -> None:
    async def run() -> None:
        async with net() as found:
            reader, writer = await tunnel(found.port, TARGET)
            await found.relay.close()
            assert await reader.read() == b""
            writer.close()

    asyncio.run(run())


def test_it_counts_what_it_does() -> None:
    async def run() -> None:
        async with net() as found:
            for target in (TARGET, "api.anthropic.com:443"):
                _, writer = await tunnel(found.port, target)
                writer.close()
            status, (_, writer) = await ask(found.port, request(TARGET, password="no"))
            writer.close()
            assert status == 407
            counts = found.relay.counts
            assert (counts.connections, counts.tunnelled, counts.refused) == (3, 2, 1)
            assert (counts.captured, counts.bypassed, counts.others) == (0, 0, 0)

    asyncio.run(run())
