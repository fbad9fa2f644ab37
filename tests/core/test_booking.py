"""Booking: whatever the order, the batches, the repeats and the place of merging, a store ends with the same calls."""

from itertools import count
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import OBSERVERS, claims_of, seen
from tests.support.domain import DAY, NOON, SECOND, claim, client_request, derived, request, response
from tests.support.law import law
from tests.support.memory_store import MemoryStore
from tollbook.booking import ClusterKey, alias_keys, day_of
from tollbook.claim import Claim, merge
from tollbook.group import group
from tollbook.identity import call_id
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.spans import decode, encode
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Source, Tool

sightings = st.lists(seen(), min_size=1, max_size=7)
shuffles = st.randoms(use_true_random=False)


def batches(claims: list[Claim], shuffle: Random) -> list[list[Claim]]:
    """The claims in any order, some of them twice, cut anywhere."""
    several = claims + shuffle.sample(claims, shuffle.randint(0, len(claims)))
    shuffle.shuffle(several)
    cut: list[list[Claim]] = [[]]
    for one in several:
        if shuffle.random() < 0.4:
            cut.append([])
        cut[-1].append(one)
    return cut


def booked(several: list[list[Claim]]) -> MemoryStore:
    store = MemoryStore()
    for batch in several:
        store.book(batch)
    return store


def over_the_wire(one: Claim) -> Claim:
    """The claim as the collector reads it from the laptop's span."""
    span = encode(one)
    back = decode(dict(span.attributes), span.started_at, span.ended_at, "span")
    assert not isinstance(back, Problem)
    return back


def expected(claims: list[Claim]) -> MemoryStore:
    """All at once: the definition, by which every other way is measured."""
    return booked([list(merge(claims).values())])


def assert_same_answers(one: MemoryStore, other: MemoryStore) -> None:
    assert one.state() == other.state()
    assert one.all_calls() == other.all_calls()
    assert one.rows() == other.rows()


@law
@given(sightings, shuffles)
def test_any_order_batching_and_repeats_give_the_same_calls(pairs: list[tuple[Sighting, str]], shuffle: Random) -> None:
    claims = claims_of(pairs)
    assert_same_answers(booked(batches(claims, shuffle)), expected(claims))


@law
@given(sightings, shuffles)
def test_merging_on_laptops_first_gives_the_same_calls(pairs: list[tuple[Sighting, str]], shuffle: Random) -> None:
    """Each observer books what it saw and sends the state of its claims, some of them before they were complete."""
    sent: list[Claim] = []
    for observer in OBSERVERS:
        laptop = MemoryStore()
        for batch in batches(claims_of([pair for pair in pairs if pair[1] == observer]), shuffle):
            sent += [over_the_wire(one) for settled in laptop.book(batch) for one in settled.changed]
    assert_same_answers(booked(batches(sent, shuffle)), expected(claims_of(pairs)))


@law
@given(sightings, shuffles)
def test_every_former_call_id_still_resolves(pairs: list[tuple[Sighting, str]], shuffle: Random) -> None:
    """And so does every id of a call as it stands: whichever of them named it once."""
    store = booked(batches(claims_of(pairs), shuffle))
    for former in store.former:
        store.resolve(former)
    for call in store.all_calls():
        assert call.call_id in {call_id(one) for one in call.ids}
        for one in call.ids:
            assert call in store.resolve(call_id(one))


@law
@given(sightings, shuffles)
def test_clusters_are_closed_under_shared_ids(pairs: list[tuple[Sighting, str]], shuffle: Random) -> None:
    store = booked(batches(claims_of(pairs), shuffle))
    at: dict[int, ClusterKey] = {}
    for cluster, claims in store.claims_of_clusters().items():
        for key in {key for one in claims for key in alias_keys(one)}:
            assert at.setdefault(key, cluster) == cluster
            assert store.aliases[key] == cluster


@law
@given(sightings)
def test_a_repeated_batch_writes_nothing(pairs: list[tuple[Sighting, str]]) -> None:
    claims = claims_of(pairs)
    store = booked([claims])
    assert store.book(claims) == []
    assert store.book(merge(claims).values()) == []


