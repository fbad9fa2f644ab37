"""What was written for a service manager, remembered so that exactly it is taken away again: one JSON file."""

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tollbook_agent.tools import files
from tollbook_agent.tools.setting import Refused

FILE = "service.json"
SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One installation."""

    manager: str
    files: dict[str, str]
    """Path -> SHA-256 of what was written."""
    folders: tuple[str, ...]
    """Made for it, outermost first."""
    links: tuple[str, ...]
    stop: tuple[tuple[str, ...], ...]
    after_removal: tuple[tuple[str, ...], ...]


def load(home: Path) -> Record | None:
    """What is known; `None` where nothing was installed.

    Raises:
        Refused: the file cannot be understood.
    """
    raw = files.read(home / FILE)
    if raw is None:
        return None
    try:
        known: Any = json.loads(raw)
        if known["schema"] != SCHEMA:
            raise Refused("newer_service", f"{home / FILE} was written by another version of Tollbook; use that one")
        return Record(
            manager=str(known["manager"]),
            files={str(path): str(digest) for path, digest in known["files"].items()},
            folders=tuple(map(str, known["folders"])),
            links=tuple(map(str, known["links"])),
            stop=tuple(tuple(map(str, each)) for each in known["stop"]),
            after_removal=tuple(tuple(map(str, each)) for each in known["after_removal"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        remedy = f"{home / FILE} is damaged; remove it, and the service by hand: docs/install.md names its files"
        raise Refused("damaged_service", remedy) from None


def save(home: Path, record: Record) -> None:
    """Write it whole.

    Raises:
        Refused: it cannot be written.
    """
    path = home / FILE
    data = json.dumps({"schema": SCHEMA, **asdict(record)}, indent=1).encode() + b"\n"
    if not files.replace(path, data, files.read(path)):
        raise Refused("busy", "another `tollbook install` or `uninstall` is running; wait for it")


def digest(data: bytes) -> str:
    """Names what was written."""
    return hashlib.sha256(data).hexdigest()
