"""Changing a tool's own file: whole or not at all, and only if nobody else changed it meanwhile."""

import contextlib
import os
import secrets
from pathlib import Path

from tollbook_agent.tools.setting import Refused

MAX_FILE_BYTES = 8 * 1024 * 1024
"""No settings file is larger."""
NEW_FILE_MODE = 0o600
"""Of a file that was not there: it will hold a token."""


def read(path: Path) -> bytes | None:
    """What the file holds, `None` where there is none.

    Raises:
        Refused: it is too large, or no file, or cannot be read.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_FILE_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as fault:
        raise Refused("unreadable", f"{path} cannot be read ({type(fault).__name__})") from None
    if len(data) > MAX_FILE_BYTES:
        raise Refused("too_large", f"{path} is larger than any settings file")
    return data


def replace(path: Path, data: bytes, expected: bytes | None) -> bool:
    """Write the file whole. False, with nothing changed, where it does not hold `expected` any more.

    A link stays a link, and the file keeps its mode. Between the last look and the rename lie microseconds in which
    another program's change could still be lost; no file system offers less.

    Raises:
        Refused: it may not be written.
    """
    target = Path(os.path.realpath(path))
    if expected is not None and not os.access(target, os.W_OK):
        raise Refused("read_only", f"{path} is read-only")
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, NEW_FILE_MODE)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            if expected is not None:
                os.chmod(temporary, target.stat().st_mode & 0o7777)
            if read(target) != expected:
                return False
            os.replace(temporary, target)
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()
    except OSError as fault:
        raise Refused("unwritable", f"{path} cannot be written ({type(fault).__name__})") from None
    return True


def delete(path: Path, expected: bytes) -> bool:
    """Remove the file. False where it does not hold `expected` any more.

    Raises:
        Refused: it may not be removed.
    """
    if read(path) != expected:
        return False
    try:
        path.unlink()
    except OSError as fault:
        raise Refused("unwritable", f"{path} cannot be removed ({type(fault).__name__})") from None
    return True


def make_folder(path: Path) -> bool:
    """Make a folder for a tool that has none yet; whether it was made."""
    try:
        path.mkdir(mode=0o700, parents=False)
    except FileExistsError:
        return False
    except OSError as fault:
        raise Refused("no_folder", f"{path} cannot be made ({type(fault).__name__})") from None
    return True
