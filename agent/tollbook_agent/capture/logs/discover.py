"""Where the tools keep their usage logs, and which files are there now. Imports only `os`: it runs on every start."""

import os
import stat
from collections import namedtuple
from collections.abc import Iterator, Mapping

MAX_DEPTH = 12
"""Folders deeper than this below a root are not entered."""

TYPE_CHECKING = False  # as type checkers read it, without the import of typing
if TYPE_CHECKING:
    from typing import NamedTuple

    class Found(NamedTuple):
        """One log file: `reader` is `claude-code`, `codex` or `spool`."""

        path: str
        reader: str
        device: int
        inode: int
        size: int
        mtime_ns: int

    class Root(NamedTuple):
        """A folder that may hold logs of one tool."""

        path: str
        reader: str
else:
    Found = namedtuple("Found", ("path", "reader", "device", "inode", "size", "mtime_ns"))
    Root = namedtuple("Root", ("path", "reader"))

_NEVER_ENTERED = frozenset({"tool-results", "node_modules", ".git"})
SPOOL = "spool"
"""The reader of what our own engine and hooks wrote."""
_SUFFIXES = {"claude-code": (".jsonl",), "codex": (".jsonl", ".jsonl.zst"), SPOOL: (".spool",)}


def roots(environment: Mapping[str, str], home: str) -> list[Root]:
    """The folders that may hold logs, existing or not.

    `CLAUDE_CONFIG_DIR` names one folder or several separated by commas, each with or without its `projects`;
    `CODEX_HOME` names one. Without them, the tools' own defaults.
    """
    found: list[Root] = []
    configured = environment.get("CLAUDE_CONFIG_DIR", "").split(",")
    bases = [os.path.expanduser(each.strip()) for each in configured if each.strip()]
    if not bases:
        xdg = environment.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        bases = [os.path.join(home, ".claude"), os.path.join(xdg, "claude")]
    for base in bases:
        is_projects = os.path.basename(os.path.normpath(base)) == "projects"
        found.append(Root(base if is_projects else os.path.join(base, "projects"), "claude-code"))
    codex = os.path.expanduser(environment.get("CODEX_HOME") or os.path.join(home, ".codex"))
    found += [Root(os.path.join(codex, name), "codex") for name in ("sessions", "archived_sessions")]
    unique = {os.path.realpath(root.path): root for root in reversed(found)}
    return [root for root in found if unique[os.path.realpath(root.path)] is root]


def discover(wanted: list[Root]) -> Iterator[Found]:
    """Every log file below the roots. A folder that cannot be read is passed over; the next look may succeed."""
    for root in wanted:
        yield from _below(root.path, root.reader, _SUFFIXES[root.reader], 0)


def _below(folder: str, reader: str, suffixes: tuple[str, ...], depth: int) -> Iterator[Found]:
    try:
        entries = list(os.scandir(folder))
    except OSError:
        return
    for entry in entries:
        try:
            if entry.is_dir(follow_symlinks=depth == 0):
                if depth < MAX_DEPTH and entry.name not in _NEVER_ENTERED:
                    yield from _below(entry.path, reader, suffixes, depth + 1)
            elif entry.name.endswith(suffixes):
                found = entry.stat()
                if stat.S_ISREG(found.st_mode):  # reading a pipe would wait for ever
                    yield Found(entry.path, reader, found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
        except OSError:
            continue
