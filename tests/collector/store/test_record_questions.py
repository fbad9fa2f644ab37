"""What the record answers: tickets, days, documents page by page, counts."""

from collections.abc import Generator
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.store.record_state import NOW, opened
from tests.support.domain import DAY, NOON, SECOND, claim, made_for, request, response
from tollbook.claim import Claim
from tollbook.identity import call_id
from tollbook.problem import Problem
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Source, Tool
from tollbook_collector.store.record import schema, sqlite
from tollbook_collector.store.record.connect import connect_reading
from tollbook_collector.store.record.read import OF_TICKET
from tollbook_collector.store.record.sqlite import Record

CALLS = 24


def made(number: int) -> Claim:
    """Four calls a day, two at each of two moments; every third for PAY-1, every fourth for OPS-2 besides."""
    at = NOON + number // 4 * DAY + number // 2 % 2 * SECOND
    tickets = " ".join(["OPS-2"] * (number % 4 == 0) + ["PAY-1"] * (number % 3 == 0))
    return claim(
        Source.PROXY,
        response(f"msg_{number:03}"),
        started_at=at,
        ended_at=at + SECOND,
        usage=Usage(input=number, output=1),
        channel=Channel.ANTHROPIC,
        model="claude-sonnet-4-5" if number % 2 else "claude-opus-4-5",
        tool=Tool.CODEX if number % 5 == 0 else Tool.CLAUDE_CODE,
        session_id=f"s-{number // 6}",
        work=made_for(
            engineer=(f"dev{number % 2}@example.com", Evidence.EXPLICIT),
            repo=("shop/api", Evidence.WORKTREE),
            **({"tickets": (tickets, Evidence.EXPLICIT)} if tickets else {}),
        ),
    )


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Generator[Record]:
    with opened(tmp_path_factory.mktemp("questions") / "record.sqlite") as record:
        problems = [Problem(reason="span_malformed", where="otlp", detail=f"fault {n}") for n in range(3)]
        record.book([made(number) for number in range(CALLS)], problems, now_ns=NOW)
        record.book([], [Problem(reason="unknown_schema", where="otlp")], now_ns=NOW + SECOND)
        yield record


def numbers(documents: list[dict[str, object]]) -> list[int]:
    return [int(str(one["ids"]["response"])[4:]) for one in documents]  # type: ignore[index]


def test_a_ticket_has_all_its_calls_oldest_first(record: Record) -> None:
    found = [row.input for row in record.calls_of_ticket("PAY-1")]
    assert sorted(found) == list(range(0, CALLS, 3))
    assert [row.started_at for row in record.calls_of_ticket("PAY-1")] == sorted(
        row.started_at for row in record.calls_of_ticket("PAY-1")
    )
    assert len(record.calls_of_ticket("OPS-2")) == CALLS // 4
    assert record.calls_of_ticket("PAY-11") == record.calls_of_ticket("") == []


def test_the_index_answers_for_a_ticket(record: Record) -> None:
    """No answer may need to read all calls: the statement's plan says so."""
    with closing(connect_reading(record.path)) as connection:
        plan = connection.execute(f"EXPLAIN QUERY PLAN {OF_TICKET}", {"tenant": 1, "ticket": "PAY-1"}).fetchall()
    steps = [str(step[3]) for step in plan]
    assert any("SEARCH t USING" in step for step in steps)
    assert not [step for step in steps if step.startswith("SCAN ") and step.split()[1] != "day"]


@pytest.mark.parametrize(
    ("start", "end", "expected"), [(None, None, 24), (0, 1, 4), (1, 3, 8), (None, 2, 8), (5, None, 4)]
)
def test_rows_are_those_of_the_days(record: Record, start: int | None, end: int | None, expected: int) -> None:
    noon = NOON // DAY
    days = [None if day is None else noon + day for day in (start, end)]
    found = list(record.rows(*days))
    assert len(found) == expected
    assert all((days[0] or 0) <= row.day < (days[1] or 10**9) for row in found)
    assert [row.started_at for row in found] == sorted(row.started_at for row in found)


