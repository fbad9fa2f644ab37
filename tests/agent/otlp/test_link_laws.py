"""The laws of fuzzy linking: one to one, whatever the order, the same when it is done again."""

import itertools
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.vocabulary import IdKind, Source, Tool
from tollbook_agent.capture.link import MAX_APART_NS, MAX_WAITING, Candidate, Counts, Loose, Waiting, link

SECOND = 1_000_000_000
_times = st.integers(0, 12).map(lambda half: half * SECOND // 2)
_counts = st.sampled_from([Counts(10, 0, 0, 5, 0), Counts(20, 4, 0, 5, 1)])
_words = st.sampled_from(["a", "b"])


@st.composite
def reports(draw: st.DrawFn) -> list[Loose]:
    found = draw(st.lists(st.tuples(_words, st.sampled_from(["m", None]), _counts, _times), max_size=6))
    return [loose(f"link{number}", *each) for number, each in enumerate(found)]


@st.composite
def candidates(draw: st.DrawFn) -> list[Candidate]:
    found = draw(st.lists(st.tuples(_words, _counts, _times, st.sampled_from([None, "link0", "link1"])), max_size=6))
    return [call(f"resp_{number}", *each) for number, each in enumerate(found)]


def loose(name: str, conversation: str, model: str | None, counts: Counts, at_ns: int) -> Loose:
    own = (Id(IdKind.LINK, name),)
    sighting = Sighting(source=Source.OTEL, tool=Tool.CODEX, ids=own, started_at=at_ns, ended_at=at_ns)
    return Loose(sighting=sighting, conversation=conversation, model=model, counts=counts, at_ns=at_ns)


def call(name: str, conversation: str, counts: Counts, at_ns: int, linked: str | None = None) -> Candidate:
    return Candidate(
        id=Id(IdKind.RESPONSE, name),
        conversations=frozenset({conversation, f"thread-{name}"}),
        models=frozenset({"m"}),
        counts=counts,
        ended_at=at_ns,
        linked=frozenset({Id(IdKind.LINK, linked)} if linked else ()),
    )


@law
@given(reports(), candidates(), st.randoms(use_true_random=False))
def test_one_to_one_and_no_order(some: list[Loose], calls: list[Candidate], random: Random) -> None:
    facts, unmatched = link(some, calls)
    used = [fact.ids[0] for fact in facts]
    own = [fact.ids[1] for fact in facts]
    assert len(set(used)) == len(used)
    assert len(set(own)) == len(own)
    assert sorted([*own, *(each.sighting.ids[0] for each in unmatched)]) == sorted(
        each.sighting.ids[0] for each in some
    )
    random.shuffle(some)
    random.shuffle(calls)
    assert link([*some, *some], [*calls, *calls]) == (facts, unmatched)


@law
@given(reports(), candidates())
def test_only_what_fits_is_linked(some: list[Loose], calls: list[Candidate]) -> None:
    by_link = {each.sighting.ids[0]: each for each in some}
    by_id = {each.id: each for each in calls}
    for fact in link(some, calls).facts:
        report, candidate = by_link[fact.ids[1]], by_id[fact.ids[0]]
        assert report.counts == candidate.counts
        assert report.conversation in candidate.conversations
        assert abs(report.at_ns - candidate.ended_at) <= MAX_APART_NS
        assert not candidate.linked or fact.ids[1] in candidate.linked


@law
@given(reports(), candidates())
def test_nobody_is_left_who_could_have_been_linked(some: list[Loose], calls: list[Candidate]) -> None:
    facts, unmatched = link(some, calls)
    used = {fact.ids[0] for fact in facts}
    free = [each for each in calls if each.id not in used]
    assert not any(link([report], [candidate]).facts for report, candidate in itertools.product(unmatched, free))


def test_a_report_sent_again_finds_the_call_it_had() -> None:
    counts = Counts(10, 0, 0, 5, 0)
    report = loose("once", "a", "m", counts, 4 * SECOND)
    mine, nearer = call("resp_1", "a", counts, 0, "once"), call("resp_2", "a", counts, 4 * SECOND)
    assert [fact.ids[0] for fact in link([report], [nearer, mine]).facts] == [mine.id]


def test_those_that_wait_are_bounded() -> None:
    waiting = Waiting()
    counts = Counts(10, 0, 0, 5, 0)
    many = [loose(f"link{number}", "a", "m", counts, 0) for number in range(MAX_WAITING + 3)]
    problems = waiting.add(many)
    assert [problem.reason for problem in problems] == ["too_many_waiting"] * 3
    assert len(waiting) == MAX_WAITING
    assert waiting.conversations == frozenset({"a"})
