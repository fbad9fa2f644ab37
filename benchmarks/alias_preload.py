"""Fills a record with a year of calls, fast: the rows that booking would have written, from one template a session.

Ids, times and claims are exact; counts and money of the booked rows are those of the session's first call. Calls that
nobody asks for again may be left at their aliases alone, which are then any 64 bits: nothing looks for them.
"""

import os
import sqlite3
import time
from array import array
from collections.abc import Collection, Iterator
from pathlib import Path

import alias_workload as workload

from tollbook.booked import COLUMNS
from tollbook.canonical import write
from tollbook.claim import Claim, key_hash
from tollbook.identity import alias_key, digest
from tollbook.usage import Totals
from tollbook.vocabulary import Source
from tollbook_collector.projection import Projection

IDS_A_CALL = 3
SHOW_DAYS = 30
TICKET = COLUMNS.index("tickets")
FIRST_PASS = 7
"""Of ten aliases those put first, in order; the others then split the pages, as random growth would have."""


def preload(path: Path, calls: int, projection: Projection, whole: Collection[int] | None) -> None:
    """Book `calls` calls, day by day; those not in `whole` (`None`: all are) with their aliases alone."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA journal_mode = MEMORY")
    began = time.perf_counter()
    sessions: dict[int, _Session] = {}
    aliases = claims = 0
    for start in range(0, calls, workload.CALLS_A_DAY):
        today = range(start, min(calls, start + workload.CALLS_A_DAY))
        own = today if whole is None else [call for call in today if call in whole]
        rows = list(_rows(own, sessions, projection))
        bare = array("q", os.urandom(8 * IDS_A_CALL * (len(today) - len(own))))
        hashes = [(hash_, row[1]) for row in rows for hash_ in row[4]] + [(hash_, start + 1) for hash_ in bare]
        connection.execute("BEGIN")
        claims += _put(connection, rows)
        aliases += _put_aliases(connection, workload.day(start), hashes)
        connection.execute("COMMIT")
        sessions = {number: made for number, made in sessions.items() if made.last >= start}
        if start // workload.CALLS_A_DAY % SHOW_DAYS == 0:
            print(f"preload: {start:,} calls after {time.perf_counter() - began:,.0f} s", flush=True)
    print(f"preload: {aliases:,} aliases, {claims:,} claims in {time.perf_counter() - began:,.0f} s", flush=True)
    totals = {"last_row": calls, "calls": calls, "claims": claims, "aliases": aliases, "orphans": 0}
    connection.executemany("INSERT OR REPLACE INTO tally VALUES (1, ?, ?)", totals.items())
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()


def _put_aliases(connection: sqlite3.Connection, bucket: int, hashes: list[tuple[int, int]]) -> int:
    """Write the aliases of one day: most in order, the rest between them."""
    turns = [hashes[place::10] for place in range(10)]
    for some in (turns[:FIRST_PASS], turns[FIRST_PASS:]):
        rows = sorted((1, bucket, hash_, row) for turn in some for hash_, row in turn)
        connection.executemany("INSERT INTO alias VALUES (?, ?, ?, ?)", rows)
    return len(hashes)


def _put(connection: sqlite3.Connection, rows: list[tuple]) -> int:
    """Write claims, calls and tickets of consecutive calls; how many claims."""
    claims = [(bucket, row, key, body) for bucket, row, bodies, _, _ in rows for key, body in sorted(bodies)]
    connection.executemany("INSERT INTO claim VALUES (1, ?, ?, ?, ?)", claims)
    marks = ", ".join("?" * len(COLUMNS))
    connection.executemany(f"INSERT INTO call VALUES (1, ?, ?, 0, {marks})", [(r[0], r[1], *r[3]) for r in rows])
    connection.executemany(
        "INSERT INTO call_ticket VALUES (1, ?, ?, ?, 0)", sorted((r[0], r[3][TICKET], r[1]) for r in rows)
    )
    return len(claims)


class _Session:
    """What the calls of one session share."""

    def __init__(self, first: int, projection: Projection) -> None:
        sources = (Source.PROXY, Source.LOG) if workload.has_log(first) else (Source.PROXY,)
        claims = [workload.claim(first, source) for source in sources]
        self.last = first
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


def _rows(calls: Collection[int], sessions: dict[int, _Session], projection: Projection) -> Iterator[tuple]:
    """(bucket, row, [(claim key, claim)], call, alias keys) of each call."""
    for call in calls:
        number = workload.session(call)
        session = sessions.get(number)
        if session is None:
            session = sessions[number] = _Session(call, projection)
        session.last = call
        digests = [digest(one) for one in workload.ids(call)]
        day = workload.day(call)
        bodies = [session.body(place, call) for place in range(len(session.claims))]
        row = (digests[0], workload.started_at(call), day, *session.row[3:])
        yield day, call + 1, bodies, row, [alias_key(each) for each in digests]
