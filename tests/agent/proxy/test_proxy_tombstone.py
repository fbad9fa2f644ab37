"""What stays after an uninstall tunnels for sessions that still point at it, and ends with the last of them."""

import asyncio
import socket
import subprocess
import sys

import pytest

from tests.support.proxy_net import PASSWORD, Origin, ask, listening, request
from tollbook_agent.capture.proxy import tombstone


def test_who_points_at_a_port_is_told_by_the_environment() -> None:
    url = "http://tollbook:secret@127.0.0.1:4711"
    program = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(program, env={"HTTPS_PROXY": url}, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert child.pid in tombstone.sessions(4711)
        assert child.pid not in tombstone.sessions(4712)
        child.communicate(b"\n")
    assert child.pid not in tombstone.sessions(4711)


def test_it_tunnels_and_ends_with_the_last_session(monkeypatch: pytest.MonkeyPatch) -> None:
    sessions = [4711]

    def still(_port: int) -> list[int]:
        return sessions

    monkeypatch.setattr(tombstone, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(tombstone, "sessions", still)

    async def run() -> None:
        origin = Origin()
        listener = socket.create_server(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        async with listening(origin.serve) as there:
            serving = asyncio.create_task(tombstone.serve(listener, PASSWORD, None))
            status, (reader, writer) = await ask(port, request(f"127.0.0.1:{there}"))
            assert status == 200
            writer.write(b"\x16hello")
            assert await reader.readexactly(len(origin.answer)) == origin.answer
            writer.close()
            status, (_, writer) = await ask(port, request(f"127.0.0.1:{there}", password="wrong"))
            assert status == 407
            writer.close()
            assert not serving.done()
            sessions.clear()
            async with asyncio.timeout(30):
                await serving

    asyncio.run(run())
