"""Fills a record with a year of calls, fast: the rows that booking would have written, from one template a session.

Ids, times and claims are exact; counts and money of the booked rows are those of the session's first call.
"""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import alias_workload as workload

from tollbook.booked import COLUMNS
from tollbook.canonical import write
from tollbook.claim import Claim, key_hash
from tollbook.identity import alias_key, digest
from tollbook.usage import Totals
from tollbook.vocabulary import Source
from tollbook_collector.projection import Projection

BATCH = 20_000
SHOW = 1_000_000
TICKET = COLUMNS.index("tickets")
FIRST_PASS = 7
"""Of ten aliases those put first, in order; the others then split the pages, as random growth would have."""


def preload(path: Path, calls: int, projection: Projection) -> None:
    """Book `calls` calls."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    connection.execute("PRAGMA cache_size = -1000000")
    connection.execute("CREATE TEMP TABLE staged (hash INTEGER, bucket INTEGER, row INTEGER)")
    began = time.perf_counter()
    sessions: dict[int, _Session] = {}
    for start in range(0, calls, BATCH):
        if start % SHOW == 0:
            sessions.clear()
            print(f"preload: {start:,} calls after {time.perf_counter() - began:,.0f} s", flush=True)
        _put(connection, list(_rows(range(start, min(calls, start + BATCH)), sessions, projection)))
    claims = connection.execute("SELECT COUNT(*) FROM claim").fetchone()[0]
    print(f"preload: {calls:,} calls, {claims:,} claims in {time.perf_counter() - began:,.0f} s", flush=True)
    began = time.perf_counter()
    connection.execute("BEGIN")
    put = "INSERT INTO alias SELECT 1, hash, bucket, row FROM staged WHERE"
    connection.execute(f"{put} rowid % 10 < {FIRST_PASS} ORDER BY hash")
    connection.execute(f"{put} rowid % 10 >= {FIRST_PASS} ORDER BY hash")
    connection.execute("COMMIT")
    (aliases,) = connection.execute("SELECT COUNT(*) FROM alias").fetchone()
    print(f"preload: {aliases:,} aliases in {time.perf_counter() - began:,.0f} s", flush=True)
    totals = {"last_row": calls, "calls": calls, "claims": claims, "aliases": aliases, "orphans": 0}
    connection.executemany("INSERT OR REPLACE INTO tally VALUES (1, ?, ?)", totals.items())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _put(connection: sqlite3.Connection, rows: list[tuple]) -> None:
    """Write claims, calls, tickets and staged aliases of consecutive calls."""
    connection.execute("BEGIN")
    connection.executemany(
        "INSERT INTO claim VALUES (1, ?, ?, ?, ?)",
        [(bucket, row, key, body) for bucket, row, bodies, _, _ in rows for key, body in sorted(bodies)],
    )
    marks = ", ".join("?" * len(COLUMNS))
    connection.executemany(f"INSERT INTO call VALUES (1, ?, ?, 0, {marks})", [(r[0], r[1], *r[3]) for r in rows])
    connection.executemany(
        "INSERT INTO call_ticket VALUES (1, ?, ?, ?, 0)", sorted((r[0], r[3][TICKET], r[1]) for r in rows)
    )
    connection.executemany("INSERT INTO staged VALUES (?, ?, ?)", [(hash_, r[0], r[1]) for r in rows for hash_ in r[4]])
    connection.execute("COMMIT")


class _Session:
    """What the calls of one session share."""

    def __init__(self, first: int, projection: Projection) -> None:
        sources = (Source.PROXY, Source.LOG) if workload.has_log(first) else (Source.PROXY,)
        claims = [workload.claim(first, source) for source in sources]
        self.row = projection.rows_of(claims)[0]
        self.claims = [(each.key.observer, source, _fields(each)) for each, source in zip(claims, sources, strict=True)]

    def body(self, place: int, call: int) -> tuple[bytes, bytes]:
        """A claim's key and canonical bytes."""
        observer, source, fields = self.claims[place]
        response, request, client = workload.ids(call)
        start = workload.started_at(call)
        more = f',["client_request","{client.value}"]' if source is Source.PROXY else ""
        body = (
            f'{{"d":{-start},"e":1,"f":{fields},"i":[["request","{request.value}"]{more}],'
            f'"k":["{observer}","{source}","response","{response.value}"],"q":2,"t":[{start},{start + workload.LASTS}],'
            f'"u":[{",".join(map(str, Totals.of(workload.usage(call))))}]}}'
        )
        return key_hash(observer, source, response), body.encode()


def _fields(one: Claim) -> str:
    return write(one).decode().split('"f":', 1)[1].split(',"i":[', 1)[0]


def _rows(calls: range, sessions: dict[int, _Session], projection: Projection) -> Iterator[tuple]:
    """(bucket, row, [(claim key, claim)], call, alias keys) of each call."""
    for call in calls:
        number = workload.session(call)
        session = sessions.get(number)
        if session is None:
            session = sessions[number] = _Session(call, projection)
        digests = [digest(one) for one in workload.ids(call)]
        day = workload.day(call)
        bodies = [session.body(place, call) for place in range(len(session.claims))]
        row = (digests[0], workload.started_at(call), day, *session.row[3:])
        yield day, call + 1, bodies, row, [alias_key(each) for each in digests]
