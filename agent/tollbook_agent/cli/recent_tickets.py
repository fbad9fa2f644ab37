"""`tollbook completion tickets`: what a shell offers after `tollbook ticket`. Light: somebody waits at a key."""

import os
from collections.abc import Mapping
from contextlib import closing

from tollbook_agent import home as places
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.recent import recent_tickets

MOST = 50
WAIT_MS = 100
"""For a store that is busy."""


def recent(environment: Mapping[str, str]) -> list[str]:
    """Keys of the laptop's store, newest first; none where anything at all is wrong: a prompt is no place to say so."""
    try:
        connection = connect_reading(os.path.join(places.home(environment), places.STORE))
        if connection is None:
            return []
        with closing(connection):
            connection.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
            return recent_tickets(connection, MOST)
    except Exception:  # whatever it is, completion offers nothing
        return []