@pytest.mark.parametrize("limit", [1, 2, 3, 7, CALLS, 100])
def test_pages_are_all_calls_newest_first_each_once(record: Record, limit: int) -> None:
    found: list[dict[str, object]] = []
    before: str | None = None
    while page := record.documents(limit=limit, before=before):
        assert len(page) <= limit
        found += page
        before = str(page[-1]["call_id"])
    assert sorted(numbers(found)) == list(range(CALLS))
    assert [one["started_at"] for one in found] == sorted((one["started_at"] for one in found), reverse=True)


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("ticket", "PAY-1", list(range(0, CALLS, 3))),
        ("ticket", "PAY", []),
        ("engineer", "dev1@example.com", list(range(1, CALLS, 2))),
        ("repo", "shop/api", list(range(CALLS))),
        ("session", "s-1", list(range(6, 12))),
        ("model", "claude-opus-4-5", list(range(0, CALLS, 2))),
        ("tool", "codex", list(range(0, CALLS, 5))),
    ],
)
def test_pages_can_be_filtered(record: Record, name: str, value: str, expected: list[int]) -> None:
    assert sorted(numbers(record.documents(limit=CALLS, **{name: value}))) == expected


def test_filters_hold_together_and_across_pages(record: Record) -> None:
    noon = NOON // DAY
    filters = {"ticket": "PAY-1", "model": "claude-opus-4-5"}
    first = record.documents(limit=2, start=noon + 1, end=noon + 5, **filters)
    rest = record.documents(limit=9, start=noon + 1, end=noon + 5, before=str(first[-1]["call_id"]), **filters)
    assert numbers(first + rest) == [18, 12, 6]


def test_an_unknown_filter_is_our_own_fault(record: Record) -> None:
    with pytest.raises(KeyError):
        record.documents(limit=1, colour="red")


def test_a_page_after_a_call_nobody_knows_is_empty(record: Record) -> None:
    assert record.documents(limit=5, before=call_id(response("msg_none"))) == []


def test_a_former_call_id_is_a_cursor_too(tmp_path: Path) -> None:
    with opened(tmp_path / "record.sqlite") as record:
        early = claim(Source.OTEL, request("req_1"))
        record.book([early, *(made(number) for number in range(4, 8))], now_ns=NOW)
        cursor = record.documents(limit=4)[-1]["call_id"]
        record.book([claim(Source.PROXY, response("msg_000"), request("req_1"))], now_ns=NOW)
        before = call_id(request("req_1"))
        assert record.documents(limit=5, before=before) == []
        assert numbers(record.documents(limit=5, before=cursor)) == [0]


def test_documents_are_whole(record: Record) -> None:
    (one,) = record.documents(limit=1, ticket="OPS-2", end=NOON // DAY + 1)
    assert one["tickets"] == ["OPS-2", "PAY-1"]
    assert one["evidence"]["tickets"] == "explicit"
    assert {line["kind"] for line in one["lines"]} == {"output"}
    assert one["list_nano_usd"] == sum(line["list_nano_usd"] for line in one["lines"]) > 0
    assert record.document(one["call_id"]) == one


def test_a_month_streams_every_call_of_its_days_newest_first(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PAGE", 5)
    assert list(record.month(None, None)) == record.documents(limit=CALLS)
    first = NOON // DAY
    assert list(record.month(first, first + 2)) == record.documents(limit=CALLS, start=first, end=first + 2)


def test_a_month_is_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "PAGE", 3)
    with opened(tmp_path / "record.sqlite") as record:
        record.book([made(number) for number in range(10)], now_ns=NOW)
        stream = record.month(None, None)
        next(stream)
        record.book([made(number) for number in range(10, 20)], now_ns=NOW)
        assert len(list(stream)) == 9


def test_counts_say_what_there_is_and_what_was_discarded(record: Record) -> None:
    assert record.counts() == {
        "calls": CALLS,
        "claims": CALLS,
        "aliases": CALLS,
        "orphans": 0,
        "discarded": {"span_malformed": 3, "unknown_schema": 1},
        "last_booked_at": "2026-09-21T14:13:21.000Z",
        "schema": schema.NEWEST,
        "price_book": record.counts()["price_book"],
    }
    assert record.counts()["price_book"]


def test_a_reader_sees_the_last_commit_and_an_open_answer_its_own_moment(tmp_path: Path) -> None:
    with opened(tmp_path / "record.sqlite") as record:
        record.book([made(number) for number in range(10)], now_ns=NOW)
        stream = record.rows(None, None)
        next(stream)
        record.book([made(number) for number in range(10, 20)], now_ns=NOW)
        assert len(list(stream)) == 9
        assert len(list(record.rows(None, None))) == 20
