"""Generations: the anchors of this device that are in use, each with its leaves, and which of them serves a connection.

A tool loads its bundle once, when it starts. A rotation puts a new anchor into the bundles beside the one before, so
the oldest anchor that is still there is in every bundle written since it was made: its leaves serve the sessions from
before the rotation and those from after it. Where it cannot serve (a host that came later, or its end is near), the
next one does, but only for processes that began after it was made; an older session is tunnelled, which it does not
notice. What is in use is read again when it changes, without loading a library for certificates.
"""

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.hosts import all_hosts
from tollbook_agent.private_file import write_private

END_SECONDS = 3 * 86_400.0
"""Before its end a generation serves no more: clocks differ, and sessions run for days."""
NAME = re.compile(r"[0-9a-f]{16}")
"""A generation is called by the beginning of its anchor's SHA-256."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """An anchor and its leaves."""

    name: str
    since: float
    """When it was in the bundles, seconds since the epoch: a process that began earlier may not trust it."""
    until: float
    """When it ends."""
    hosts: frozenset[str]


def read(folder: Path) -> list[Generation]:
    """Those in use, newest first; none where there is no such file, or a damaged one."""
    try:
        raw: Any = json.loads((folder / files.GENERATIONS).read_bytes())
        found = [
            Generation(
                name=str(each["name"]),
                since=float(each["since"]),
                until=float(each["until"]),
                hosts=frozenset(map(str, each["hosts"])),
            )
            for each in raw
        ]
    except (OSError, ValueError, TypeError, KeyError):
        return []
    return [each for each in found if NAME.fullmatch(each.name)]


def write(folder: Path, generations: Sequence[Generation]) -> None:
    """Take these into use, newest first."""
    rows = [
        {"name": each.name, "since": each.since, "until": each.until, "hosts": sorted(each.hosts)}
        for each in generations
    ]
    write_private(folder / files.GENERATIONS, json.dumps(rows, indent=1).encode())


def serving(generations: Sequence[Generation], host: str, now: float) -> Generation | None:
    """The generation whose leaf a host is shown with: the oldest that has one and is not near its end."""
    fit = (each for each in reversed(generations) if host in each.hosts and now < each.until - END_SECONDS)
    return next(fit, None)


class InUse:
    """What may be captured now, as the files say; looked at again whenever one of them has changed."""

    def __init__(self, home: Path) -> None:
        self._home, self._folder = home, files.folder(home)
        self._changed: tuple[object, ...] | None = None
        self._capture = False
        self._hosts: frozenset[str] = frozenset()
        self._generations: list[Generation] = []

    def capture(self) -> bool:
        """Whether capture is on."""
        self._look()
        return self._capture

    def serving(self, host: str, now: float) -> Generation | None:
        """See `serving`; only hosts that somebody wants captured."""
        self._look()
        return serving(self._generations, host, now) if host in self._hosts else None

    def _look(self) -> None:
        changed = (_changed(self._folder / files.STATE), _changed(self._folder / files.GENERATIONS))
        if changed == self._changed:
            return
        self._changed = changed
        state = files.load(self._home)
        self._capture = state is not None and state.capture
        self._generations = read(self._folder)
        wanted: Mapping[str, tuple[str, ...]] = {}
        if state is not None:
            wanted = all_hosts(frozenset(state.optional), state.more_hosts)
        self._hosts = frozenset(host for each in wanted.values() for host in each)


def _changed(path: Path) -> object:
    try:
        told = os.stat(path)
    except OSError:
        return None
    return told.st_mtime_ns, told.st_ino  # every change is a new file
