"""A laptop in a folder: scan it in this process, and say what its store holds, row numbers aside."""

import os
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tollbook.prices import default_book
from tollbook_agent.capture.logs.discover import discover, roots
from tollbook_agent.compose import pipeline_of
from tollbook_agent.scan import Scanned, scan
from tollbook_agent.settings import Settings, load
from tollbook_agent.store.connect import connect_reading, cursors
from tollbook_agent.store.store import Store

NOW_NS = 1_795_000_000 * 10**9
"""A clock that stands still."""


def settings_of(environment: Mapping[str, str]) -> Settings:
    return load(environment)


def scan_once(environment: Mapping[str, str], *, parallel: bool = False) -> Scanned:
    """What `tollbook scan` does, with a clock that stands still."""
    settings = load(environment)
    reading = connect_reading(settings.store)
    known = cursors(reading) if reading is not None else {}
    if reading is not None:
        reading.close()
    store = Store(settings.store, rule=settings.rule, book=default_book())
    try:
        files = discover(roots(environment, environment.get("HOME", os.devnull)))
        pipeline = pipeline_of(settings, environment, store.explicit_tickets())
        return scan(store, pipeline, files, known, clock=lambda: NOW_NS, parallel=parallel)
    finally:
        store.close()


def contents(environment: Mapping[str, str]) -> dict[str, Any]:
    """The facts and conclusions of a store: claims, calls and where each alias leads; no row numbers, no sequences."""
    path = Path(load(environment).store)
    connection = sqlite3.connect(path)
    try:
        calls = connection.execute("SELECT * FROM call").fetchall()
        claims = connection.execute("SELECT bucket, row, body FROM claim").fetchall()
        aliases = connection.execute("SELECT hash, bucket, row FROM alias").fetchall()
        discards = connection.execute("SELECT path, reason, count FROM discard ORDER BY 1, 2").fetchall()
    finally:
        connection.close()
    members: dict[tuple[int, int], list[bytes]] = {}
    for bucket, row, body in claims:
        members.setdefault((bucket, row), []).append(bytes(body))
    name = {cluster: (cluster[0], tuple(sorted(bodies))) for cluster, bodies in members.items()}
    return {
        "calls": sorted((row[3:] for row in calls), key=repr),
        "claims": sorted(name.values()),
        "aliases": sorted((key, name[bucket, row]) for key, bucket, row in aliases),
        "discards": discards,
    }
