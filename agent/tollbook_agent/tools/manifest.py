"""Manifest: what Tollbook changed in other programs' files, so that it can be put back. One JSON file in its home.

An entry is written before the change it describes: whatever is killed in between, nothing is changed that is not known.
It holds the value before, which may be somebody's own proxy password: the file is for this user only.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from tollbook.vocabulary import Tool
from tollbook_agent.tools import files
from tollbook_agent.tools.setting import Key, Kind, Refused

FILE = "installed.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change of one file."""

    tool: Tool
    path: str
    kind: Kind
    key: Key
    before: str | None
    """The value that was there; `None` for none."""
    after: str
    made: int
    """Containers around the value that were made with it."""
    hash_before: str
    hash_after: str
    """Of the whole text: where it still is what was written, the change is taken back to the byte."""
    at: int
    """Where the texts differ, in characters."""
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """All changes in the order they were made, and the files and folders that were made for them."""

    entries: tuple[Entry, ...] = ()
    created: tuple[str, ...] = ()

    def of(self, path: Path) -> tuple[Entry, ...]:
        """The changes of one file."""
        return tuple(each for each in self.entries if each.path == str(path))

    def with_entries(self, path: Path, entries: Sequence[Entry]) -> "Manifest":
        """The manifest with these as the changes of a file, after those of all others."""
        others = tuple(each for each in self.entries if each.path != str(path))
        return replace(self, entries=(*others, *entries))

    def with_created(self, *paths: Path) -> "Manifest":
        """The manifest with these as made by us."""
        return replace(self, created=tuple(sorted({*self.created, *map(str, paths)})))

    def without_created(self, *paths: Path) -> "Manifest":
        """The manifest without these."""
        gone = set(map(str, paths))
        return replace(self, created=tuple(each for each in self.created if each not in gone))


def text_hash(text: str) -> str:
    """Names a text in an entry."""
    return hashlib.sha256(text.encode()).hexdigest()


def load(home: Path) -> Manifest:
    """What was changed so far.

    Raises:
        Refused: the file is there and cannot be understood: changing anything now could not be put back.
    """
    path = home / FILE
    raw = files.read(path)
    if raw is None:
        return Manifest()
    try:
        known: Any = json.loads(raw)
        if known["schema"] != SCHEMA:
            raise Refused("newer_manifest", f"{path} was written by another version of Tollbook; use that one")
        return Manifest(entries=tuple(map(_entry, known["entries"])), created=tuple(map(str, known["created"])))
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Refused("damaged_manifest", f"{path} is damaged; move it away after undoing by hand") from None


def save(home: Path, manifest: Manifest) -> None:
    """Write it whole; no file where nothing is changed.

    Raises:
        Refused: it cannot be written.
    """
    path = home / FILE
    held = files.read(path)
    if not manifest.entries and not manifest.created:
        if held is not None:
            files.delete(path, held)
        return
    document = {"schema": SCHEMA, "created": manifest.created, "entries": [asdict(each) for each in manifest.entries]}
    if not home.is_dir():
        files.make_folder(home)
    if not files.replace(path, json.dumps(document, indent=1).encode() + b"\n", held):
        raise Refused("busy", "another `tollbook install` or `uninstall` is running; wait for it")


def _entry(raw: dict[str, Any]) -> Entry:
    texts = {name: str(raw[name]) for name in ("path", "after", "hash_before", "hash_after", "old", "new")}
    return Entry(
        tool=Tool(raw["tool"]),
        kind=Kind(raw["kind"]),
        key=tuple(map(str, raw["key"])),
        before=None if raw["before"] is None else str(raw["before"]),
        made=int(raw["made"]),
        at=int(raw["at"]),
        **texts,
    )
