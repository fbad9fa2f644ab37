"""Whether what many lives left behind is what one uninterrupted run over the same logs gives."""

import shutil
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.journey_laptop import opened
from tests.support.journey_money import BY_MODEL, CALLS, TOTAL
from tests.support.laptop import NOW_NS, contents, scan_once, settings_of
from tollbook.answer import spend
from tollbook.claim import Claim
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook_agent import home as places
from tollbook_agent.store.connect import cursors
from tollbook_agent.store.store import Store
from tollbook_collector.store.record.sqlite import Record

EVERY = 10**9
SHOWN = 3
"""Differences told."""
COUNTS = ("calls", "claims", "aliases", "orphans", "discarded")


def uninterrupted(environment: Mapping[str, str], home: Path) -> dict[str, str]:
    """A store made from a laptop's logs in one go, in another home of the same device."""
    home.mkdir()
    shutil.copy(settings_of(environment).home / places.DEVICE, home)
    other = {**environment, "TOLLBOOK_HOME": str(home)}
    scan_once(other)
    return other


def expect_same_laptop(environment: Mapping[str, str], other: Mapping[str, str]) -> None:
    """Claims, calls, aliases, discards and cursors are those of the other store; nothing waits to be sent."""
    killed, whole = contents(environment), contents(other)
    for name, wanted in whole.items():
        expect_equal(f"{name} of {settings_of(environment).home}", killed[name], wanted)
    expect_equal("cursors", read_so_far(environment), read_so_far(other))
    with opened(environment) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT COUNT(*) FROM claim WHERE unsent IS NOT NULL").fetchone() == (0,)
        lost = "SELECT COUNT(*) FROM alias WHERE (bucket, row) NOT IN (SELECT bucket, row FROM claim)"
        assert connection.execute(lost).fetchone() == (0,)


def expect_equal(what: str, found: Sequence[Any], wanted: Sequence[Any]) -> None:
    """The same things; otherwise say which are missing, and which are there that should not be."""
    if found == wanted:
        return
    missing = [one for one in wanted if one not in found][:SHOWN]
    other = [one for one in found if one not in wanted][:SHOWN]
    raise AssertionError(f"{what}: {len(found)} for {len(wanted)}; missing {missing}; instead {other}")


def read_so_far(environment: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """How far each log has been read, and what its reader knew then."""
    with opened(environment) as connection:
        found = cursors(connection)
    for path, cursor in found.items():
        assert cursor.offset == cursor.size == Path(path).stat().st_size
    return [(path, one.reader, one.offset, one.head, one.tail, one.state) for path, one in sorted(found.items())]


def claims_of(environment: Mapping[str, str]) -> list[Claim]:
    """The claims of a store from which nothing was ever sent."""
    settings = settings_of(environment)
    store = Store(settings.store, rule=settings.rule, book=default_book())
    try:
        return [one.claim for one in store.unsent(EVERY)]
    finally:
        store.close()


def expect_same_record(store: Path, claims: Iterable[Claim], other: Path, copies: int) -> None:
    """The record holds exactly what booking the claims once gives: each call of the copies, at its price."""
    references = people_of(store)
    claims = [with_reference(claim, references) for claim in claims]
    records = [Record(path, rule=TicketRule(), book=default_book()) for path in (store, other)]
    killed, whole = records
    try:
        whole.book(claims, now_ns=NOW_NS)
        expect_equal("what verify finds", killed.verify() + whole.verify(), [])
        rows = sorted(killed.rows(None, None))
        expect_equal("calls of the record", rows, sorted(whole.rows(None, None)))
        expect_equal("calls as they are told", documents(killed), documents(whole))
        expect_equal("totals", *([one.counts()[name] for name in COUNTS] for one in records))
    finally:
        for record in records:
            record.close()
    answer = spend(rows, ["model"], None, None)
    assert (answer["total"]["calls"], len(rows)) == (copies * CALLS, copies * CALLS)
    assert answer["total"]["list_nano_usd"] == copies * TOTAL
    by_model = {row["key"][0]: row["list_nano_usd"] for row in answer["rows"]}
    assert by_model == {model: copies * amount for model, amount in BY_MODEL.items()}


def documents(record: Record) -> list[dict[str, Any]]:
    """Every call as it is told, by its id."""
    return sorted(record.documents(limit=EVERY), key=lambda call: call["call_id"])


def people_of(store: Path) -> Mapping[str, str]:
    """Address -> the reference by which the record's facts name a person."""
    with closing(sqlite3.connect(store)) as connection:
        return dict(connection.execute("SELECT email, person FROM person"))


def with_reference(claim: Claim, references: Mapping[str, str]) -> Claim:
    """The claim as the collector's door lets it in."""
    engineer = claim.fields.get("engineer")
    if engineer is None:
        return claim
    named = engineer._replace(value=references[str(engineer.value)])
    return replace(claim, fields={**claim.fields, "engineer": named})
