"""What is left after an uninstall while a running session still points at the relay: a tunnel and nothing else.

Running sessions read their proxy once, at their start. This process answers on the same port with the same password,
decrypts nothing, and ends with the last process whose environment names it.
"""

import asyncio
import os
import socket
import sys
import time
from pathlib import Path

import psutil

from tollbook_agent import home as places
from tollbook_agent.capture.proxy import dial, files
from tollbook_agent.capture.proxy.relay import Relay

LOOK_SECONDS = 30.0
MOST_SECONDS = 7 * 86_400.0


def sessions(port: int) -> list[int]:
    """Processes of this user whose environment points at the relay on this port."""
    needle = f"@127.0.0.1:{port}"
    found: list[int] = []
    for process in psutil.process_iter():
        try:
            values = process.environ().values()
        except (psutil.Error, OSError):
            continue
        if process.pid != os.getpid() and any(needle in value for value in values):
            found.append(process.pid)
    return found


async def serve(listening: socket.socket, password: str, parent: dial.Parent | None) -> None:
    """Tunnel until no session needs it."""
    relay = Relay(user=files.USER, password=password, parent=parent)
    server = await relay.serve(listening)
    port = listening.getsockname()[1]
    end = time.monotonic() + MOST_SECONDS
    async with server:
        while time.monotonic() < end:
            await asyncio.sleep(LOOK_SECONDS)
            if not await asyncio.to_thread(sessions, port):
                return


def main(arguments: list[str]) -> int:
    """`RELAY_FD`."""
    listening = socket.socket(fileno=int(arguments[0]))
    state = files.load(Path(places.home(os.environ)))
    if state is not None and sessions(state.port):
        asyncio.run(serve(listening, state.password, dial.Parent.of(state.upstream_proxy)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
