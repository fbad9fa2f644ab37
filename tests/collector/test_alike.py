"""What is remembered of spans that are alike changes no answer: every span reads as if it were the first."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.collector.claim_maker import make_claim, make_request, make_span
from tests.support.law import law
from tests.support.strange_claims import strange_claims
from tollbook import attributes as names
from tollbook.claim import Claim
from tollbook.vocabulary import Source
from tollbook_collector.receivers import alike, spans
from tollbook_collector.receivers.alike import Alike
from tollbook_collector.receivers.envelope import open_envelope
from tollbook_collector.receivers.spans import Read, read_spans


def read(*some: Span) -> Read:
    parts = open_envelope(make_request(some))
    assert isinstance(parts, tuple)
    return read_spans(parts)


def fresh(monkeypatch: pytest.MonkeyPatch) -> Alike:
    memory = Alike()
    monkeypatch.setattr(spans, "_ALIKE", memory)
    return memory


def read_each_as_the_first(*some: Span) -> list[Read]:
    done: list[Read] = []
    for one in some:
        with pytest.MonkeyPatch.context() as patch:
            fresh(patch)
            done.append(read(one))
    return done


def disturbed(span: Span, others: list[Span], choice: Random) -> Span:
    """The span with an attribute lost, doubled, taken from another span, of another type, or in another place."""
    changed = Span()
    changed.CopyFrom(span)
    attributes = list(span.attributes)
    place = choice.randrange(len(attributes))
    stranger = choice.choice(choice.choice(others).attributes)
    match choice.randrange(7):
        case 0:
            del attributes[place]
        case 1:
            attributes.insert(place, attributes[choice.randrange(len(attributes))])
        case 2:
            attributes.insert(place, stranger)
        case 3:
            attributes[place] = stranger
        case 4:
            attributes[place], attributes[0] = attributes[0], attributes[place]
        case 5:
            attributes[place] = type(stranger)(key=attributes[place].key)
            attributes[place].value.bool_value = True
        case _:
            attributes[place] = type(stranger)(key=attributes[place].key)
            attributes[place].value.int_value = choice.choice((-1, 0, 5, 2**62))
    del changed.attributes[:]
    changed.attributes.extend(attributes)
    return changed


@law
@given(st.lists(strange_claims(), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_a_span_reads_the_same_whatever_was_read_before(claims: list[Claim], choice: Random) -> None:
    some = [make_span(one) for one in [*claims, *map(make_claim, range(3)), make_claim(1, Source.LOG)]]
    mixed = [*some, *(disturbed(choice.choice(some), some, choice) for _ in range(12)), *some]
    with pytest.MonkeyPatch.context() as patch:
        fresh(patch)
        remembered = [read(one) for one in mixed]
    assert remembered == read_each_as_the_first(*mixed)


def test_calls_that_are_alike_are_read_in_full_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(monkeypatch)
    claims = [make_claim(number) for number in range(30)]
    whole: list[object] = []
    read_whole = spans._read_whole  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(spans, "_read_whole", lambda *given: whole.append(given) or read_whole(*given))
    assert read(*map(make_span, claims)).claims == tuple(claims)
    assert len(whole) == 4, "each model once, and once what wrote nothing to a cache"


def test_the_text_of_an_id_is_looked_at_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(monkeypatch)
    good, bad = make_span(make_claim(0)), make_span(make_claim(0))
    for attribute in bad.attributes:
        if "msg_" in attribute.value.string_value:
            attribute.value.string_value = attribute.value.string_value.replace("msg_0", "msg_\0")
    done = read(good, bad)
    assert done.claims == (make_claim(0),)
    assert [problem.reason for problem in done.problems] == ["span_malformed"]


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = fresh(monkeypatch)
    monkeypatch.setattr(alike, "MAX_KINDS", 3)
    claims = [make_claim(number) for number in range(0, 200, 10)]
    assert read(*map(make_span, claims)).claims == tuple(claims)
    assert 1 <= len(memory) <= 2 * 3, "two generations"


def test_a_resource_that_speaks_of_the_call_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(monkeypatch)
    claim, name = make_claim(0), "session.id"
    whole, bare = make_span(claim), make_span(claim)
    (session,) = [one for one in whole.attributes if one.key == name]
    del bare.attributes[:]
    bare.attributes.extend([one for one in whole.attributes if one.key != name])
    assert "session_id" not in read(bare).claims[0].fields
    parts = open_envelope(make_request([bare], {name: session.value.string_value}))
    assert isinstance(parts, tuple)
    assert read_spans(parts).claims == read(whole).claims == (claim,)


def test_another_key_in_the_place_of_one_that_varies_is_another_attribute(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh(monkeypatch)
    claim, name = make_claim(1), names.USAGE_PREFIX + "output"
    known, other = make_span(claim), make_span(claim)
    (count,) = [one for one in other.attributes if one.key == name]
    count.key = name[:-1] + "_"
    done = read(known, known, other)
    assert done.claims == (claim, claim, *read_each_as_the_first(other)[0].claims)
    assert done.claims[2] != claim
