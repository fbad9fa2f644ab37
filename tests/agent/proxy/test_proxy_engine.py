"""The real engine between a client and an upstream: bytes, leaves, refusals, what it leaves behind."""

import asyncio
import contextlib
import datetime as dt
import hashlib
import json
import random
import ssl
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.support.provider.certificates import Authority
from tests.support.proxy_net import Streams, listening
from tollbook_agent.capture import spool
from tollbook_agent.capture.proxy import dial, engine_process, files, generations, head, trust
from tollbook_agent.capture.proxy.engine_process import HEALTH, TOKEN, EngineDown, EngineProcess

HOST, STRANGE = "api.anthropic.com", "api.openai.com"
HOSTS = {"anthropic": (HOST,), "openai": (STRANGE,)}
CANARY = "canary-77c0ffee"
USAGE = {"input_tokens": 17, "output_tokens": 5}
MESSAGE = json.dumps(
    {
        "id": "msg_01", "type": "message", "role": "assistant", "model": "claude-opus-4-1-20250805", "usage": USAGE,
        "content": [{"type": "text", "text": CANARY}], "stop_reason": "end_turn",
    }
).encode()  # fmt: skip
ANSWERS = {"/v1/messages": MESSAGE, "/v1/files": random.Random(7).randbytes(400_000)}
QUESTION = random.Random(8).randbytes(300_000)


