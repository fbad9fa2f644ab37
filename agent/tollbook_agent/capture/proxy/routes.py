"""Which reader an exchange gets, by host, path and method. `None`: free, or nobody's business."""

from collections.abc import Callable

from tollbook_agent.capture.wire import anthropic, azure, bedrock, codex_socket, cursor, gemini, openai, vertex
from tollbook_agent.capture.wire.exchange import Opened, Reader, Request

_OPENERS: tuple[Callable[[Request], Reader | None], ...] = (
    anthropic.open_exchange,
    bedrock.open_exchange,
    vertex.open_exchange,
    openai.open_exchange,
    azure.open_exchange,
    gemini.open_exchange,
    cursor.open_exchange,
)
"""Each knows its own hosts and paths; no two want the same request."""


def open_exchange(request: Request) -> Opened | None:
    """The reader for a request. An upgrade to a WebSocket is a request too."""
    if request.headers.get("upgrade") == "websocket":
        socket = codex_socket.open_socket(request)
        return None if socket is None else Opened(socket=socket)
    for opener in _OPENERS:
        reader = opener(request)
        if reader is not None:
            return Opened(reader=reader)
    return None
