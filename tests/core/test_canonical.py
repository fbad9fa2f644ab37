"""Canonical bytes: what is stored is the claim, whole, and equal claims are equal bytes."""

import json

import pytest
from hypothesis import given

from tests.support.claims import claims_of_one_key
from tests.support.domain import NOON, claim, response
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook.canonical import known_as, parse, rank_of, ranked_as, write
from tollbook.claim import Claim, join
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Channel, Evidence, Source
from tollbook.work import EVIDENCE_RANK, Known, Work

MSG = response("msg_1")


@law
@given(strange_claims())
def test_what_is_written_is_read_again(one: Claim) -> None:
    raw = write(one)
    assert parse(raw) == one
    assert parse(raw.decode()) == one
    assert write(parse(raw)) == raw


@law
@given(claims_of_one_key())
def test_equal_claims_are_equal_bytes(three: list[Claim]) -> None:
    one, two, other = three
    assert write(join(join(one, two), other)) == write(join(other, join(two, one)))
    assert (write(one) == write(two)) == (one == two)
    assert parse(write(join(one, two))) == join(one, two)


def test_fields_that_share_their_order_say_it_once() -> None:
    raw = json.loads(write(claim(Source.LOG, MSG, channel=Channel.ANTHROPIC, session_id="s-1")))
    assert raw["d"] == -NOON
    assert raw["f"] == {"tool": "claude-code", "channel": "anthropic", "session_id": "s-1"}


@pytest.mark.parametrize("evidence", Evidence)
def test_evidence_is_stored_by_name_so_that_ranks_may_change(evidence: Evidence) -> None:
    work = Work(tickets=Known("PAY-1", evidence), tags={"bet": Known("checkout", evidence)})
    raw = json.loads(write(claim(Source.LOG, MSG, work=work)))
    assert raw["f"]["tickets"] == ["PAY-1", evidence]
    assert raw["f"]["tag.bet"] == ["checkout", evidence]


def test_a_weaker_basis_is_stored_beside_its_field() -> None:
    made = claim(Source.LOG, MSG, channel=Channel.BEDROCK, basis={"channel": Basis.SHAPE})
    assert json.loads(write(made))["f"]["channel"] == ["bedrock", Basis.SHAPE]


def test_unknown_usage_is_absent_and_zero_usage_is_not() -> None:
    assert "u" not in json.loads(write(claim(Source.LOG, MSG)))
    assert json.loads(write(claim(Source.LOG, MSG, usage=Usage())))["u"] == [0] * 10


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"k":["a","log","response","msg_1"]}', b'{"k":[1,2]}'])
def test_other_bytes_are_refused(raw: bytes) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        parse(raw)


def test_every_rank_of_every_field_has_a_name_and_back() -> None:
    for field, ranks in EVIDENCE_RANK.items():
        name = "tag.bet" if field == "tags" else field
        for evidence, rank in ranks.items():
            assert known_as(name, rank) == evidence
            assert rank_of(name, evidence) == rank
    for basis in Basis:
        assert rank_of("channel", known_as("channel", basis)) == basis


def test_only_fields_of_work_are_ranked_by_evidence() -> None:
    assert ranked_as("branch") == "branch"
    assert ranked_as("tag.anything") == "tags"
    assert ranked_as("channel") is None
    assert ranked_as("scope.region") is None


def test_no_evidence_and_no_basis_have_no_rank() -> None:
    with pytest.raises((KeyError, ValueError)):
        rank_of("branch", "hearsay")
    with pytest.raises((KeyError, ValueError)):
        rank_of("channel", 4)
