"""Which claims are one call: by shared ids, never by sessions, and never two responses of one provider."""

from collections.abc import Iterable
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import claims
from tests.support.domain import NOON, SECOND, claim, client_request, derived, link, request, response
from tests.support.law import law
from tollbook.claim import Claim, ClaimKey, Register, join, joining_ids, merge
from tollbook.conclude import conclude
from tollbook.group import Grouping, group
from tollbook.identity import Id, namespace
from tollbook.ticket import NO_LIST
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Channel, IdKind, Source, Tool


def parts(grouping: Grouping) -> set[frozenset[ClaimKey]]:
    """Each call as the keys of its claims."""
    return {frozenset(one.key for one in each.claims) for each in grouping.groups}


def together(*members: Claim) -> list[list[int]]:
    """For an example: the places of the claims, call by call."""
    places = {member.key: place for place, member in enumerate(members)}
    return sorted(sorted(places[key] for key in part) for part in parts(group(members)))


def responses(members: Iterable[Claim]) -> set[Id]:
    return {one for member in members for one in member.ids if one.kind is IdKind.RESPONSE}


@law
@given(claims(), st.randoms(use_true_random=False))
def test_grouping_depends_on_the_set_only(arriving: list[Claim], shuffle: Random) -> None:
    members = list(merge(arriving).values())
    expected = group(members)
    shuffle.shuffle(members)
    assert group(members) == expected


@law
@given(claims())
def test_every_claim_is_in_one_call_or_opens_none(arriving: list[Claim]) -> None:
    members = merge(arriving)
    grouping = group(members.values())
    placed = [one.key for each in grouping.groups for one in each.claims] + [one.key for one in grouping.orphans]
    assert sorted(placed) == sorted(members)


@law
@given(claims())
def test_two_responses_of_one_namespace_are_never_one_call(arriving: list[Claim]) -> None:
    for each in group(merge(arriving).values()).groups:
        spaces = [namespace(one.value) for one in responses(each.claims)]
        assert len(spaces) == len(set(spaces))


@law
@given(claims())
def test_a_shared_id_unites_unless_it_is_void(arriving: list[Claim]) -> None:
    holders: dict[Id, set[int]] = {}
    for place, each in enumerate(group(merge(arriving).values()).groups):
        for one in each.claims:
            for own in set(joining_ids(one)) - each.void:
                holders.setdefault(own, set()).add(place)
    assert all(len(places) == 1 for places in holders.values())


@law
@given(claims())
def test_an_id_is_void_only_between_two_responses(arriving: list[Claim]) -> None:
    grouping = group(merge(arriving).values())
    if len(responses(one for each in grouping.groups for one in each.claims)) < 2:
        assert not any(each.void for each in grouping.groups)
        assert all(not joining_ids(one) for one in grouping.orphans)


@law
@given(claims())
def test_calls_have_names_of_their_own(arriving: list[Claim]) -> None:
    names = [conclude(each, NO_LIST).call_id for each in group(merge(arriving).values()).groups]
    assert len(names) == len(set(names))


@law
@given(claims(), claims())
def test_strangers_change_nothing(arriving: list[Claim], others: list[Claim]) -> None:
    """Claims without a shared id are grouped apart and together alike: so a store may look at one cluster alone."""
    ids = {one for member in arriving for one in member.ids}
    strangers = [member for member in others if not ids & set(member.ids)]
    mine, theirs = merge(arriving), merge(strangers)
    both = group([*mine.values(), *theirs.values()])
    assert parts(both) == parts(group(mine.values())) | parts(group(theirs.values()))


def test_one_call_seen_by_four_observers() -> None:
    """The proxy, the transcript, Claude Code's own telemetry and a gateway name it by different ids."""
    proxy = claim(
        Source.PROXY,
        response("msg_01"),
        request("req_01"),
        client_request("5f1c"),
        channel=Channel.ANTHROPIC,
        usage=Usage(input=14, cache_read=20_000, cache_write_5m=300, output=250),
    )
    log = claim(Source.LOG, response("msg_01"), request("req_01"), usage=Usage(input=14, cache_read=20_000, output=1))
    otel = claim(Source.OTEL, request("req_01"), client_request("5f1c"), reported_cost_nano_usd=10_556_000)
    gateway = claim(Source.GATEWAY, response("msg_01"), observer="gateway-1", usage=Usage(input=20_314, output=250))
    (call,) = [conclude(each, NO_LIST) for each in group([proxy, log, otel, gateway]).groups]
    assert call.sources == (Source.PROXY, Source.GATEWAY, Source.OTEL, Source.LOG)
    assert call.usage == Usage(input=14, cache_read=20_000, cache_write_5m=300, output=250)
    assert call.ids == (response("msg_01"), request("req_01"), client_request("5f1c"))
    assert call.reported_cost_nano_usd == 10_556_000
    assert group([gateway, log, otel, proxy]) == group([proxy, log, otel, gateway])


