"""Spans that others wrote: what is wrong with one becomes a Problem, or it is a claim that can be stored and priced."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.charges import charge_of
from tests.support.domain import NOON, SECOND, claim, link, made_for, request, response
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook import attributes as names
from tollbook.booked import book_row
from tollbook.booking import alias_keys
from tollbook.canonical import SCHEMA, parse, write
from tollbook.checked import MAX_COUNT, MAX_INT
from tollbook.claim import Claim
from tollbook.conclude import conclude
from tollbook.document import document
from tollbook.group import group
from tollbook.problem import Problem
from tollbook.spans import decode, encode
from tollbook.ticket import NO_LIST
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, Source

SENT = encode(
    claim(
        Source.PROXY,
        response("msg_1"),
        request("req_1"),
        link("l-1"),
        channel=Channel.ANTHROPIC,
        usage=Usage(input=14, output=250, reasoning=40),
        extra={"advisor": Usage(output=4)},
        reported_cost_nano_usd=5,
        work=made_for(branch=("main", Evidence.HEAD), repo=("shop/api", Evidence.WORKTREE)),
    )
)


def read(changes: Mapping[str, Any], started: int = NOON, ended: int = NOON + SECOND) -> Claim | Problem:
    """The example span with some attributes replaced; `None` removes one."""
    attributes = {**SENT.attributes, **changes}
    return decode({name: value for name, value in attributes.items() if value is not None}, started, ended, "span 7")


def refused(changes: Mapping[str, Any], started: int = NOON, ended: int = NOON + SECOND) -> str:
    """The reason of the Problem."""
    found = read(changes, started, ended)
    assert isinstance(found, Problem), found
    assert found.permanent
    assert found.where == "span 7"
    return found.reason


def assert_usable(one: Claim) -> None:
    """A claim that was let in can be stored, found, joined, priced and shown."""
    assert parse(write(one)) == one
    assert all(-(2**63) <= key < 2**63 for key in alias_keys(one))
    assert 0 < one.started_at <= one.ended_at < 2**63
    for each in group([one]).groups:
        call = conclude(each, NO_LIST)
        row = book_row(call, charge_of(call))
        assert all(not isinstance(value, int) or -(2**63) <= value < 2**63 for value in row)
        assert document(call, charge_of(call))["call_id"] == call.call_id


NO_TEXTS: list[Any] = [
    None,
    True,
    0,
    -1,
    2,
    2**63,
    2**64,
    10**30,
    1.5,
    float("nan"),
    float("inf"),
    b"bytes",
    [],
    [1],
    {},
]
TEXTS = ["", " ", "a b c d", "laptop-ada proxy response msg_1", "laptop log response msg_9", "msg_9", "\ud800", "\0"]
NO_JSON = ["{", "NaN", "[" * 100_000, '{"a":' * 100_000, "9" * 5_000]
JSON = [
    *("[]", "{}", "[[]]", "[1,2]", "null", '[["request"]]', '[["response","msg_0"]]', '[["request","\\ud800"]]'),
    *('{"branch":[]}', '{"branch":["head",1e400]}', '{"branch":"head"}', '{"branch":["hearsay"]}', '{"tool":[7]}'),
    *('{"tool":[1,5]}', '{"m":[1]}', '{"m":[0,0,0,0,0,0,0,1,2,0]}', '{"\\ud800":[0,0,0,0,0,0,0,1,1,0]}'),
]
BROKEN = st.sampled_from([*NO_TEXTS, *TEXTS, *NO_JSON, *JSON])
FOREIGN = (names.OWNER, "tollbook.tag.x", "tollbook.tag.\0")
ATTRIBUTES = sorted({*SENT.attributes, *names.FIELD_ATTRIBUTES.values(), *FOREIGN})


@law
@given(st.dictionaries(st.sampled_from(ATTRIBUTES), BROKEN, min_size=1, max_size=3))
def test_broken_attributes_never_raise(changes: dict[str, Any]) -> None:
    found = read(changes)
    if isinstance(found, Claim):
        assert_usable(found)


@law
@given(strange_claims(), st.data())
def test_a_missing_attribute_never_raises(one: Claim, data: st.DataObject) -> None:
    span = encode(one)
    lost = data.draw(st.sets(st.sampled_from(sorted(span.attributes)), min_size=1, max_size=3))
    left = {name: value for name, value in span.attributes.items() if name not in lost}
    found = decode(left, span.started_at, span.ended_at, "span")
    if isinstance(found, Claim):
        assert_usable(found)
        sent = {name: register.value for name, register in one.fields.items() if name != "repo"}
        assert {
            name: register.value for name, register in found.fields.items() if name != "repo"
        }.items() <= sent.items()


@pytest.mark.parametrize("name", [names.SCHEMA, names.CLAIM, names.QUALITY, names.READER_EPOCH, names.ORDER])
def test_what_every_span_must_carry(name: str) -> None:
    assert refused({name: None}) == "span_incomplete"


def test_a_newer_schema_is_refused_until_the_collector_is_upgraded() -> None:
    found = read({names.SCHEMA: SCHEMA + 1})
    assert isinstance(found, Problem)
    assert (found.reason, found.remedy) == ("unknown_schema", "Upgrade the collector.")


def test_a_field_of_work_must_say_how_it_is_known() -> None:
    """Its evidence decides between observers: to guess one would give somebody's branch the wrong weight."""
    assert refused({names.KNOWN: None}) == "span_malformed"
    assert refused({names.KNOWN: '{"repo":["worktree"]}'}) == "span_malformed"
    assert refused({"tollbook.tag.bet": "checkout"}) == "span_malformed"
    assert refused({names.KNOWN: '{"repo":["worktree"],"branch":["hearsay"]}'}) == "span_malformed"


