"""A call is what all its claims together say; each field from whoever knows it best."""

from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import claims
from tests.support.domain import NOON, SECOND, claim, derived, made_for, request, response
from tests.support.law import law
from tollbook.call import Call
from tollbook.claim import Claim, merge
from tollbook.conclude import conclude
from tollbook.group import Group, group
from tollbook.identity import call_id
from tollbook.sighting import Scope
from tollbook.ticket import NO_LIST
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, Provider, Purpose, Source, Tool

MSG = response("msg_1")


def concluded(*members: Claim) -> Call:
    """The one call of the claims, whatever their order."""
    (one,) = group(members).groups
    (other,) = group(members[::-1]).groups
    assert conclude(one, NO_LIST) == conclude(other, NO_LIST)
    return conclude(one, NO_LIST)


@law
@given(claims(), st.randoms(use_true_random=False))
def test_calls_depend_on_the_set_of_claims_only(arriving: list[Claim], shuffle: Random) -> None:
    members = list(merge(arriving).values())
    expected = [conclude(each, NO_LIST) for each in group(members).groups]
    shuffle.shuffle(members)
    assert [conclude(each, NO_LIST) for each in group(members).groups] == expected


@law
@given(claims())
def test_a_call_says_only_what_a_claim_said(arriving: list[Claim]) -> None:
    for each in group(merge(arriving).values()).groups:
        call = conclude(each, NO_LIST)
        for name in ("model", "session_id", "turn_id", "agent_id", "status", "speed"):
            said = {one.fields[name].value for one in each.claims if name in one.fields}
            assert getattr(call, name) in (said or {None})
        assert set(call.sources) == {one.key.source for one in each.claims}
        assert call.started_at <= call.ended_at
        assert call.call_id in {call_id(one) for one in call.ids}


def test_nothing_said_is_nothing_known() -> None:
    call = concluded(claim(Source.LOG, MSG))
    assert (call.channel, call.provider, call.billing) == (Channel.OTHER, Provider.OTHER, Billing.UNKNOWN)
    assert (call.purpose, call.model, call.session_id, call.usage) == (Purpose.OTHER, None, None, None)
    assert call.scope == Scope()
    assert call.tool is Tool.CLAUDE_CODE


def test_the_call_is_named_by_its_strongest_then_smallest_id() -> None:
    otel, log = claim(Source.OTEL, request("req_1")), claim(Source.LOG, MSG, request("req_1"))
    assert concluded(otel).call_id == call_id(request("req_1"))
    assert concluded(otel, log).call_id == call_id(MSG)


def test_a_void_id_names_no_call() -> None:
    first = claim(Source.LOG, MSG, request("req_1"))
    second = claim(Source.LOG, response("msg_2"), request("req_1"))
    third = claim(Source.OTEL, request("req_1"), derived("d-1"))
    names = {conclude(each, NO_LIST).call_id for each in group([first, second, third]).groups}
    assert names == {call_id(MSG), call_id(response("msg_2")), call_id(derived("d-1"))}


def test_the_host_beats_the_settings_and_these_the_shape_of_an_id() -> None:
    shape = claim(Source.PROXY, MSG, channel=Channel.ANTHROPIC, basis={"channel": Basis.SHAPE})
    settings = claim(Source.OTEL, MSG, channel=Channel.VERTEX, basis={"channel": Basis.CONFIGURED})
    host = claim(Source.IMPORT, MSG, channel=Channel.BEDROCK)
    default = claim(Source.GATEWAY, MSG, channel=Channel.OPENAI, basis={"channel": Basis.DEFAULT})
    assert concluded(default, shape).channel is Channel.ANTHROPIC
    assert concluded(default, shape, settings).channel is Channel.VERTEX
    assert concluded(default, shape, settings, host).channel is Channel.BEDROCK


def test_equally_known_the_better_source_then_the_earlier_then_the_smaller_decides() -> None:
    log = claim(Source.LOG, MSG, speed="fast")
    wire = claim(Source.PROXY, MSG, speed="standard", started_at=NOON + SECOND)
    assert concluded(log, wire).speed == "standard"
    earlier = claim(Source.PROXY, MSG, speed="fast", observer="laptop-bob")
    assert concluded(log, wire, earlier).speed == "fast"
    tie = claim(Source.PROXY, MSG, speed="batch", observer="laptop-eve")
    assert concluded(log, wire, earlier, tie).speed == "batch"


def test_the_main_chain_decides_the_session_before_a_sidechain() -> None:
    """A reader that finds a call in a sidechain file knows its session by configuration only."""
    side = claim(Source.LOG, MSG, observer="a", session_id="s-side", basis={"session_id": Basis.CONFIGURED})
    main = claim(Source.LOG, MSG, observer="b", session_id="s-main", started_at=NOON + SECOND)
    assert concluded(side, main).session_id == "s-main"


def test_a_call_lasts_from_the_first_to_the_last_observation() -> None:
    log = claim(Source.LOG, MSG, started_at=NOON + 1, ended_at=NOON + 5)
    wire = claim(Source.PROXY, MSG, started_at=NOON, ended_at=NOON + 3)
    assert (concluded(log, wire).started_at, concluded(log, wire).ended_at) == (NOON, NOON + 5)


def test_a_later_decision_does_not_lengthen_the_call() -> None:
    decided = claim(
        Source.PERSON,
        MSG,
        started_at=NOON + 1_000_000 * SECOND,
        ended_at=NOON + 1_000_000 * SECOND,
        work=made_for(tickets=("PAY-1", Evidence.PERSON)),
    )
    call = concluded(claim(Source.LOG, MSG), decided)
    assert (call.started_at, call.ended_at) == (NOON, NOON + 2 * SECOND)
    assert call.sources == (Source.LOG, Source.PERSON)


def test_a_word_of_a_newer_vocabulary_reads_as_other() -> None:
    newer = claim(Source.LOG, MSG, channel=Channel.ANTHROPIC)
    fields = {**newer.fields, "channel": newer.fields["channel"]._replace(value="moonbase")}
    assert conclude(Group(claims=(replace(newer, fields=fields),), void=frozenset()), NO_LIST).channel is Channel.OTHER


def test_scope_is_put_together_field_by_field() -> None:
    wire = claim(Source.PROXY, MSG, scope=Scope(region="eu-west-1"))
    gateway = claim(Source.GATEWAY, MSG, scope=Scope(region="us-east-1", workspace="w-1", api_key="sk-...abcd"))
    assert concluded(wire, gateway).scope == Scope(region="eu-west-1", workspace="w-1", api_key="sk-...abcd")


def test_what_an_emitter_claims_it_cost_is_kept_beside() -> None:
    otel = claim(Source.OTEL, MSG, reported_cost_nano_usd=10_556_000, usage=Usage(output=1))
    assert concluded(otel, claim(Source.PROXY, MSG)).reported_cost_nano_usd == 10_556_000
