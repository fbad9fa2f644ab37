"""References to keys: settings say where a key is kept, never the key. Read when used, never printed."""

import importlib
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.problem import Problem

LARGEST_KEY = 4_096
"""Characters; a longer text is no key."""
RIGHT = "env:NAME, file:PATH or keyring:SERVICE/USER"
_ENV = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_KEYRING = re.compile(r"([^/\s]{1,100})/([^/\s]{1,100})")
_KEY = re.compile(r"[!-~]{1,4096}")


class KeyReference(NamedTuple):
    """Where a key is kept."""

    kind: str
    """`env`, `file` or `keyring`."""
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"


class Key:
    """A key that does not show itself: not in errors, not in logs, not in a debugger's list of values."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The key itself, for a header of a request and nothing else."""
        return self._text

    def __repr__(self) -> str:
        return "Key(...)"


def parse_reference(value: object) -> KeyReference:
    """The reference in a setting.

    Raises:
        ValueError: it is none. The message never repeats the value, which may be a key that somebody wrote there.
    """
    kind, _, name = value.partition(":") if isinstance(value, str) else ("", "", "")
    right = {"env": _ENV.fullmatch(name), "file": name.strip(), "keyring": _KEYRING.fullmatch(name)}
    if not right.get(kind):
        raise ValueError("it is not a reference to where a key is kept (what was written is not repeated here)")
    return KeyReference(kind, name)


def read_key(reference: KeyReference, home: Path, environment: Mapping[str, str]) -> Key | Problem:
    """The key that a reference names. A file is relative to `home`, and nobody else may read it."""
    if reference.kind == "env":
        text = environment.get(reference.name)
        missing = "this environment variable is not set"
    elif reference.kind == "file":
        found = _from_file(home / Path(reference.name).expanduser())
        if isinstance(found, Problem):
            return found
        text, missing = found, ""
    else:
        text, missing = _from_keyring(reference.name), "the keyring has no such entry, or there is no keyring"
    if text is None or not text.strip():
        return _wrong("key_missing", str(reference), missing or "the file is empty", "Put the key there.")
    if not _KEY.fullmatch(text.strip()):
        what = "what is kept there is no key: it has spaces, several lines or letters that no key has"
        return _wrong("key_malformed", str(reference), what, "Keep the key by itself, on one line.")
    return Key(text.strip())


def _from_file(path: Path) -> str | Problem:
    where = f"file:{path}"
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            if sys.platform != "win32" and mode & 0o077:
                what = f"others can read it (mode {mode:o})"
                return _wrong("key_readable", where, what, f"chmod 600 {path}, and make a new key: this one was open.")
            return file.read(LARGEST_KEY + 2).decode("ascii", errors="replace")
    except OSError as fault:
        return _wrong("key_missing", where, f"it cannot be read ({fault.strerror})", "Name a file with the key in it.")


def _from_keyring(name: str) -> str | None:
    service, _, user = name.partition("/")
    try:
        keyring: Any = importlib.import_module("keyring")
        found = keyring.get_password(service, user)
    except Exception:  # a backend may raise anything; whatever it is, there is no key to be had
        return None
    return found if isinstance(found, str) else None


def _wrong(reason: str, where: str, detail: str, remedy: str) -> Problem:
    return Problem(reason=reason, where=where, detail=detail, remedy=remedy)
