"""What network capture keeps on disk, all below `proxy/` in the agent's home, all readable by this user only."""

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tollbook_agent.private_file import make_private_folder, write_private

FOLDER = "proxy"
STATE = "proxy.json"
ANCHORS = "anchors.pem"
"""Public certificates of the device's anchors: one, or two while a rotation overlaps."""
NODE_BUNDLE = "node-ca.pem"
CODEX_BUNDLE = "codex-ca.pem"
UPSTREAM_BUNDLE = "upstream-ca.pem"
LEAVES = "leaves"
"""A folder of leaves for each generation, see `generations`."""
GENERATIONS = "generations.json"
SPOOL = "spool"
PASSWORD_BYTES = 16
USER = "tollbook"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxyState:
    """How this user's capture is set up."""

    port: int = 0
    """Of the relay on 127.0.0.1: fixed, because running sessions keep it."""
    password: str = ""
    """Of the proxy; never empty."""
    capture: bool = True
    """False: every host is tunnelled."""
    upstream_proxy: str | None = None
    """The proxy that this machine used before, `http://[user:password@]host:port`; kept, and chained to."""
    upstream_ca: str | None = None
    """A file of certificates this machine trusted before, beside the system's."""
    optional: tuple[str, ...] = ()
    more_hosts: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    """Programs beside the known tools that trust this device's anchor, by name."""

    @property
    def url(self) -> str:
        """What a tool is given as HTTPS_PROXY."""
        return f"http://{USER}:{self.password}@127.0.0.1:{self.port}"


def folder(home: Path) -> Path:
    """The folder of network capture; not necessarily there."""
    return home / FOLDER


def spool(home: Path) -> Path:
    """The folder that engine and hooks write to, made if it is not there."""
    path = home / SPOOL
    make_private_folder(path)
    return path


def load(home: Path) -> ProxyState | None:
    """How capture is set up; `None` where it never was, or where the file is damaged."""
    try:
        raw: Any = json.loads((folder(home) / STATE).read_bytes())
        known = {name: raw[name] for name in ProxyState.__dataclass_fields__ if name in raw}
        for name in ("optional", "more_hosts", "programs"):
            known[name] = tuple(map(str, known.get(name) or ()))
        state = ProxyState(**known)
        usable = bool(state.password) and 0 < state.port < 65536
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return state if usable else None


def save(home: Path, state: ProxyState) -> ProxyState:
    """Write it whole; a password is made if there is none."""
    if not state.password:
        state = replace(state, password=secrets.token_hex(PASSWORD_BYTES))
    write_private(folder(home) / STATE, json.dumps(asdict(state), indent=1).encode())
    return state
