"""The list of project keys as a server gives it out: read from the shelf anew only when an import was added."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tollbook_collector.outcomes.project_keys import project_keys
from tollbook_collector.outcomes.shelf import FOLDER, read_shelf


class ServedKeys:
    """The answer of GET /api/v1/project-keys. For any thread."""

    def __init__(self, home: Path, configured: frozenset[str] | None) -> None:
        self._home, self._configured = home, configured
        self._lock = threading.Lock()
        self._seen: frozenset[str] | None = None
        self._answer: Mapping[str, Any] = {}

    def answer(self) -> Mapping[str, Any]:
        """The list now."""
        with self._lock:
            there = frozenset(path.name for path in (self._home / FOLDER).glob("*.json"))
            if there != self._seen:
                self._answer = project_keys(self._configured, read_shelf(self._home)[0])
                self._seen = there
            return self._answer

    def configured(self) -> Mapping[str, Any]:
        """The list of who has no part in these imports: another tenant."""
        return {
            "project_keys": sorted(self._configured or ()) or None,
            "source": "settings" if self._configured else None,
        }