async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answers by path, with the hash of what it was sent."""
    with contextlib.suppress(asyncio.IncompleteReadError, OSError):
        while True:
            raw = (await reader.readuntil(b"\r\n\r\n")).decode()
            assert CANARY in raw  # the credential arrives
            length = int(raw.lower().split("content-length: ")[1].split("\r\n")[0])
            digest = hashlib.sha256(await reader.readexactly(length)).hexdigest()
            answer = ANSWERS[raw.split(" ")[1]]
            writer.write(
                f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nRequest-Id: req_01\r\nX-Hash: {digest}\r\n"
                f"Content-Length: {len(answer)}\r\n\r\n".encode()
            )
            writer.write(answer)
            await writer.drain()
    writer.close()


@dataclass(slots=True)
class World:
    """An engine, and what is around it."""

    folder: Path
    engine: EngineProcess
    notes: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    async def client(self, host: str = HOST, *, generation: str | None = None, bundle: bytes | None = None) -> Streams:
        """A TLS connection through the engine, by a tool that trusts this bundle."""
        name = generation or generations.read(self.folder / files.FOLDER)[0].name
        reader, writer = await self.engine.connect(head.Target(host, 443), "c-1", name)
        trusted = bundle or (self.folder / files.FOLDER / files.ANCHORS).read_bytes()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(cadata=trusted.decode())
        await writer.start_tls(context, server_hostname=host)
        return reader, writer


@contextlib.asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[World]:
    """Started; ended at the end."""
    ours, theirs = Authority(protocols=("http/1.1",)), Authority(protocols=("http/1.1",))
    (folder / "company.pem").write_bytes(ours.pem)
    proxy = folder / files.FOLDER
    trust.install(proxy, trust.mint(HOSTS, dt.datetime.now(dt.UTC), "device"), {}, str(folder / "company.pem"))
    async with contextlib.AsyncExitStack() as stack:
        ports: dict[str, int] = {}
        for name, authority in ((HOST, ours), (STRANGE, theirs)):
            server = await asyncio.start_server(upstream, "127.0.0.1", 0, ssl=authority.context())
            stack.callback(server.close)
            ports[name] = server.sockets[0].getsockname()[1]

        async def parent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            target = head.target(await reader.readuntil(b"\r\n\r\n"))
            assert target is not None
            there, back = await asyncio.open_connection("127.0.0.1", ports[target.host])
            writer.write(head.ESTABLISHED)
            await asyncio.gather(_copy(reader, back), _copy(there, writer))
            back.close()

        port = await stack.enter_async_context(listening(parent))
        notes: list[dict[str, Any]] = []
        config = {
            "token": "secret", "leaves": str(proxy / files.LEAVES), "upstream_ca": str(proxy / files.UPSTREAM_BUNDLE),
            "folder": str(proxy), "spool": str(files.spool(folder)), "health": HEALTH.host,
            "parent": f"http://127.0.0.1:{port}", "parent_auth": None,
        }  # fmt: skip
        engine = EngineProcess(config, notes.append)
        try:
            assert await engine.warm()
            yield World(folder, engine, notes)
        finally:
            await engine.stop()


async def _copy(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
        sink.close()


async def post(streams: Streams, path: str, body: bytes) -> tuple[int, str, bytes]:
    """Status, hash of the body as the upstream saw it, and the answer's body."""
    reader, writer = streams
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {HOST}\r\nX-Api-Key: {CANARY}\r\nCookie: {CANARY}\r\n"
        f"Authorization: Bearer {CANARY}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    raw = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    answer = await reader.readexactly(int(raw.split("content-length: ")[1].split("\r\n")[0]))
    return int(raw.split(" ")[1]), raw.partition("x-hash: ")[2].split("\r\n")[0], answer


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine starts Python slowly."""
    for name in ("START_SECONDS", "CONNECT_SECONDS"):
        monkeypatch.setattr(engine_process, name, 60.0)


def test_what_goes_through_it_is_unchanged_and_seen(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as found:
            before = {each for each in tmp_path.rglob("*") if each.is_file()}
            streams = await found.client()
            question = json.dumps({"model": "claude-opus-4-1", "messages": CANARY}).encode()
            for path, body in (("/v1/messages", question), ("/v1/files", QUESTION)):
                status, digest, answer = await post(streams, path, body)
                assert (status, digest) == (200, hashlib.sha256(body).hexdigest())
                assert hashlib.sha256(answer).digest() == hashlib.sha256(ANSWERS[path]).digest()
            streams[1].close()
            await found.engine.stop()
            (made,) = {each for each in tmp_path.rglob("*") if each.is_file()} - before
            seen, problems = spool.read(made.read_bytes(), "spool")
            assert problems == []
            assert [(each.connection, each.sighting.model) for each in seen] == [("c-1", "claude-opus-4-1-20250805")]
            assert seen[0].sighting.usage is not None
            assert (made.parent, made.suffix) == (tmp_path / files.SPOOL, spool.SUFFIX)
            assert CANARY.encode() not in made.read_bytes()
            assert CANARY not in json.dumps(found.notes)

    asyncio.run(run())


async def refused(found: World, host: str, port: int, more: dict[str, str | None]) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", found.engine._port)  # pyright: ignore[reportPrivateUsage]
    status = await dial.connect(reader, writer, head.Target(host, port), more)
    writer.close()
    return status


def test_whom_and_what_it_serves(tmp_path: Path) -> None:
    async def run() -> None:
        async with world(tmp_path) as found:
            proxy = tmp_path / files.FOLDER
            old = generations.read(proxy)[0].name
            known: dict[str, str | None] = {TOKEN: "secret", engine_process.GENERATION: old}
            assert await refused(found, HOST, 443, known) == 200
            assert await refused(found, HEALTH.host, 443, {TOKEN: "secret"}) == 200
            strange: list[tuple[str, int, dict[str, str | None]]] = [
                ("github.com", 443, known),
                (HOST, 8443, known),
                (HOST, 443, {**known, TOKEN: "wrong"}),
                (HOST, 443, {engine_process.GENERATION: old}),
                (HOST, 443, {**known, engine_process.GENERATION: "../" + old}),
                (HOST, 443, {**known, engine_process.GENERATION: "f" * 16}),
            ]
            for host, port, more in strange:
                assert await refused(found, host, port, more) == 403
            await _both_generations(found, old)
            streams = await found.client(STRANGE)
            status, _, _ = await post(streams, "/v1/messages", b"{}")
            assert status == 502  # an upstream with a certificate of somebody else
            streams[1].close()
            while not any(each.get("quarantine") == STRANGE for each in found.notes):
                await asyncio.sleep(0.01)
            with pytest.raises(EngineDown):
                await found.client("github.com")

    asyncio.run(run())


async def _both_generations(found: World, old: str) -> None:
    """After a rotation beside it, a running engine serves sessions with either bundle."""
    proxy = found.folder / files.FOLDER
    before = (proxy / files.ANCHORS).read_bytes()
    minted = trust.mint(HOSTS, dt.datetime.now(dt.UTC), "device")
    trust.install(proxy, minted, {}, str(found.folder / "company.pem"))
    new = generations.read(proxy)[0].name
    assert new != old
    for generation, bundle in ((old, before), (new, minted.anchor)):
        streams = await found.client(generation=generation, bundle=bundle)
        status, _, _ = await post(streams, "/v1/messages", b"{}")
        streams[1].close()
        assert status == 200
    with pytest.raises(ssl.SSLCertVerificationError):
        await found.client(generation=new, bundle=before)
