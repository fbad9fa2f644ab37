"""Locator: the folder a call without one was made in: by its session, else by the process that made it.

What is seen on the network or told by OpenTelemetry names a session, not a folder. The folder is where that session
last was at that moment, as its log lines said; before any line it is where Claude Code wrote down that the session's
process stands; last it is the folder of the process that owns the connection, which for a background server is the
wrong one and is marked so. A call whose session is not known yet is given back when it becomes known.
"""

import bisect
import contextlib
import json
import os
import sys
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from tollbook.vocabulary import Evidence, Source, Tool
from tollbook_agent.capture.cursor import state as cursor_state
from tollbook_agent.capture.observation import Observation

MAX_SESSIONS = 4_096
MAX_PLACES = 64
"""Of one session: the newest are kept."""
MAX_WAITING = 2_000
MAX_SESSION_FILE = 64 * 1024
LEEWAY_NS = 3_000_000_000
"""A session's first line is written just after its first call began."""

type OwnerFolder = Callable[[str], str | None]
"""The folder of the process behind a connection."""


def no_owner(_connection: str) -> str | None:
    """Where nobody captures connections."""
    return None


class Locator:
    """Remembers where sessions were. Not thread-safe: belongs to who holds the pipeline."""

    def __init__(self, environment: Mapping[str, str], home: str, owner: OwnerFolder = no_owner) -> None:
        self._owner = owner
        self._cursor = cursor_state.database(environment, home, sys.platform)
        configured = [each.strip() for each in environment.get("CLAUDE_CONFIG_DIR", "").split(",") if each.strip()]
        bases = configured or [os.path.join(home, ".claude")]
        self._bases = [os.path.expanduser(each) for each in bases]
        self._places: OrderedDict[str, list[tuple[int, str]]] = OrderedDict()
        self._waiting: OrderedDict[str, list[Observation]] = OrderedDict()
        self._waits = 0
        self._files: dict[str, tuple[int, str | None, str | None]] = {}
        """Session file -> (changed, session, folder)."""

    def locate(self, observations: Sequence[Observation]) -> list[Observation]:
        """The same observations, each with a folder where one is known, and those that waited for it."""
        located: list[Observation] = []
        for each in observations:
            sighting = each.sighting
            if sighting.source is Source.LOG:
                located.append(each)
                if each.place.cwd and sighting.session_id:
                    located += self._learn(sighting.session_id, sighting.started_at, each.place.cwd)
            elif each.place.cwd:
                located.append(each)
                if sighting.session_id and each.place.evidence is Evidence.METADATA:
                    located += self._learn(sighting.session_id, sighting.started_at, each.place.cwd)
            else:
                located.append(self._located(each))
        return located

    def _located(self, one: Observation) -> Observation:
        sighting = one.sighting
        session = sighting.session_id
        if session:
            known = self._known(session, sighting.started_at)
            if known is not None:
                return replace(one, place=replace(one.place, cwd=known, evidence=Evidence.LOG))
            own = sighting.tool is Tool.CURSOR
            folder = self._of_conversation(session) if own else self._of_session_file(session)
            if folder is not None:
                return replace(one, place=replace(one.place, cwd=folder, evidence=Evidence.SESSION))
            self._wait(session, one)
        folder = self._owner(one.connection) if one.connection else None
        if folder is None:
            return one
        return replace(one, place=replace(one.place, cwd=folder, evidence=Evidence.PROCESS))

    def _known(self, session: str, at_ns: int) -> str | None:
        """Where the session was at a moment; before its first word, where it was then."""
        places = self._places.get(session)
        if not places:
            return None
        number = bisect.bisect_right(places, at_ns + LEEWAY_NS, key=lambda each: each[0])
        return places[max(0, number - 1)][1]

    def _learn(self, session: str, at_ns: int, folder: str) -> list[Observation]:
        """Remember a place of a session; the observations that waited for one, placed."""
        places = self._places.get(session)
        if places is None:
            places = self._places[session] = []
            while len(self._places) > MAX_SESSIONS:
                self._places.popitem(last=False)
        number = bisect.bisect_right(places, at_ns, key=lambda each: each[0])
        if not (number and places[number - 1][1] == folder):
            places.insert(number, (at_ns, folder))
            if number + 1 < len(places) and places[number + 1][1] == folder:
                del places[number + 1]
            del places[:-MAX_PLACES]
        waited = self._waiting.pop(session, None) if self._waiting else None
        if not waited:
            return []
        self._waits -= len(waited)
        return [self._located(each) for each in waited]

    def _wait(self, session: str, one: Observation) -> None:
        self._waiting.setdefault(session, []).append(one)
        self._waits += 1
        while self._waits > MAX_WAITING:
            _, dropped = self._waiting.popitem(last=False)
            self._waits -= len(dropped)

    def _of_conversation(self, conversation: str) -> str | None:
        """The workspace of one of Cursor's conversations, as its own database tells."""
        return cursor_state.folders(self._cursor, [conversation]).by_conversation.get(conversation)

    def _of_session_file(self, session: str) -> str | None:
        """The folder in Claude Code's own `sessions/<pid>.json`, written while the process lives."""
        for base in self._bases:
            folder = os.path.join(os.path.dirname(base) if base.endswith("projects") else base, "sessions")
            with contextlib.suppress(OSError), os.scandir(folder) as entries:
                for entry in entries:
                    if entry.name.endswith(".json") and self._session_file(entry) == session:
                        return self._files[entry.path][2]
        return None

    def _session_file(self, entry: "os.DirEntry[str]") -> str | None:
        changed = entry.stat().st_mtime_ns
        known = self._files.get(entry.path)
        if known is None or known[0] != changed:
            if len(self._files) > MAX_SESSIONS:
                self._files.clear()
            known = self._files[entry.path] = (changed, *_read_session(entry.path))
        return known[1]


def _read_session(path: str) -> tuple[str | None, str | None]:
    try:
        with open(path, "rb") as stream:
            raw: Any = json.loads(stream.read(MAX_SESSION_FILE))
    except (OSError, ValueError):
        return None, None
    if not isinstance(raw, dict):
        return None, None
    told = cast(dict[str, Any], raw)
    session, folder = told.get("sessionId"), told.get("cwd")
    return (session, folder) if isinstance(session, str) and isinstance(folder, str) else (None, None)
