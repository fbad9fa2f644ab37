"""An origin whose every byte is known, and a proxy that leads every host to it.

`python -m tests.support.fail_open_origin FOLDER` prints their ports and ends with its standard input.

`POST /stream/SIZE/PIECES[/MS]` answers with SIZE bytes that follow from the path, in PIECES chunks so many milliseconds
apart, and with the hash of the request's body in a header: either side can tell a byte that was changed, lost or moved.
"""

import asyncio
import contextlib
import hashlib
import json
import sys
from pathlib import Path

from tests.support.provider.certificates import Authority
from tests.support.provider.tunnel import listen_tunnel

PAUSE_SECONDS = 0.002
MAX_HEAD = 65_536


def body_of(path: str, size: int) -> bytes:
    """The bytes a path stands for."""
    seed = hashlib.sha256(path.encode()).digest()
    return (seed * (size // len(seed) + 1))[:size]


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            path = head.split(" ", 2)[1]
            lines = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
            sent = await reader.readexactly(int(lines.get("content-length", "0")))
            _, _, size, pieces, *pause = path.split("/")
            seconds = float(pause[0]) / 1e3 if pause else PAUSE_SECONDS
            data = body_of(path, int(size))
            digest = hashlib.sha256(sent).hexdigest()
            writer.write(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n"
                f"X-Body-Sha256: {digest}\r\n\r\n".encode()
            )
            step = max(1, -(-len(data) // int(pieces)))
            for start in range(0, len(data), step):
                piece = data[start : start + step]
                writer.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                await writer.drain()
                await asyncio.sleep(seconds)
            writer.write(b"0\r\n\r\n")
            await writer.drain()
    writer.close()


async def main(folder: Path) -> None:
    authority = Authority(protocols=("http/1.1",))
    ca = folder / "origin-ca.pem"
    ca.write_bytes(authority.pem)
    origin = await asyncio.start_server(_exchange, "127.0.0.1", 0, ssl=authority.context(), limit=MAX_HEAD, backlog=512)
    port = origin.sockets[0].getsockname()[1]
    tunnel = await listen_tunnel(port)
    told = {"port": port, "tunnel": tunnel.sockets[0].getsockname()[1], "ca": str(ca)}
    print(json.dumps(told), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
