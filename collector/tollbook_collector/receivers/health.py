"""The gRPC health service (grpc.health.v1): what load balancers and Kubernetes ask.

Its two messages have one field each. Only `Check`: clients must live without `Watch`, says the protocol.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc

SERVICE = "grpc.health.v1.Health"
MAX_REQUEST = 1024
_RPC: Any = grpc
_SERVING, _NOT_SERVING = b"\x08\x01", b"\x08\x02"
_TAG = 0x0A
"""Field 1, length-delimited: the name of the service that is asked about."""


def health_handler(services: frozenset[str], ready: Callable[[], bool]) -> Any:
    """The handler of the service; "" and every name of `services` are as healthy as `ready` says."""

    async def check(raw: bytes, context: Any) -> bytes:
        name = _name(raw)
        if name is None:
            await context.abort(grpc.StatusCode.INVALID_ARGUMENT, "this is no HealthCheckRequest")
        if name and name not in services:
            await context.abort(grpc.StatusCode.NOT_FOUND, "there is no such service here")
        return _SERVING if ready() else _NOT_SERVING

    checking: Callable[[bytes, Any], Awaitable[bytes]] = check
    return _RPC.method_handlers_generic_handler(SERVICE, {"Check": _RPC.unary_unary_rpc_method_handler(checking)})


def _name(raw: bytes) -> str | None:
    """The service of a request, "" for the whole server; `None`: the bytes are no request."""
    if not raw:
        return ""
    if len(raw) > MAX_REQUEST or raw[0] != _TAG or len(raw) < 2 or raw[1] != len(raw) - 2 or raw[1] > 0x7F:
        return None
    try:
        return raw[2:].decode()
    except UnicodeDecodeError:
        return None
