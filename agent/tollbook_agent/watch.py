"""Hears from the operating system that something below the log folders has changed. Which file it was does not matter.

Only a hint: events get lost, network homes send none, and there may be no watches left on this machine. The poll of the
resident process finds everything all the same, later.
"""

import os
import stat
from collections.abc import Callable, Sequence
from typing import Any

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from tollbook_agent.capture.logs.discover import Root

CLOSE_SECONDS = 2.0
_HEARD: list[type[FileSystemEvent]] = [
    FileCreatedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]
"""Not that a file was opened or read: we do that ourselves."""


class _Changed(FileSystemEventHandler):
    def __init__(self, wake: Callable[[], None]) -> None:
        self._wake = wake

    def on_any_event(self, event: FileSystemEvent) -> None:
        self._wake()


class Watcher:
    """Watches those of the folders that are there. Not thread-safe: one owner."""

    def __init__(self, roots: Sequence[Root], wake: Callable[[], None]) -> None:
        self._roots = roots
        self._handler = _Changed(wake)
        self._observer: Any = None
        self._seen: dict[str, tuple[int, int] | None] = {}
        """Device and inode of each folder at the last look; `None` where there was none."""
        self._watches: dict[str, Any] = {}

    def look(self) -> None:
        """Watch the folders that have appeared, or come back as others, since the last look."""
        for root in self._roots:
            now = _identity(root.path)
            if now == self._seen.get(root.path) and not self._ended(root.path):
                continue
            self._seen[root.path] = now
            old = self._watches.pop(root.path, None)
            try:
                if old is not None:
                    self._observer.unschedule(old)
                if now is not None:
                    self._watches[root.path] = self._watch(root.path)
            except (OSError, KeyError):
                continue  # no watches left on this machine: the poll does the work

    def close(self) -> None:
        """Stop watching."""
        if self._observer is not None:
            self._observer.stop()
            self._observer.join(CLOSE_SECONDS)

    def _ended(self, path: str) -> bool:
        """Whether a watch ended with its folder, in whose place another one may stand by now, with its number even."""
        watch = self._watches.get(path)
        return watch is not None and not any(
            emitter.watch == watch and emitter.is_alive() for emitter in self._observer.emitters
        )

    def _watch(self, path: str) -> Any:
        """Raises OSError where the operating system has no watch to give."""
        if self._observer is None:
            observer = Observer()
            observer.start()
            self._observer = observer
        # Links are resolved here, since inotify watches a link itself and hears nothing.
        return self._observer.schedule(self._handler, os.path.realpath(path), recursive=True, event_filter=_HEARD)


def _identity(path: str) -> tuple[int, int] | None:
    """Which folder is at a path; `None` where there is none."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino) if stat.S_ISDIR(found.st_mode) else None
