"""A collector judges tickets by the list that laptops fetch, and judges again when the list changes."""

from pathlib import Path

import pytest

from tests.collector.store.record_state import BOOK, NOW
from tests.support.domain import NOON, SECOND, claim, made_for, response
from tollbook.claim import Claim
from tollbook.ticket import TicketRule
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Source
from tollbook_collector.config import load
from tollbook_collector.open_store import existing_store, open_store, rule_of
from tollbook_collector.outcomes.follow_keys import KeysFollower
from tollbook_collector.outcomes.served_keys import ServedKeys
from tollbook_collector.outcomes.shelf import keep
from tollbook_collector.store.record import reproject
from tollbook_collector.store.record.sqlite import Record


def made(number: int, branch: str) -> Claim:
    return claim(
        Source.PROXY,
        response(f"msg_{number:03}"),
        started_at=NOON + number * SECOND,
        ended_at=NOON + number * SECOND,
        usage=Usage(input=number, output=1),
        channel=Channel.ANTHROPIC,
        model="claude-opus-4-5",
        work=made_for(tickets=(branch, Evidence.BRANCH)),
    )


def tickets(record: Record) -> list[list[str]]:
    return [one["tickets"] for one in record.documents(limit=100)]


@pytest.fixture
def record(tmp_path: Path) -> Record:
    return Record(tmp_path / "record.sqlite", rule=TicketRule(), book=BOOK)


def test_calls_are_booked_anew_when_the_list_changes(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproject, "CLUSTERS_AT_ONCE", 2)
    rule = TicketRule()
    follower = KeysFollower(record, lambda: rule, turn_seconds=3_600)
    record.book([made(number, "PAY-1 OPS-2") for number in range(5)], now_ns=NOW)
    assert [each == ["OPS-2", "PAY-1"] for each in tickets(record)] == [True] * 5
    rule = TicketRule(project_keys=frozenset({"PAY"}))
    follower.turn()
    assert tickets(record) == [["PAY-1"]] * 5
    assert len(record.calls_of_ticket("PAY-1")) == 5
    assert record.calls_of_ticket("OPS-2") == []
    assert record.verify() == []
    follower.close()
    record.close()


def test_calls_come_in_while_others_are_booked_anew(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between two slices a batch is booked, by the new list at once."""
    monkeypatch.setattr(reproject, "CLUSTERS_AT_ONCE", 2)
    record.book([made(number, "PAY-1 OPS-2") for number in range(5)], now_ns=NOW)
    record.take_rule(TicketRule(project_keys=frozenset({"OPS"})))
    batches = iter(range(10, 13))

    def going_on() -> bool:
        number = next(batches, None)
        if number is not None:
            record.book([made(number, "PAY-1 OPS-2")], now_ns=NOW)
        return True

    assert record.book_anew(going_on)
    assert tickets(record) == [["OPS-2"]] * 8
    assert record.verify() == []
    record.close()


def test_one_that_was_stopped_goes_on_at_the_next_start(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reproject, "CLUSTERS_AT_ONCE", 2)
    record.book([made(number, "PAY-1 OPS-2") for number in range(5)], now_ns=NOW)
    keys = TicketRule(project_keys=frozenset({"OPS"}))
    record.take_rule(keys)
    turns = iter((True, False))
    assert not record.book_anew(lambda: next(turns))
    record.close()
    again = Record(record.path, rule=keys, book=BOOK)
    assert tickets(again) == [["OPS-2"]] * 5
    assert again.verify() == []
    again.close()


def test_a_store_is_opened_with_the_imported_list(tmp_path: Path) -> None:
    settings = load(tmp_path, None, {}).settings
    assert settings is not None
    keep(tmp_path, 20_000, [], [], ["PAY", "OPS"])
    for opening in (open_store, existing_store):
        found = opening(settings)
        assert isinstance(found, Record)
        assert found.rule == TicketRule(project_keys=frozenset({"PAY", "OPS"}))
        found.close()
    other = open_store(settings, 2)
    assert isinstance(other, Record)
    assert other.rule == TicketRule()
    other.close()


def test_the_settings_win_over_imports(tmp_path: Path) -> None:
    keep(tmp_path, 20_000, [], [], ["PAY"])
    assert rule_of(ServedKeys(tmp_path, frozenset({"WEB"}))) == TicketRule(project_keys=frozenset({"WEB"}))
