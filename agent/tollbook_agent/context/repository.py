"""Find the repository a folder belongs to, and read what its HEAD names. Edge: reads git's files, never starts git.

Opened are only `.git` where it is a file, `commondir`, HEAD, and the loose ref or `packed-refs` of HEAD's branch. The
layout is that of gitrepository-layout(5): a linked worktree and a submodule have a `.git` file that names their own git
folder; a worktree's git folder names the common one, where configuration and branches are.
"""

import os
import re
from typing import NamedTuple

from tollbook_agent.context import files

MAX_PARENTS = 128
"""Folders looked at on the way up."""
MAX_POINTER = 8192
"""Bytes of a `.git`, `commondir`, HEAD or loose ref file: one path or one name."""
MAX_PACKED = 8 * 1024 * 1024
"""Bytes of `packed-refs` that are searched for one branch: about 100,000 refs."""

REFTABLE_HEAD = b"ref: refs/heads/.invalid"
"""What HEAD holds where branches are kept in a reftable (gitrepository-layout(5))."""

_HASH = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_REF = re.compile(rb"ref: *(refs/heads/([^\x00-\x20\x7f~^:?*\[\\]{1,255}))")


class Layout(NamedTuple):
    """Where the parts of one checkout are. Absolute paths; they stay on this machine."""

    git: str
    """The checkout's own git folder: HEAD and logs/HEAD."""
    common: str
    """The git folder with configuration and branches; the same but for linked worktrees."""

    @property
    def linked(self) -> bool:
        """Whether this is a linked worktree."""
        return self.git != self.common


class Head(NamedTuple):
    """What HEAD names. Both `None`: it could not be read."""

    branch: str | None = None
    ref: str | None = None
    """The branch's full name, a path below the common folder; `None` when HEAD is detached."""
    commit: str | None = None
    """Only of a detached HEAD."""
    reftable: bool = False


NO_HEAD = Head()
"""A HEAD that could not be read."""


def find(folder: str) -> Layout | None:
    """The repository that a folder belongs to, looking upwards; `None` where there is none.

    A folder that is gone belongs to none: its nearest parent that is left may be of another repository.
    """
    if not os.path.isabs(folder) or not files.is_folder(folder):
        return None
    here = os.path.realpath(folder)  # as the kernel tells a process its folder: git looks up from there
    for _ in range(MAX_PARENTS):
        layout, final = _at(here)
        if final:
            return layout
        above = os.path.dirname(here)
        if above == here:
            break
        here = above
    return None


def _at(folder: str) -> tuple[Layout | None, bool]:
    """The repository whose top is exactly this folder, and whether the search ends here.

    Like git: a `.git` folder that is none is passed over, a `.git` file that leads nowhere ends the search.
    """
    dot_git = os.path.join(folder, ".git")
    if files.signature(dot_git) is not None:
        pointed = _pointer(dot_git, folder, "gitdir: ")
        return None if pointed is None else _layout(pointed), True
    layout = _layout(dot_git) or _layout(folder)  # the second: a bare repository
    return layout, layout is not None


def _layout(git: str) -> Layout | None:
    """The layout of a git folder, if it is one: it has a HEAD, and objects where its common folder is."""
    if files.signature(os.path.join(git, "HEAD")) is None:
        return None
    common = _pointer(os.path.join(git, "commondir"), git, "") or git
    return Layout(git, common) if files.is_folder(os.path.join(common, "objects")) else None


def _pointer(path: str, base: str, prefix: str) -> str | None:
    """The path a pointer file names, relative ones against `base`."""
    try:
        data = files.read(path, MAX_POINTER)
    except OSError:
        return None
    text = "" if data is None else os.fsdecode(data).rstrip("\r\n")
    if not text.startswith(prefix) or len(text) == len(prefix):
        return None
    return os.path.normpath(os.path.join(base, text[len(prefix) :]))


def read_head(layout: Layout) -> Head:
    """What HEAD names now.

    Raises:
        OSError: HEAD cannot be read.
    """
    data = files.read(os.path.join(layout.git, "HEAD"), MAX_POINTER) or b""
    line = data.rstrip(b"\r\n")
    if line == REFTABLE_HEAD:
        return Head(reftable=True)
    ref = _REF.fullmatch(line)
    if ref is not None:
        return Head(ref[2].decode("utf-8", "replace"), os.fsdecode(ref[1]), None)
    return Head(commit=line.decode()) if _HASH.fullmatch(line) else NO_HEAD


def read_commit(layout: Layout, ref: str) -> str | None:
    """The commit of a branch by its full name: the loose ref, else the packed one.

    Raises:
        OSError: a file is there and cannot be read.
    """
    if ".." in ref:
        return None
    data = files.read(os.path.join(layout.common, *ref.split("/")), MAX_POINTER)
    if data is not None:
        line = data.strip()
        return line.decode() if _HASH.fullmatch(line) else None
    packed = files.read(os.path.join(layout.common, "packed-refs"), MAX_PACKED) or b""
    found = re.search(rb"^(" + _HASH.pattern + rb") " + re.escape(os.fsencode(ref)) + rb"\n", packed, re.MULTILINE)
    return None if found is None else found[1].decode()
