"""Cursor's own database, `state.vscdb`: which folder a conversation is of. Low-confidence context, nothing else.

Read-only and immutable: SQLite takes no lock, writes nothing beside it and never waits for Cursor; a page that changes
meanwhile can make a row unreadable, which costs that row. Rows are asked for by their exact key, one conversation each:
the table of Cursor's sign-in is never named. Token counts in here are zero or gauges (reported of Cursor since 2025):
they are not read.
"""

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

import msgspec
from msgspec import Struct

from tollbook.problem import Problem

DATABASE = ("globalStorage", "state.vscdb")
MAX_CONVERSATIONS = 256
"""Asked for at once."""
MAX_ROW_BYTES = 8 * 1024 * 1024
"""A conversation's row holds the heads of its messages."""
MAX_PATH = 4096
MAX_SECONDS = 0.2
"""For all of it; the file may be gigabytes and on a slow disk."""
STEPS_BETWEEN_LOOKS = 1_000
"""Of SQLite's virtual machine, between two looks at the clock."""
_ROW = "SELECT CAST(value AS BLOB) FROM cursorDiskKV WHERE key = ? AND length(value) <= ?"
_DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Uri(Struct, gc=False):
    fsPath: str | None = None
    external: str | None = None


class _Workspace(Struct, gc=False):
    uri: _Uri | None = None


class _Composer(Struct, gc=False):
    """The fields that are read; names, texts and heads of messages are passed over."""

    workspaceIdentifier: _Workspace | None = None


_decode = msgspec.json.Decoder(_Composer).decode


class Folders(NamedTuple):
    """The folder of each conversation that has one, and what could not be read."""

    by_conversation: Mapping[str, str]
    problems: tuple[Problem, ...] = ()


def database(environment: Mapping[str, str], user: str, platform: str) -> Path:
    """Where Cursor keeps it. `user` is the home folder, `platform` as in `sys.platform`."""
    if platform == "darwin":
        base = os.path.join(user, "Library", "Application Support")
    elif platform == "win32":
        base = environment.get("APPDATA") or os.path.join(user, "AppData", "Roaming")
    else:
        base = environment.get("XDG_CONFIG_HOME") or os.path.join(user, ".config")
    return Path(base, "Cursor", "User", *DATABASE)


def folders(path: Path, conversations: Iterable[str]) -> Folders:
    """The workspace folders of these conversations, as far as the database tells them."""
    wanted = sorted(set(conversations))[:MAX_CONVERSATIONS]
    if not wanted or not path.is_file():
        return Folders({})
    found: dict[str, str] = {}
    problems: list[Problem] = []
    try:
        connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro&immutable=1", uri=True, timeout=MAX_SECONDS)
    except sqlite3.Error as fault:
        return Folders({}, (_problem("state_unreadable", fault),))
    with contextlib.closing(connection):
        deadline = time.monotonic() + MAX_SECONDS
        connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS_BETWEEN_LOOKS)
        for conversation in wanted:
            try:
                row = connection.execute(_ROW, (f"composerData:{conversation}", MAX_ROW_BYTES)).fetchone()
                folder = None if row is None or row[0] is None else _folder(row[0])
            except _DAMAGE as fault:
                problems.append(_problem("state_row_damaged", fault))
                continue
            except sqlite3.Error as fault:
                if isinstance(fault, sqlite3.OperationalError) or fault.sqlite_errorcode == sqlite3.SQLITE_NOTADB:
                    problems.append(_problem("state_unreadable", fault))
                    break
                problems.append(_problem("state_row_damaged", fault))
                continue
            if folder is not None:
                found[conversation] = folder
    return Folders(found, tuple(problems))


def _folder(raw: bytes) -> str | None:
    """The folder of a conversation's row; on this machine only."""
    workspace = _decode(raw).workspaceIdentifier
    uri = None if workspace is None else workspace.uri
    if uri is None:
        return None
    folder = uri.fsPath
    if not folder and uri.external:
        parts = urlsplit(uri.external)
        folder = unquote(parts.path) if parts.scheme == "file" and not parts.netloc else None
    return folder if folder and len(folder) <= MAX_PATH else None


def _problem(reason: str, fault: Exception) -> Problem:
    return Problem(reason=reason, where="cursor state.vscdb", detail=type(fault).__name__, permanent=False)
