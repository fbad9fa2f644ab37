"""Connecting a tunnel to where it wants to go: directly, or through the proxy this machine used before."""

import asyncio
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from tollbook_agent.capture.proxy import head

CONNECT_SECONDS = 30.0
"""As long as a client itself would be ready to wait."""

type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Refused(Exception):
    """The target cannot be reached; the message is a reason phrase for the client."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """A proxy further up."""

    host: str
    port: int
    credential: str | None = None

    @staticmethod
    def of(url: str | None) -> "Parent | None":
        """From `http://[user:password@]host:port`; `None` for anything else."""
        if not url:
            return None
        try:
            parts = urlsplit(url if "//" in url else f"http://{url}")
            host, port = parts.hostname, parts.port
        except ValueError:
            return None
        if parts.scheme != "http" or not host:
            return None
        user = None
        if parts.username is not None:
            user = head.credential(unquote(parts.username), unquote(parts.password or ""))
        return Parent(host=host, port=port or 80, credential=user)


def user_of(url: str | None) -> str | None:
    """`user:password` of a proxy's URL, as mitmproxy wants it."""
    try:
        parts = urlsplit(url) if url else None
    except ValueError:
        return None
    if parts is None or parts.username is None:
        return None
    return f"{unquote(parts.username)}:{unquote(parts.password or '')}"


async def dial(target: head.Target, parent: Parent | None) -> Streams:
    """A connection on which the target itself answers.

    Raises:
        Refused: there is none; nor can there be one to a name that no resolver takes.
    """
    try:
        async with asyncio.timeout(CONNECT_SECONDS):
            if parent is None:
                return await asyncio.open_connection(target.host, target.port, limit=LIMIT)
            return await _through(parent, target)
    except (OSError, TimeoutError, UnicodeError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as fault:
        raise Refused("Bad Gateway") from fault


LIMIT = 256 * 1024
"""Bytes a stream reads ahead."""


async def _through(parent: Parent, target: head.Target) -> Streams:
    reader, writer = await asyncio.open_connection(parent.host, parent.port, limit=LIMIT)
    try:
        status = await connect(reader, writer, target, {"Proxy-Authorization": parent.credential})
    except BaseException:
        writer.close()
        raise
    if status != 200:
        writer.close()
        raise Refused("Bad Gateway")
    return reader, writer


async def connect(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, target: head.Target, more: dict[str, str | None]
) -> int:
    """Ask a proxy for a tunnel; its status.

    Raises:
        OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError: it does not answer like a proxy.
    """
    host = f"[{target.host}]" if ":" in target.host else target.host
    lines = [f"CONNECT {host}:{target.port} HTTP/1.1", f"Host: {host}:{target.port}"]
    lines += [f"{name}: {value}" for name, value in more.items() if value is not None]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    await writer.drain()
    words = (await reader.readuntil(b"\r\n\r\n")).split(b" ", 2)
    return int(words[1]) if len(words) > 1 and words[1][:3].isdigit() else 0
