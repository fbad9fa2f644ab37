"""Where a laptop keeps who it is at the collector: the enrolment in a file, the credential in the keyring or a file.

Some keyrings swallow what they are given and some wait for a person; so a write counts only when a read gives the same,
in a thread that is not waited for any longer than `KEYRING_SECONDS`. A credential is never in settings or the store.
"""

import importlib
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from tollbook_agent.private_file import write_private

FILE = "enrolment.json"
CREDENTIAL = "credential"
SERVICE = "tollbook"
KEYRING_SECONDS = 2.0
KEYRING, IN_FILE = "keyring", "file"
MAX_BYTES = 64 * 1024


class IdentityError(Exception):
    """What was kept cannot be used. The message says why and what to do."""


class Enrolment(NamedTuple):  # every start reads it, and a dataclass is slow to make
    """What is known of this laptop at a collector; no secret."""

    url: str
    """Of the API."""
    collector: str
    """host:port of OTLP/gRPC."""
    engineer: str | None
    device: str
    tenant: str
    credential: str
    """The public id."""
    kept_in: str
    """`keyring` or `file`."""
    state: str
    ca: str | None = None
    """A file of authorities to trust instead of the system's."""

    @property
    def secure(self) -> bool:
        """Whether the collector is spoken to over TLS."""
        return self.url.startswith("https://")


def load(home: Path) -> Enrolment | None:
    """The enrolment; `None` where there is none, or where the file is damaged."""
    try:
        raw: Any = json.loads(_read(home / FILE))
        known = {name: raw[name] for name in Enrolment._fields}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    texts = [value for name, value in known.items() if name not in ("engineer", "ca")]
    return Enrolment(**known) if all(isinstance(value, str) for value in texts) else None


def save(home: Path, enrolment: Enrolment, token: str, *, in_file: bool = False) -> Enrolment:
    """Keep both; returns the enrolment with where the credential is kept now.

    Raises:
        OSError: they cannot be written.
    """
    kept = not in_file and keyring_set(enrolment.url, token)
    if kept:
        (home / CREDENTIAL).unlink(missing_ok=True)
    else:
        write_private(home / CREDENTIAL, token.encode() + b"\n")
    saved = enrolment._replace(kept_in=KEYRING if kept else IN_FILE)
    write_private(home / FILE, json.dumps(saved._asdict(), indent=1).encode())
    return saved


def token_of(home: Path, enrolment: Enrolment) -> str:
    """The credential.

    Raises:
        IdentityError: it is gone, or others can read it.
    """
    if enrolment.kept_in == KEYRING:
        found = _with_keyring(lambda keyring: keyring.get_password(SERVICE, enrolment.url))
        if not isinstance(found, str):
            raise IdentityError("the keyring does not give the credential: unlock it, or `tollbook enroll` anew")
        return found
    path = home / CREDENTIAL
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if sys.platform != "win32" and mode & 0o077:
            raise IdentityError(f"{path} can be read by others (mode {mode:o}): revoke it and `tollbook enroll` anew")
        return _read(path).decode().strip()
    except (OSError, UnicodeDecodeError) as fault:
        raise IdentityError(f"{path} cannot be read: `tollbook enroll` anew") from fault


def forget(home: Path) -> None:
    """Remove the enrolment and its credential from this machine. The collector still knows it: revoke it there."""
    known = load(home)
    if known is not None and known.kept_in == KEYRING:
        _with_keyring(lambda keyring: keyring.delete_password(SERVICE, known.url))
    (home / CREDENTIAL).unlink(missing_ok=True)
    (home / FILE).unlink(missing_ok=True)


def keyring_set(url: str, token: str) -> bool:
    """Whether the keyring keeps it, judged by reading it back."""

    def write(keyring: Any) -> Any:
        keyring.set_password(SERVICE, url, token)
        return keyring.get_password(SERVICE, url)

    return _with_keyring(write) == token


def _with_keyring(use: Callable[[Any], Any]) -> Any:
    """What the keyring answers; `None` where there is none, it fails, or it waits for somebody."""
    import threading  # most commands need no keyring

    found: list[Any] = []

    def work() -> None:
        try:
            found.append(use(importlib.import_module("keyring")))
        except Exception:  # a backend may raise anything; whatever it is, there is no keyring to use
            found.append(None)

    thread = threading.Thread(target=work, name="keyring", daemon=True)
    thread.start()
    thread.join(KEYRING_SECONDS)
    return found[0] if found else None


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_BYTES)
