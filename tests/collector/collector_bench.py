"""A record with some calls in it, and an API over it, for tests."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.collector.claim_maker import FIRST, make_claim
from tollbook.prices import default_book
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Source
from tollbook_collector.store.record.sqlite import Record

CALLS = 40


@contextmanager
def filled_record(path: Path, calls: int = CALLS) -> Generator[Record]:
    """A record of calls that the proxy saw, every other one of them seen by the log too."""
    record = Record(path, rule=TicketRule(project_keys=frozenset({"PAY"})), book=default_book())
    claims = [make_claim(number) for number in range(calls)]
    claims += [make_claim(number, Source.LOG) for number in range(0, calls, 2)]
    record.book(claims, now_ns=FIRST)
    try:
        yield record
    finally:
        record.close()