def test_a_retried_call_whose_log_names_the_first_attempt_stays_two_calls() -> None:
    first = claim(Source.PROXY, response("msg_1"), request("req_1"))
    second = claim(Source.PROXY, response("msg_2"), request("req_2"))
    log_of_second = claim(Source.LOG, response("msg_2"), request("req_1"))
    grouping = group([first, second, log_of_second])
    assert together(first, second, log_of_second) == [[0], [1, 2]]
    assert all("void_ids" in conclude(each, NO_LIST).flags for each in grouping.groups)


def test_who_has_only_the_void_request_id_opens_no_call() -> None:
    first = claim(Source.PROXY, response("msg_1"), request("req_1"))
    log_of_second = claim(Source.LOG, response("msg_2"), request("req_1"))
    telemetry = claim(Source.OTEL, request("req_1"))
    assert together(telemetry) == [[0]]
    assert together(telemetry, first) == [[0, 1]]
    assert together(telemetry, first, log_of_second) == [[1], [2]]
    assert group([telemetry, first, log_of_second]).orphans == (telemetry,)


def test_a_weaker_id_still_places_a_claim_whose_request_id_is_void() -> None:
    first = claim(Source.PROXY, response("msg_1"), request("req_1"), client_request("c-1"), channel=Channel.ANTHROPIC)
    log_of_second = claim(Source.LOG, response("msg_2"), request("req_1"))
    telemetry = claim(Source.OTEL, request("req_1"), client_request("c-1"), channel=Channel.ANTHROPIC)
    assert together(first, log_of_second, telemetry) == [[0, 2], [1]]


@law
@given(st.integers(2, 6), st.sampled_from((Channel.OPENAI, Channel.CHATGPT, None)), st.booleans())
def test_a_codex_thread_never_becomes_one_call(calls: int, channel: Channel | None, with_response: bool) -> None:
    """Session, thread and turn are shared by all calls of a thread, and its client request id is the thread."""
    thread = [
        claim(
            source,
            *([response(f"resp_{place}")] if with_response else []),
            derived(f"thread-1:{place * 100}"),
            client_request("thread-1"),
            tool=Tool.CODEX,
            channel=channel,
            session_id="thread-1",
            turn_id="turn-1",
            started_at=NOON + place * SECOND,
            ended_at=NOON + place * SECOND,
        )
        for place in range(calls)
        for source in (Source.LOG, Source.PROXY)
    ]
    assert together(*thread) == [[2 * place, 2 * place + 1] for place in range(calls)]


def test_responses_of_two_namespaces_may_be_one_call() -> None:
    """A gateway that mints its own response id beside the provider's."""
    proxy = claim(Source.PROXY, response("msg_1"), request("req_1"))
    gateway = claim(Source.GATEWAY, response("chatcmpl-1"), request("req_1"))
    assert together(proxy, gateway) == [[0, 1]]
    assert together(proxy, claim(Source.GATEWAY, response("msg_bdrk_1"), request("req_1"))) == [[0], [1]]


def test_a_link_joins_what_has_no_id_in_common() -> None:
    rollout = claim(Source.LOG, derived("thread-1:100"), link("l-1"))
    wire = claim(Source.PROXY, response("resp_1"), link("l-1"))
    assert together(rollout, wire) == [[0, 1]]
    assert together(claim(Source.LOG, derived("thread-1:100")), claim(Source.PROXY, response("resp_1"))) == [[0], [1]]


def test_a_link_never_joins_two_responses() -> None:
    rollout = claim(Source.LOG, derived("thread-1:100"), link("l-1"))
    one = claim(Source.PROXY, response("resp_1"), link("l-1"))
    two = claim(Source.PROXY, response("resp_2"), link("l-1"))
    assert together(rollout, one, two) == [[0], [1], [2]]


def test_a_claim_without_a_joining_id_opens_no_call() -> None:
    guessed = claim(Source.LOG, client_request("c-1"), channel=Channel.ANTHROPIC, basis={"channel": Basis.SHAPE})
    lonely = join(guessed, replace(guessed, fields={"channel": Register(Basis.OBSERVED, 0, "gateway")}))
    assert group([lonely]) == Grouping(groups=(), orphans=(lonely,))
    other = claim(Source.PROXY, response("resp_1"))
    assert group([lonely, other]).orphans == (lonely,)
