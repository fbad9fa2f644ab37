"""The collector's list of project keys as it is kept on an enrolled laptop. Light: every start reads it."""

import json
import re
from pathlib import Path
from typing import Any, cast

from tollbook_agent.home import PROJECT_KEYS
from tollbook_agent.identity_store import Enrolment
from tollbook_agent.private_file import write_private

MAX_BYTES = 256 * 1024
MOST_KEYS = 10_000
_KEY = r"[A-Z][A-Z0-9]{1,63}"

type Keys = frozenset[str] | None
"""`None`: the collector has no list, the deny-list judges."""


class KeysError(Exception):
    """The collector did not give a list; the last one stays."""


def read_keys(document: Any) -> Keys:
    """The list in an answer.

    Raises:
        KeysError: it is something else.
    """
    found = cast(dict[str, Any], document).get("project_keys", "") if isinstance(document, dict) else ""
    if found is None:
        return None
    keys = cast(list[Any], found) if isinstance(found, list) else []
    if not keys or len(keys) > MOST_KEYS or not all(isinstance(key, str) and re.fullmatch(_KEY, key) for key in keys):
        raise KeysError("the answer is no list of project keys")
    return frozenset(cast(list[str], keys))


def known_keys(home: Path, enrolment: Enrolment) -> Keys:
    """The last good list of this collector; `None` where there is none."""
    try:
        document: Any = json.loads((home / PROJECT_KEYS).read_bytes()[:MAX_BYTES])
        return read_keys(document) if document["url"] == enrolment.url else None
    except (OSError, ValueError, KeyError, TypeError, KeysError):
        return None


def keep_keys(home: Path, enrolment: Enrolment, keys: Keys) -> None:
    """Keep a list. Whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    document = {"url": enrolment.url, "project_keys": None if keys is None else sorted(keys)}
    write_private(home / PROJECT_KEYS, json.dumps(document).encode())
