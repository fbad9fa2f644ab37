"""What a record's file holds, free of row numbers: two files that say the same compare equal."""

import sqlite3
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.booked import COLUMNS, Booked
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_collector.store.record.sqlite import Record

BOOK = default_book()
NOW = 1_790_000_000 * 10**9
KEYS = frozenset({"PAY", "OPS"})

_COLUMNS = ", ".join(f'c."{name}"' for name in COLUMNS)


class State(NamedTuple):
    """Everything booked."""

    calls: list[Booked]
    claims: list[tuple[bytes, bytes]]
    """Claim key and canonical bytes."""
    tickets: list[tuple[str, bytes]]
    """The ticket index: ticket and call_id."""
    leads: dict[int, frozenset[bytes]]
    """Where each alias leads: the canonical bytes of the claims there."""
    totals: dict[str, int]


@contextmanager
def opened(path: Path, keys: frozenset[str] | None = KEYS, book: Any = BOOK) -> Generator[Record]:
    """An open record."""
    record = Record(path, rule=TicketRule(project_keys=keys), book=book)
    try:
        yield record
    finally:
        record.close()


def rows(path: Path, sql: str, *values: object) -> list[tuple[Any, ...]]:
    """The answer of a statement on the file."""
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql, values).fetchall()


def change(path: Path, sql: str, *values: object) -> None:
    """Change the file behind the record's back."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute(sql, values).rowcount != 0
        connection.commit()


def state(path: Path) -> State:
    """What the file holds."""
    claims_of: dict[tuple[int, int], set[bytes]] = {}
    for bucket, row, body in rows(path, "SELECT bucket, row, body FROM claim"):
        claims_of.setdefault((bucket, row), set()).add(body)
    index = (
        "SELECT t.ticket, c.call_id FROM call_ticket t LEFT JOIN call c"
        " ON c.tenant = t.tenant AND c.bucket = t.bucket AND c.row = t.row AND c.part = t.part"
    )
    aliases = rows(path, "SELECT hash, bucket, row FROM alias")
    assert len({hash_ for hash_, _, _ in aliases}) == len(aliases), "an alias leads to one cluster"
    return State(
        calls=sorted(map(Booked._make, rows(path, f"SELECT {_COLUMNS} FROM call c"))),
        claims=sorted(rows(path, "SELECT key, body FROM claim")),
        tickets=sorted(rows(path, index)),
        leads={hash_: frozenset(claims_of[bucket, row]) for hash_, bucket, row in aliases},
        totals={
            name: value
            for name, value in rows(path, "SELECT name, value FROM tally")
            if name not in ("last_row", "booked_at")
        },
    )
