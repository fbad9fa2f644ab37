"""Clusters: calls that unite, split, become void; ids that lead to them for ever."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.collector.store.record_state import NOW, opened, rows, state
from tests.support.domain import DAY, NOON, SECOND, claim, client_request, made_for, request, response
from tollbook.booking import alias_keys
from tollbook.claim import Claim
from tollbook.identity import call_id
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Source
from tollbook_collector.booking import Booking

USAGE = Usage(input=14, cache_read=20_000, output=250)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.sqlite"


def book(path: Path, *batches: list[Claim]) -> list[Booking]:
    """What each batch changed; these claims have no price, which is not what is looked at here."""
    with opened(path) as record:
        done = [record.book(batch, now_ns=NOW)._replace(unpriced=0) for batch in batches]
        assert record.verify() == []
    return done


def test_a_batch_says_what_it_changed(path: Path) -> None:
    proxy = claim(Source.PROXY, response("msg_1"), request("req_1"), usage=USAGE)
    log = claim(Source.LOG, response("msg_1"), usage=USAGE)
    other = claim(Source.PROXY, response("msg_2"))
    assert book(path, [proxy, other, proxy], [log, other], [log]) == [
        Booking(new_calls=2, changed_calls=0, unchanged_claims=1, discarded=0),
        Booking(new_calls=0, changed_calls=1, unchanged_claims=1, discarded=0),
        Booking(new_calls=0, changed_calls=0, unchanged_claims=1, discarded=0),
    ]


def test_a_claim_that_knows_both_ids_unites_two_clusters_and_all_ids_lead_to_the_elder(path: Path) -> None:
    proxy = claim(Source.PROXY, response("msg_1"), usage=USAGE)
    telemetry = claim(Source.OTEL, request("req_1"), started_at=NOON + DAY, ended_at=NOON + DAY)
    log = claim(Source.LOG, response("msg_1"), request("req_1"))
    done = book(path, [proxy], [telemetry], [log])
    assert done[-1] == Booking(new_calls=0, changed_calls=1, unchanged_claims=0, discarded=0)
    assert rows(path, "SELECT DISTINCT bucket, row FROM claim") == [(NOON // DAY, 1)]
    assert set(state(path).leads) == {key for one in (proxy, telemetry, log) for key in alias_keys(one)}
    (call,) = state(path).calls
    assert call.sources == "proxy+otel+log"


def test_the_loser_s_tickets_leave_the_index(path: Path) -> None:
    one = claim(Source.PROXY, response("msg_1"), work=made_for(tickets=("PAY-1", Evidence.EXPLICIT)))
    two = claim(Source.OTEL, request("req_1"), work=made_for(tickets=("OPS-2", Evidence.METADATA)))
    both = claim(Source.LOG, response("msg_1"), request("req_1"))
    book(path, [one], [two])
    assert [ticket for ticket, _ in state(path).tickets] == ["OPS-2", "PAY-1"]
    book(path, [both])
    with opened(path) as record:
        assert record.calls_of_ticket("OPS-2") == []
        assert len(record.calls_of_ticket("PAY-1")) == 1


def test_a_void_request_id_keeps_two_calls_apart_in_one_cluster(path: Path) -> None:
    model = "claude-sonnet-4-5"
    first = claim(
        Source.PROXY, response("msg_1"), request("req_1"), usage=USAGE, model=model, channel=Channel.ANTHROPIC
    )
    retried = claim(
        Source.LOG, response("msg_2"), request("req_1"), usage=USAGE, model=model, channel=Channel.ANTHROPIC
    )
    done = book(path, [first], [retried])
    assert done[-1] == Booking(new_calls=1, changed_calls=1, unchanged_claims=0, discarded=0)
    assert [call.flags for call in state(path).calls] == ["void_ids", "void_ids"]
    assert [part for (part,) in rows(path, "SELECT part FROM call ORDER BY part")] == [0, 1]


def test_who_has_only_a_void_id_is_an_orphan_until_it_is_known_better(path: Path) -> None:
    telemetry = claim(Source.OTEL, request("req_1"), client_request("c-1"), channel=Channel.BEDROCK)
    first = claim(Source.PROXY, response("msg_1"), request("req_1"))
    retried = claim(Source.LOG, response("msg_2"), request("req_1"))
    done = book(path, [telemetry], [first], [retried])
    assert [one.new_calls for one in done] == [1, 0, 1]
    with opened(path) as record:
        assert record.counts()["orphans"] == 1
        better = claim(Source.OTEL, request("req_1"), response("msg_1"))
        record.book([better], now_ns=NOW)
        assert record.verify() == []


def test_a_claim_without_a_joining_id_opens_no_call(path: Path) -> None:
    """A client request id of an unknown channel may be a thread: it names nothing."""
    alone = replace(claim(Source.LOG, client_request("c-1"), channel=Channel.ANTHROPIC), fields={})
    assert book(path, [alone]) == [Booking(new_calls=0, changed_calls=0, unchanged_claims=0, discarded=0)]
    with opened(path) as record:
        assert {name: record.counts()[name] for name in ("calls", "claims", "orphans")} == {
            "calls": 0,
            "claims": 1,
            "orphans": 1,
        }
        joined = claim(Source.PROXY, client_request("c-1"), response("msg_1"), channel=Channel.ANTHROPIC)
        assert record.book([joined], now_ns=NOW).new_calls == 1
        assert record.verify() == []


def test_every_former_call_id_resolves_even_after_its_cluster_was_united(path: Path) -> None:
    telemetry = claim(Source.OTEL, request("req_1"))
    proxy = claim(Source.PROXY, response("msg_1"))
    log = claim(Source.LOG, response("msg_1"), request("req_1"))
    with opened(path) as record:
        for one in (telemetry, proxy, log):
            record.book([one], now_ns=NOW)
        found = [record.document(call_id(one)) for one in (request("req_1"), response("msg_1"))]
        assert found[0] is not None
        assert found[0] == found[1]
        assert found[0]["call_id"] == call_id(response("msg_1"))
        assert record.document(call_id(response("msg_9"))) is None


def test_an_id_that_a_corrected_reader_took_back_still_leads_to_its_call(path: Path) -> None:
    wrong = claim(Source.LOG, request("req_1"), client_request("c-1"), channel=Channel.ANTHROPIC)
    right = claim(Source.LOG, request("req_1"), reader_epoch=2)
    other = claim(Source.PROXY, response("msg_1"), started_at=NOON - 2 * DAY, ended_at=NOON)
    both = claim(Source.GATEWAY, response("msg_1"), request("req_1"))
    taken_back = call_id(client_request("c-1"))
    with opened(path) as record:
        record.book([wrong], now_ns=NOW)
        record.book([right], now_ns=NOW)
        assert (record.document(taken_back) or {})["ids"] == {"request": "req_1"}
        record.book([other], now_ns=NOW)
        record.book([both], now_ns=NOW)
        assert (record.document(taken_back) or {})["ids"] == {"response": "msg_1", "request": "req_1"}
        assert record.verify() == []


def test_a_call_id_of_a_void_id_resolves_to_one_of_its_calls(path: Path) -> None:
    book(path, [claim(Source.OTEL, request("req_1"))])
    first = claim(Source.PROXY, response("msg_1"), request("req_1"))
    book(path, [first, claim(Source.LOG, response("msg_2"), request("req_1"))])
    with opened(path) as record:
        found = record.document(call_id(request("req_1")))
        assert found is not None
        assert found["ids"]["request"] == "req_1"
        assert found == record.document(call_id(request("req_1")))


@pytest.mark.parametrize("days", [-400, -2, -1, 1, 2, 400])
def test_observers_whose_clocks_are_apart_are_one_call(path: Path, days: int) -> None:
    here = claim(Source.PROXY, response("msg_1"), usage=USAGE)
    at = NOON + days * DAY
    there = claim(Source.LOG, response("msg_1"), usage=USAGE, started_at=at, ended_at=at + SECOND)
    others = [claim(Source.PROXY, response(f"msg_{n}"), started_at=NOON + n * DAY) for n in range(2, 6)]
    done = book(path, [here, *others], [there])
    assert done[-1] == Booking(new_calls=0, changed_calls=1, unchanged_claims=0, discarded=0)
    assert rows(path, "SELECT COUNT(*) FROM call") == [(5,)]
    assert state(path).calls[0].day in {NOON // DAY, at // DAY, *range(NOON // DAY, NOON // DAY + 6)}