@law
@given(sightings, st.integers(0, 7))
def test_a_plan_covers_what_it_touches(pairs: list[tuple[Sighting, str]], cut: int) -> None:
    """Every settled cluster is grouped whole, and no two of one plan overlap."""
    claims = claims_of(pairs)
    store = booked([claims[:cut]])
    settled = store.book(claims[cut:])
    touched = [cluster for one in settled for cluster in (one.cluster, *one.losers)]
    assert len(touched) == len(set(touched))
    for one in settled:
        assert one.grouping == group(one.claims)
        assert all(one.cluster < loser for loser in one.losers)
        assert {each.key for each in one.changed} <= {each.key for each in one.claims}


@law
@given(sightings, shuffles, st.integers(1, 3))
def test_colliding_alias_keys_change_no_call(
    pairs: list[tuple[Sighting, str]], shuffle: Random, different: int
) -> None:
    """The alias table says where to look; the ids themselves decide."""
    claims = claims_of(pairs)
    store = MemoryStore(keys=lambda claim: tuple(key % different for key in alias_keys(claim)))
    for batch in batches(claims, shuffle):
        store.book(batch)
    assert_same_answers(store, expected(claims))


def test_one_batch_unites_several_clusters() -> None:
    """Two observers were booked apart; a third knows both ids, and a fourth comes along in the same batch."""
    store = MemoryStore()
    store.book([claim(Source.OTEL, request("req_1")), claim(Source.LOG, response("msg_1"))])
    store.book([claim(Source.HOOK, derived("d-1"))])
    assert len(store.calls) == 3
    (settled,) = store.book(
        [
            claim(Source.PROXY, response("msg_1"), request("req_1")),
            claim(Source.GATEWAY, request("req_1"), derived("d-1")),
        ]
    )
    assert settled.cluster == ClusterKey(day_of(NOON), 1)
    assert settled.losers == (ClusterKey(day_of(NOON), 2), ClusterKey(day_of(NOON), 3))
    (call,) = store.all_calls()
    assert call.sources == (Source.PROXY, Source.GATEWAY, Source.OTEL, Source.HOOK, Source.LOG)
    assert len(store.former) == 3
    assert all(store.resolve(former) == (call,) for former in store.former)


def test_a_stronger_id_renames_the_call_and_the_old_name_still_resolves() -> None:
    store = MemoryStore()
    store.book([claim(Source.OTEL, request("req_1"))])
    (before,) = store.all_calls()
    store.book([claim(Source.PROXY, response("msg_1"), request("req_1"))])
    (after,) = store.all_calls()
    assert before.call_id != after.call_id
    assert store.resolve(before.call_id) == store.resolve(after.call_id) == (after,)


def test_a_late_claim_may_split_a_call() -> None:
    store = MemoryStore()
    store.book([claim(Source.PROXY, response("msg_1"), request("req_1")), claim(Source.OTEL, request("req_1"))])
    assert len(store.all_calls()) == 1
    (settled,) = store.book([claim(Source.LOG, response("msg_2"), request("req_1"))])
    assert [call.sources for call in store.calls[settled.cluster]] == [(Source.LOG,), (Source.PROXY,)]
    assert settled.grouping.orphans[0].key.source is Source.OTEL


def test_the_bucket_is_the_day_of_first_booking_and_never_moves() -> None:
    store = MemoryStore(rows=count(7))
    store.book([claim(Source.LOG, response("msg_1"), started_at=NOON, ended_at=NOON)])
    earlier = claim(Source.LOG, response("msg_1"), started_at=NOON - DAY, ended_at=NOON)
    (settled,) = store.book([earlier])
    assert settled.cluster == ClusterKey(day_of(NOON), 7)
    (row,) = store.rows()
    assert row.day == day_of(NOON - DAY)


def test_the_calls_of_a_codex_thread_lie_in_clusters_of_their_own() -> None:
    """A thread may have thousands of calls: each is booked without looking at the others."""
    store = MemoryStore()
    for place in range(5):
        at = NOON + place * SECOND
        ids = (derived(f"thread-1:{place}"), client_request("thread-1"))
        wire = claim(Source.PROXY, *ids, tool=Tool.CODEX, channel=Channel.CHATGPT, started_at=at, usage=Usage(output=1))
        (settled,) = store.book([wire])
        assert len(settled.claims) == 1
