"""The join of claims: what one observer says of one call depends on the set of its sightings, on nothing else."""

from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import claims, claims_of_one_key
from tests.support.domain import DAY, NOON, SECOND, claim, client_request, made_for, request, response, sighting
from tests.support.law import law
from tollbook.claim import Claim, claim_of, join, joining_ids, merge, text
from tollbook.sighting import Scope
from tollbook.usage import Totals, Usage
from tollbook.vocabulary import Basis, Channel, Evidence, Quality, Source, Tool
from tollbook.work import Known, Work

MSG = response("msg_1")


@law
@given(claims_of_one_key())
def test_join_is_a_semilattice(three: list[Claim]) -> None:
    one, two, other = three
    assert join(one, two) == join(two, one)
    assert join(join(one, two), other) == join(one, join(two, other))
    assert join(one, one) == one
    assert join(join(one, two), two) == join(one, two)


@law
@given(claims(), st.randoms(use_true_random=False), st.integers(0, 6))
def test_merge_depends_on_the_set_only(arriving: list[Claim], shuffle: Random, cut: int) -> None:
    whole = merge(arriving)
    again = [*arriving, *arriving[:cut]]
    shuffle.shuffle(again)
    assert merge(again) == whole
    assert merge([*merge(arriving[:cut]).values(), *merge(arriving[cut:]).values()]) == whole
    assert merge(whole.values()) == whole


def test_claims_of_different_keys_never_join() -> None:
    with pytest.raises(ValueError, match="different keys"):
        join(claim(Source.LOG, MSG), claim(Source.PROXY, MSG))


def test_a_sighting_without_any_id_makes_no_claim() -> None:
    assert claim_of(sighting(Source.LOG), "laptop-ada") is None


def test_an_empty_id_names_nothing() -> None:
    assert claim_of(sighting(Source.LOG, response("")), "laptop-ada") is None
    assert claim(Source.LOG, response(""), request("req_1")).ids == (request("req_1"),)


def test_the_key_is_the_strongest_then_smallest_id() -> None:
    made = claim(Source.LOG, request("req_1"), response("msg_2"), response("msg_1"), request("req_1"))
    assert made.key == ("laptop-ada", Source.LOG, response("msg_1"))
    assert made.ids == (response("msg_1"), response("msg_2"), request("req_1"))


def test_a_stream_read_twice_gives_its_last_word() -> None:
    """Claude Code writes one line for each content block: the same message, its counters growing."""
    begun = claim(Source.LOG, MSG, quality=Quality.PLACEHOLDER, usage=Usage(input=14, cache_read=20_000, output=1))
    ended = claim(
        Source.LOG,
        MSG,
        request("req_1"),
        ended_at=NOON + 9 * SECOND,
        quality=Quality.FINAL,
        usage=Usage(input=14, cache_read=20_000, output=250),
    )
    for joined in (join(begun, ended), join(ended, begun)):
        assert joined.quality is Quality.FINAL
        assert joined.totals == Totals.of(Usage(input=14, cache_read=20_000, output=250))
        assert (joined.started_at, joined.ended_at) == (NOON, NOON + 9 * SECOND)
        assert joined.ids == (MSG, request("req_1"))


def test_a_corrected_reader_replaces_what_it_said_before() -> None:
    wrong = claim(Source.LOG, MSG, request("req_wrong"), usage=Usage(output=999), reader_epoch=1)
    right = claim(Source.LOG, MSG, usage=Usage(output=250), reader_epoch=2)
    assert join(wrong, right) == right
    assert join(right, wrong) == right


def test_the_earliest_observation_decides() -> None:
    """A forked session copies its history under a new session id: the first one seen owns the call."""
    first = claim(Source.LOG, MSG, session_id="s-1", started_at=NOON)
    copy = claim(Source.LOG, MSG, session_id="s-2", started_at=NOON + DAY, ended_at=NOON + DAY)
    assert text(join(copy, first), "session_id") == "s-1"


