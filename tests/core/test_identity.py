"""Ids: classified by shape, hashed the same everywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.domain import derived, link, request, response
from tests.support.law import law
from tollbook.identity import (
    Id,
    alias_key,
    call_id,
    classify,
    digest,
    names_response,
    namespace,
    span_id,
    strength,
    trace_id,
)
from tollbook.vocabulary import ID_STRENGTH, IdKind


@pytest.mark.parametrize("value", ["msg_01J", "msg_bdrk_01J", "msg_vrtx_01J", "resp_68a", "chatcmpl-9", "gen-17"])
def test_a_response_id_is_one_whatever_field_it_came_in(value: str) -> None:
    assert classify(IdKind.REQUEST, value) == response(value)
    assert classify(IdKind.RESPONSE, value) == response(value)
    assert names_response(value)


def test_claude_codes_spans_put_the_request_id_into_the_response_field() -> None:
    assert classify(IdKind.RESPONSE, "req_011CJ") == request("req_011CJ")
    assert not names_response("req_011CJ")


@law
@given(st.sampled_from(IdKind), st.uuids().map(str))
def test_other_shapes_keep_the_kind_of_their_field(kind: IdKind, value: str) -> None:
    assert classify(kind, value) == Id(kind, value)


@law
@given(st.sampled_from(IdKind), st.sampled_from(("msg_1", "req_1", "resp_1", "5f1c", "")))
def test_classifying_twice_changes_nothing(kind: IdKind, value: str) -> None:
    once = classify(kind, value)
    assert classify(once.kind, once.value) == once


def test_namespaces() -> None:
    assert namespace("msg_1") == namespace("msg_bdrk_1") == namespace("msg_vrtx_1")
    assert len({namespace(value) for value in ("msg_1", "resp_1", "chatcmpl-1", "gen-1", "0a1b")}) == 5


def test_strength_is_the_kind_first_then_the_smaller_value() -> None:
    ids = [link("a"), derived("b"), request("r2"), request("r1"), response("z")]
    assert sorted(ids, key=strength) == [response("z"), request("r1"), request("r2"), derived("b"), link("a")]
    assert [kind.value for kind in ID_STRENGTH] == [
        *("response", "request", "client_request", "generation", "gateway_call", "derived", "link")
    ]


def test_a_call_id_is_blake2b_128_of_kind_and_value() -> None:
    """Fixed for ever: stored aliases and links that people keep depend on it."""
    assert call_id(response("msg_1")) == "9d58ca67144487db86d704a932530dbf"
    assert call_id(response("msg_1")) != call_id(request("msg_1"))


@law
@given(st.sampled_from(IdKind), st.text(st.characters(exclude_categories=("Cs",))))
def test_an_alias_key_is_the_head_of_the_call_id(kind: IdKind, value: str) -> None:
    one = Id(kind, value)
    key = alias_key(digest(one))
    assert -(2**63) <= key < 2**63
    assert key.to_bytes(8, "big", signed=True).hex() == call_id(one)[:16]


def test_calls_of_a_session_share_a_trace_and_tools_do_not() -> None:
    assert trace_id("codex", "s-1", "claim 1") == trace_id("codex", "s-1", "claim 2")
    assert trace_id("codex", "s-1", "") != trace_id("claude-code", "s-1", "")
    assert trace_id("codex", None, "claim 1") != trace_id("codex", None, "claim 2")
    assert len(trace_id("codex", "s-1", "")) == 16
    assert len(span_id(b"bytes")) == 8
