"""`tollbook scan` when nothing changed: a stat of each log file against its cursor, before anything is imported."""

import os
from collections.abc import Mapping
from contextlib import closing

from tollbook_agent import home as places
from tollbook_agent.capture.logs.discover import discover, roots
from tollbook_agent.store.connect import connect_reading, cursors
from tollbook_agent.store.fresh import is_fresh


def nothing_new(environment: Mapping[str, str]) -> bool:
    """Whether every log file is as it was at the last scan; prints the summary when it is. Any doubt is `False`."""
    home = places.home(environment)
    try:
        connection = connect_reading(os.path.join(home, places.STORE))
        if connection is None:
            return False
        with closing(connection):
            known = cursors(connection) if is_fresh(connection, environment) else {}
    except Exception:  # a damaged store is for the full command to explain
        return False
    files = 0
    for found in discover(roots(environment, os.path.expanduser("~"))):
        cursor = known.get(found.path)
        if cursor is None or (found.size, found.mtime_ns, found.inode, found.device) != (
            cursor.size,
            cursor.mtime_ns,
            cursor.inode,
            cursor.device,
        ):
            return False
        files += 1
    if not files:
        return False
    print(f"nothing new in {files} log file{'s' if files != 1 else ''}")
    return True
