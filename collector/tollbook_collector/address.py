"""Address: where a part listens. Beyond the loopback only with TLS and credentials."""

import ipaddress
from typing import NamedTuple

LARGEST_PORT = 65_535


class Address(NamedTuple):
    """An IP address and a port. Port 0: any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only programs of this machine reach it."""
        return ipaddress.ip_address(self.host).is_loopback


def parse_address(text: str) -> Address:
    """The address that `text`, "host:port", names; `localhost` becomes 127.0.0.1.

    Raises:
        ValueError: not host:port with an IP address; the message says why.
    """
    host, colon, port = text.strip().rpartition(":")
    if not colon or not host or not (port.isascii() and port.isdigit()) or int(port) > LARGEST_PORT:
        raise ValueError(f'"{text}" is not host:port with a port of 0 to {LARGEST_PORT}')
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if bare == "localhost":
        bare = "127.0.0.1"
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        raise ValueError(f'"{host}" is not an IP address') from None
    return Address(bare, int(port))
