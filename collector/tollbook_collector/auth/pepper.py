"""The pepper: a secret of this collector that lies beside the record and not in it."""

import os
import secrets
import stat
import sys
from pathlib import Path

FILE = "pepper"
PEPPER_BYTES = 32


class PepperError(Exception):
    """The pepper cannot be used. The message says why and what to do."""


def pepper_of(home: Path) -> bytes:
    """The pepper of a home folder, made at first use: once, however many processes start together.

    Raises:
        PepperError: it is damaged, or others can read it.
        OSError: it cannot be read or made.
    """
    path = home / FILE
    if not path.exists():
        _make(path)
    mode = stat.S_IMODE(path.stat().st_mode)
    if sys.platform != "win32" and mode & 0o077:
        raise PepperError(f"{path} can be read by others (mode {mode:o}): chmod 600 it, and renew all credentials")
    found = path.read_bytes()
    if len(found) != PEPPER_BYTES:
        raise PepperError(f"{path} holds no pepper: restore it from the backup; without it no credential is known")
    return found


def _make(path: Path) -> None:
    """Write the whole file, or leave the one that another process has made meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    try:
        descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(PEPPER_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
        except OSError:  # no hard links here
            if not path.exists():
                temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
