"""What the asking commands share: the store opened for reading, spans of days, one table of spend."""

import argparse
import os
import sqlite3
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager

from tollbook.answer import DIMENSIONS, day_number
from tollbook_agent import home as places
from tollbook_agent.cli.output import count
from tollbook_agent.lock import Locked, StoreLock
from tollbook_agent.settings import Settings
from tollbook_agent.standing import Standing
from tollbook_agent.store import reading
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.fresh import is_fresh
from tollbook_agent.store.schema import VERSION, version_of

NO_STORE = "nothing has been read on this machine yet: run `tollbook scan`"
STALE = "the resident agent runs with other project keys, or is of another version, than this command: restart it"
MAX_DIGITS = 9


@contextmanager
def open_store(settings: Settings) -> Generator[sqlite3.Connection | None]:
    """The store, its calls booked by this program and these settings; `None` where nothing was ever read.

    Raises:
        NewerStore, sqlite3.Error: it cannot be read.
        Locked: it is of an older version, and another process holds it.
    """
    connection = connect_reading(settings.store)
    if connection is None:
        yield None
        return
    with closing(connection):
        version = version_of(connection)
        if version == 0:
            yield None
            return
        if version < VERSION or not is_fresh(connection, os.environ):
            _renew(settings, must=version < VERSION)
        yield connection


def _renew(settings: Settings, *, must: bool) -> None:
    """Book the calls anew, unless another process holds the store: then its calls have to do."""
    from tollbook_agent.compose import store_of  # the price book takes longer than most answers

    try:
        lock = StoreLock(settings.home / places.LOCK)
    except Locked:
        if must:
            raise
        print(f"tollbook: {STALE}", file=sys.stderr)
        return
    try:
        store_of(settings, os.environ).close()
    finally:
        lock.release()


def session_named(connection: sqlite3.Connection, beginning: str | None) -> list[str]:
    """The sessions whose id begins so, an id itself alone; without a beginning the one with the newest call."""
    if beginning is None:
        return reading.newest_session(connection)
    found = reading.sessions(connection, beginning)
    return [beginning] if beginning in found else found


def positive(text: str) -> int:
    """A number of things asked for.

    Raises:
        argparse.ArgumentTypeError: it is none, or less than 1.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS and int(text)):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


def dimensions(text: str) -> list[str]:
    """`--by` as a list of dimensions.

    Raises:
        argparse.ArgumentTypeError: an unknown one; the message lists the known.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in DIMENSIONS:
            raise argparse.ArgumentTypeError(f"{name!r} is not a dimension; choose from {', '.join(DIMENSIONS)}")
    if not names:
        raise argparse.ArgumentTypeError(f"name at least one of {', '.join(DIMENSIONS)}")
    return list(dict.fromkeys(names))


def day(text: str) -> str:
    """`--from` and `--to`: an ISO date.

    Raises:
        argparse.ArgumentTypeError: it is none.
    """
    try:
        day_number(text)
    except ValueError as fault:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-10-31") from fault
    return text


def remarks(standing: Standing) -> list[str]:
    """What somebody must know to trust the table."""
    notes: list[str] = []
    if standing.unpriced:
        missing = count(standing.unpriced)
        notes.append(f"{missing} calls have no price in the price book and count as $0: `tollbook calls` names them")
    if standing.placeholder:
        floors = count(standing.placeholder)
        notes.append(f"{floors} calls come from logs with placeholder output counts: their output is a floor")
    if standing.unknown:
        notes.append(f"{count(standing.unknown)} calls have no usage")
    if standing.plan:
        notes.append(f"{count(standing.plan)} calls were paid by a ChatGPT plan: their amount is list value, not money")
    return notes
