"""Address: where a part listens. Loopback only, until the collector has TLS and credentials."""

import ipaddress
from typing import NamedTuple

LARGEST_PORT = 65_535


class Address(NamedTuple):
    """A loopback address. Port 0: any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """The loopback address that `text`, "host:port", names; `localhost` becomes 127.0.0.1.

    Raises:
        ValueError: not host:port, or not on the loopback; the message says which.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > LARGEST_PORT:
        raise ValueError(f'"{text}" is not host:port with a port of 0 to {LARGEST_PORT}')
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare == "localhost":
        bare = "127.0.0.1"
    try:
        loopback = ipaddress.ip_address(bare).is_loopback
    except ValueError:
        raise ValueError(f'"{host}" is not an IP address of the loopback') from None
    if not loopback:
        raise ValueError(f'"{host}" can be reached from other machines; the collector has no TLS and no credentials')
    return Address(bare, int(port))
