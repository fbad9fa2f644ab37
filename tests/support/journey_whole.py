"""Whether what many lives left behind is what one uninterrupted run over the same logs gives."""

import shutil
from collections.abc import Iterable, Mapping
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
    assert contents(environment) == contents(other)
    assert read_so_far(environment) == read_so_far(other)
    with opened(environment) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("SELECT COUNT(*) FROM claim WHERE unsent IS NOT NULL").fetchone() == (0,)
        lost = "SELECT COUNT(*) FROM alias WHERE (bucket, row) NOT IN (SELECT bucket, row FROM claim)"
        assert connection.execute(lost).fetchone() == (0,)


def read_so_far(environment: Mapping[str, str]) -> dict[str, Any]:
    """How far each log has been read, and what its reader knew then."""
    with opened(environment) as connection:
        found = cursors(connection)
    for path, cursor in found.items():
        assert cursor.offset == cursor.size == Path(path).stat().st_size
    return {path: (one.reader, one.offset, one.head, one.tail, one.state) for path, one in found.items()}


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
    records = [Record(path, rule=TicketRule(), book=default_book()) for path in (store, other)]
    killed, whole = records
    try:
        whole.book(list(claims), now_ns=NOW_NS)
        assert killed.verify() == whole.verify() == []
        rows = sorted(killed.rows(None, None))
        assert rows == sorted(whole.rows(None, None))
        assert documents(killed) == documents(whole)
        assert [killed.counts()[name] for name in COUNTS] == [whole.counts()[name] for name in COUNTS]
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