def test_the_latest_decision_of_a_person_stands() -> None:
    decisions = [
        claim(Source.PERSON, MSG, order=NOON + second, work=made_for(tickets=(ticket, Evidence.PERSON)))
        for second, ticket in enumerate(("PAY-1", "PAY-9", "PAY-3"))
    ]
    for one, two, three in permutations(decisions):
        assert text(join(join(one, two), three), "tickets") == "PAY-3"


def test_better_evidence_wins_over_an_earlier_observation() -> None:
    stale = claim(Source.LOG, MSG, work=made_for(branch=("main", Evidence.LOG_STALE)))
    reflog = claim(Source.LOG, MSG, started_at=NOON + 1, work=made_for(branch=("PAY-1-retry", Evidence.REFLOG)))
    assert text(join(stale, reflog), "branch") == "PAY-1-retry"


def test_other_models_of_a_response_join_model_by_model() -> None:
    one = claim(Source.LOG, MSG, extra={"advisor": Usage(output=4)})
    two = claim(Source.LOG, MSG, extra={"advisor": Usage(input=3, output=2), "haiku": Usage(output=1)})
    assert join(one, two).extra == {
        "advisor": Totals.of(Usage(input=3, output=4)),
        "haiku": Totals.of(Usage(output=1)),
    }


def test_every_known_field_of_a_sighting_is_kept_with_how_it_is_known() -> None:
    made = claim(
        Source.PROXY,
        MSG,
        channel=Channel.BEDROCK,
        scope=Scope(region="eu-west-1", api_key="sk-...abcd"),
        basis={"scope.region": Basis.CONFIGURED},
        reported_cost_nano_usd=10_556_000,
        work=Work(tags={"bet": Known("checkout", Evidence.METADATA)}),
    )
    assert {name: register.value for name, register in made.fields.items()} == {
        "tool": "claude-code",
        "channel": "bedrock",
        "scope.region": "eu-west-1",
        "scope.api_key": "sk-...abcd",
        "tag.bet": "checkout",
        "reported_cost_nano_usd": 10_556_000,
    }
    assert made.fields["scope.region"].rank == Basis.CONFIGURED
    assert made.fields["channel"].rank == Basis.OBSERVED


def test_a_client_request_id_joins_on_anthropics_own_hosts_only() -> None:
    own = client_request("c-1")
    assert joining_ids(claim(Source.PROXY, MSG, own, channel=Channel.ANTHROPIC)) == (MSG, own)
    assert claim(Source.OTEL, MSG, own).ids == (MSG,)
    assert claim(Source.PROXY, MSG, own, channel=Channel.OPENAI, tool=Tool.CODEX).ids == (MSG,)


def test_a_client_request_id_stops_joining_when_the_channel_turns_out_to_be_another() -> None:
    guessed = claim(Source.LOG, MSG, client_request("c-1"), channel=Channel.ANTHROPIC, basis={"channel": Basis.SHAPE})
    observed = claim(Source.LOG, MSG, channel=Channel.BEDROCK)
    assert joining_ids(join(guessed, observed)) == (MSG,)


def test_a_call_never_ends_before_it_started() -> None:
    assert claim(Source.LOG, MSG, started_at=NOON, ended_at=NOON - 1).ended_at == NOON


def test_text_that_no_store_could_keep_is_replaced() -> None:
    """A branch whose name is not UTF-8 reaches Python as lone surrogates."""
    made = claim(
        Source.LOG,
        response("msg_\ud800"),
        observer="lap\0top",
        extra={"m\0": Usage(output=1)},
        work=Work(branch=Known("caf\udce9", Evidence.LOG), tags={"t\0": Known("ok", Evidence.LOG)}),
        reported_cost_nano_usd=1,
    )
    assert made.key == ("lap\ufffdtop", Source.LOG, response("msg_\ufffd"))
    assert made.ids == (response("msg_\ufffd"),)
    assert list(made.extra) == ["m\ufffd"]
    assert text(made, "branch") == "caf\ufffd"
    assert text(made, "tag.t\ufffd") == "ok"
    assert text(claim(Source.LOG, MSG, work=made_for(branch=("café", Evidence.LOG))), "branch") == "café"