def test_a_claim_is_named_by_its_strongest_id() -> None:
    assert refused({names.CLAIM: "laptop-ada proxy request req_1"}) == "span_malformed"
    assert refused({names.CLAIM: "laptop-ada proxy response msg_9"}) == "span_malformed"
    assert refused({names.MORE_IDS: '[["response","msg_0"]]'}) == "span_malformed"


def test_an_empty_id_is_refused() -> None:
    assert refused({names.REQUEST_ID: ""}) == "span_malformed"


@pytest.mark.parametrize(
    ("started", "ended"), [(0, NOON), (-1, NOON), (NOON, NOON - 1), (NOON, 2**63), (2**63, 2**63 + 1)]
)
def test_times_must_be_in_order_and_in_range(started: int, ended: int) -> None:
    assert refused({}, started, ended) == "span_malformed"


@pytest.mark.parametrize("value", [-1, MAX_COUNT + 1, 1.0, "14", True])
def test_counts_are_whole_and_believable(value: object) -> None:
    assert refused({"tollbook.usage.input": value}) == "span_malformed"


@pytest.mark.parametrize("name", [names.ORDER, names.REPORTED_COST])
@pytest.mark.parametrize("value", [MAX_INT + 1, -MAX_INT - 1, 1e400, "7"])
def test_integers_fit_64_bits(name: str, value: object) -> None:
    assert refused({name: value}) == "span_malformed"
    assert refused({names.KNOWN: f'{{"repo":["head"],"branch":["head",{MAX_INT + 1}]}}'}) == "span_malformed"


@pytest.mark.parametrize("bad", ["a\0b", "\ud800"])
@pytest.mark.parametrize("name", [names.BRANCH, names.SESSION_ID, names.REQUEST_ID, names.OWNER])
def test_text_that_no_store_keeps_is_refused(name: str, bad: str) -> None:
    assert refused({name: bad}) == "span_malformed"


@pytest.mark.parametrize("bad", ["\\u0000", "\\ud800"])
def test_text_that_no_store_keeps_is_refused_inside_json_too(bad: str) -> None:
    assert refused({names.USAGE_EXTRA: f'{{"{bad}":[0,0,0,0,0,0,0,4,4,0]}}'}) == "span_malformed"
    assert refused({names.MORE_IDS: f'[["link","{bad}"]]'}) == "span_malformed"


@pytest.mark.parametrize("name", [names.KNOWN, names.USAGE_EXTRA, names.MORE_IDS])
def test_bottomless_json_is_refused(name: str) -> None:
    for deep in ("[" * 100_000, '{"a":' * 100_000):
        assert refused({name: deep}) == "span_malformed"


def test_reasoning_beyond_output_is_refused() -> None:
    assert refused({"tollbook.usage.reasoning": 251}) == "span_malformed"
    assert refused({names.USAGE_EXTRA: '{"advisor":[0,0,0,0,0,0,0,4,5,0]}'}) == "span_malformed"


def test_the_largest_numbers_that_are_let_in_fit_every_store() -> None:
    found = read({"tollbook.usage.input": MAX_COUNT, names.REPORTED_COST: MAX_INT}, 1, MAX_INT)
    assert isinstance(found, Claim)
    assert_usable(found)


def test_attributes_of_others_are_not_looked_at() -> None:
    assert read({"gen_ai.input.messages": ["a prompt"], "vcs.change.title": 7}) == read({})


SECRET = "sk-ant-secret"


@law
@given(
    st.sampled_from(ATTRIBUTES), st.sampled_from((SECRET, f'{{"{SECRET}":1}}', f'[["{SECRET}","{SECRET}"]]', [SECRET]))
)
def test_a_problem_tells_nothing_of_the_content(name: str, value: object) -> None:
    found = read({name: value})
    if isinstance(found, Problem):
        assert SECRET not in repr(found)
