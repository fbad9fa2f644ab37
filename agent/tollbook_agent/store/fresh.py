"""Whether the calls in the store were booked by this program under these settings. Imports only `os`: every start asks.

Calls are a projection of claims. What they depend on is the program, its price book and the project keys; reading the
price book takes longer than answering, so a stamp of the files stands for it: equal stamps, equal calls.
"""

import os
import sqlite3
from collections.abc import Mapping

import tollbook
from tollbook_agent import home as places
from tollbook_agent.store.connect import SCHEMA

KEY = "stamp"
_RATES = os.path.join(os.path.dirname(tollbook.__file__), "prices", "rates")


def stamp(environment: Mapping[str, str]) -> str:
    """What calls depend on, as one text."""
    home = places.home(environment)
    parts = [tollbook.__version__, environment.get("TOLLBOOK_PROJECT_KEYS") or ""]
    for name in (places.CONFIG, places.PROJECT_KEYS):
        parts += _state(os.path.join(home, name))
    try:
        names = sorted(os.listdir(_RATES))
    except OSError:
        names = []  # not plain files: the version speaks for them
    for name in names:
        parts += _state(os.path.join(_RATES, name))
    return " ".join(parts)


def is_fresh(connection: sqlite3.Connection, environment: Mapping[str, str]) -> bool:
    """Whether the stored calls carry this stamp, in a store of this program's schema.

    Raises:
        sqlite3.Error: this is no store.
    """
    if connection.execute("PRAGMA user_version").fetchone()[0] != SCHEMA:
        return False
    found = connection.execute("SELECT value FROM meta WHERE key = ?", (KEY,)).fetchone()
    return found is not None and found[0] == stamp(environment)


def _state(path: str) -> list[str]:
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [f"{os.path.basename(path)}:{found.st_size}:{found.st_mtime_ns}"]
