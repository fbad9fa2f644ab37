"""The span codec: a claim travels whole and arrives the same."""

import json

import pytest
from hypothesis import given

from tests.support.claims import claims_of_one_key
from tests.support.domain import NOON, SECOND, claim, client_request, derived, link, made_for, request, response
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook import attributes as names
from tollbook.canonical import write
from tollbook.claim import Claim, ClaimKey, join
from tollbook.problem import Problem
from tollbook.spans import ClaimSpan, decode, encode
from tollbook.usage import Totals, Usage
from tollbook.vocabulary import Channel, Evidence, Quality, Source, Tool
from tollbook.work import Known, Work

MSG = response("msg_01")


def arrived(span: ClaimSpan) -> Claim | Problem:
    return decode(dict(span.attributes), span.started_at, span.ended_at, "span")


FULL = claim(
    Source.PROXY,
    MSG,
    request("req_01"),
    client_request("5f1c"),
    derived("d-1"),
    link("l-1"),
    link("l-2"),
    channel=Channel.ANTHROPIC,
    model="claude-opus-5-5",
    session_id="s-1",
    usage=Usage(input=14, cache_read=20_000, cache_write_5m=300, output=250, reasoning=40),
    extra={"advisor": Usage(output=4)},
    reported_cost_nano_usd=10_556_000,
    work=Work(
        repo=Known("group/subgroup/api", Evidence.WORKTREE),
        branch=Known("PAY-1-retry", Evidence.REFLOG),
        tags={"bet": Known("checkout", Evidence.METADATA)},
    ),
)


@law
@given(strange_claims())
def test_a_claim_arrives_as_it_was_sent(one: Claim) -> None:
    assert arrived(encode(one)) == one


@law
@given(claims_of_one_key())
def test_joined_claims_arrive_as_they_were_sent(three: list[Claim]) -> None:
    one = join(join(three[0], three[1]), three[2])
    assert arrived(encode(one)) == one


@law
@given(claims_of_one_key())
def test_the_same_claim_has_the_same_span_id_and_an_enriched_one_another(three: list[Claim]) -> None:
    one, two, _ = three
    enriched = join(one, two)
    assert (encode(one).span_id == encode(enriched).span_id) == (one == enriched)
    assert encode(enriched) == encode(join(two, one))


def test_a_span_in_the_words_of_the_convention() -> None:
    span = encode(FULL)
    assert span.name == "chat claude-opus-5-5"
    assert (span.started_at, span.ended_at) == (NOON, NOON + 2 * SECOND)
    assert (len(span.trace_id), len(span.span_id)) == (16, 8)
    assert {name: value for name, value in span.attributes.items() if not name.startswith("tollbook.")} == {
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": "claude-code",
        "gen_ai.response.id": "msg_01",
        "gen_ai.response.model": "claude-opus-5-5",
        "gen_ai.usage.input_tokens": 20_314,
        "gen_ai.usage.cache_read.input_tokens": 20_000,
        "gen_ai.usage.cache_write.input_tokens": 300,
        "gen_ai.usage.output_tokens": 250,
        "gen_ai.usage.reasoning.output_tokens": 40,
        "session.id": "s-1",
        "vcs.owner.name": "group/subgroup",
        "vcs.repository.name": "api",
        "vcs.ref.head.name": "PAY-1-retry",
    }


def test_what_the_convention_has_no_word_for() -> None:
    attributes = encode(FULL).attributes
    assert attributes[names.CLAIM] == "laptop-ada proxy response msg_01"
    assert attributes[names.QUALITY] == "final"
    assert attributes[names.ORDER] == -NOON
    assert attributes[names.REQUEST_ID] == "req_01"
    assert json.loads(str(attributes[names.MORE_IDS])) == [["derived", "d-1"], ["link", "l-1"], ["link", "l-2"]]
    assert json.loads(str(attributes[names.USAGE_EXTRA])) == {"advisor": [0, 0, 0, 0, 0, 0, 0, 4, 0, 0]}
    assert json.loads(str(attributes[names.KNOWN])) == {
        "branch": ["reflog"],
        "repo": ["worktree"],
        "tag.bet": ["metadata"],
    }
    assert {name: value for name, value in attributes.items() if name.startswith("tollbook.usage.")} == {
        "tollbook.usage.extra": attributes[names.USAGE_EXTRA],
        "tollbook.usage.input": 14,
        "tollbook.usage.cache_read": 20_000,
        "tollbook.usage.cache_write_total": 300,
        "tollbook.usage.cache_write_5m": 300,
        "tollbook.usage.output": 250,
        "tollbook.usage.reasoning": 40,
    }


def test_attributes_are_of_types_every_transport_has() -> None:
    assert {type(value) for value in encode(FULL).attributes.values()} <= {str, int}
    assert all(type(name) is str for name in encode(FULL).attributes)


def test_unknown_usage_and_zero_usage_arrive_as_they_are() -> None:
    unknown, zero = claim(Source.LOG, MSG), claim(Source.LOG, MSG, usage=Usage())
    assert arrived(encode(unknown)) == unknown
    assert arrived(encode(zero)) == zero
    assert zero.totals == Totals.of(Usage())


def test_calls_of_a_session_are_one_trace_whoever_saw_them() -> None:
    log = claim(Source.LOG, response("msg_2"), session_id="s-1")
    assert encode(log).trace_id == encode(FULL).trace_id
    codex = claim(Source.LOG, response("msg_2"), session_id="s-1", tool=Tool.CODEX)
    assert encode(codex).trace_id != encode(FULL).trace_id
    assert encode(claim(Source.LOG, MSG)).trace_id != encode(claim(Source.PROXY, MSG)).trace_id


@pytest.mark.parametrize("observer", ["ada's laptop", "%20", "a%2", " ", "", "100% mine"])
def test_an_observer_may_have_any_name(observer: str) -> None:
    sent = claim(Source.LOG, response("msg with blanks"), observer=observer)
    received = arrived(encode(sent))
    assert received == sent
    assert sent.key == ClaimKey(observer, Source.LOG, response("msg with blanks"))


@pytest.mark.parametrize("repo", ["shop/api", "api", "group/subgroup/api", "/api", "shop/", ""])
def test_any_repo_arrives(repo: str) -> None:
    sent = claim(Source.LOG, MSG, work=made_for(repo=(repo, Evidence.WORKTREE)))
    assert arrived(encode(sent)) == sent


def test_an_earlier_version_does_no_harm() -> None:
    early = claim(Source.LOG, MSG, quality=Quality.PARTIAL, usage=Usage(output=1))
    late = join(early, claim(Source.LOG, MSG, usage=Usage(output=250)))
    received = arrived(encode(early))
    assert isinstance(received, Claim)
    assert write(join(late, received)) == write(late)
