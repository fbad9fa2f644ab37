"""Counters of a call: whole from the observer believed most, refined where that adds knowledge, never summed."""

from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.claims import claims
from tests.support.domain import claim, request, response
from tests.support.law import law
from tollbook.choose import most_believed
from tollbook.claim import Claim, join, merge
from tollbook.conclude_counters import Counters, conclude_counters
from tollbook.usage import Usage
from tollbook.vocabulary import SOURCE_STRENGTH, Quality, Source

MSG = response("msg_1")


def counters(*members: Claim) -> Counters:
    """The same whatever the order."""
    concluded = conclude_counters(members)
    assert conclude_counters(members[::-1]) == concluded
    return concluded


def saw(source: Source, quality: Quality = Quality.FINAL, **counts: int) -> Claim:
    return claim(source, MSG, quality=quality, usage=Usage(**counts))


@law
@given(claims().filter(bool), st.randoms(use_true_random=False))
def test_counters_depend_on_the_set_only(arriving: list[Claim], shuffle: Random) -> None:
    members = list(merge(arriving).values())
    expected = conclude_counters(tuple(members))
    shuffle.shuffle(members)
    assert conclude_counters(tuple(members)) == expected


@law
@given(claims().filter(bool))
def test_input_and_output_come_whole_from_the_best_claim(arriving: list[Claim]) -> None:
    members = tuple(merge(arriving).values())
    concluded = conclude_counters(members)
    counting = [one for one in members if one.totals is not None]
    if not counting:
        assert concluded.usage is None
        assert "usage_unknown" in concluded.flags
        return
    best = most_believed(counting)[0]
    assert best.totals is not None
    assert concluded.usage is not None
    own = best.totals.usage()
    for name in ("input", "cache_read", "cache_write_total", "output", "reasoning", "web_searches"):
        assert getattr(concluded.usage, name) == getattr(own, name)
    assert concluded.quality is best.quality


@pytest.mark.parametrize(("better", "worse"), list(pairwise(SOURCE_STRENGTH)))
def test_at_equal_quality_the_better_source_counts(better: Source, worse: Source) -> None:
    assert counters(saw(worse, output=250), saw(better, output=251)).usage == Usage(output=251)


def test_quality_comes_before_source() -> None:
    """A stream that broke off on the wire, complete in the log."""
    wire = saw(Source.PROXY, Quality.PARTIAL, input=14, output=9)
    log = saw(Source.LOG, input=14, output=250)
    assert counters(wire, log).usage == Usage(input=14, output=250)
    assert counters(wire, log).quality is Quality.FINAL
    assert counters(wire, log).flags == ()


def test_what_is_no_final_count_is_flagged() -> None:
    assert counters(saw(Source.LOG, Quality.PLACEHOLDER, output=1)).flags == ("placeholder_counts",)
    assert counters(saw(Source.PROXY, Quality.PARTIAL, output=9)).flags == ("partial_counts",)
    assert counters(saw(Source.PROXY, output=9)).flags == ()


def test_unknown_usage_is_not_zero() -> None:
    silent = claim(Source.PROXY, MSG, quality=Quality.FINAL)
    assert counters(silent).usage is None
    assert counters(silent, saw(Source.LOG, Quality.PLACEHOLDER, output=1)).usage == Usage(output=1)
    assert counters(saw(Source.PROXY)).usage == Usage()


def test_a_lifetime_split_of_the_same_total_refines_the_best_claim() -> None:
    gateway = saw(Source.GATEWAY, input=14, cache_write=300, output=250)
    log = saw(Source.LOG, input=14, cache_write_5m=100, cache_write_1h=200, output=249)
    assert counters(gateway, log).usage == Usage(input=14, cache_write_5m=100, cache_write_1h=200, output=250)


def test_a_split_of_another_total_says_nothing() -> None:
    gateway = saw(Source.GATEWAY, cache_write=300)
    log = saw(Source.LOG, cache_write_5m=299)
    assert counters(gateway, log).usage == Usage(cache_write=300)


def test_a_split_that_exceeds_its_own_total_refines_nothing() -> None:
    """A log that named one lifetime first and then the other: the join keeps both, and knows too much."""
    gateway = saw(Source.GATEWAY, cache_write=300)
    log = join(saw(Source.LOG, cache_write_5m=300), saw(Source.LOG, cache_write_1h=300))
    assert counters(gateway, log).usage == Usage(cache_write=300)


def test_a_whole_split_is_never_replaced() -> None:
    wire = saw(Source.PROXY, cache_write_5m=300)
    log = saw(Source.LOG, cache_write_1h=300)
    assert counters(wire, log).usage == Usage(cache_write_5m=300)


def test_who_cannot_see_other_models_is_silent_and_not_zero() -> None:
    wire = claim(Source.PROXY, MSG, usage=Usage(output=250))
    log = claim(Source.LOG, MSG, usage=Usage(output=250), extra={"advisor": Usage(input=3, output=4)})
    assert counters(wire, log).extra == {"advisor": Usage(input=3, output=4)}


def test_other_models_come_from_the_best_claim_that_saw_any() -> None:
    wire = claim(Source.PROXY, MSG, extra={"advisor": Usage(output=5)})
    log = claim(Source.LOG, MSG, extra={"advisor": Usage(output=4), "haiku": Usage(output=1)})
    assert counters(wire, log).extra == {"advisor": Usage(output=5)}


@pytest.mark.parametrize(
    ("other", "flagged"), [(1_000, False), (990, False), (989, True), (1_010, False), (1_011, True)]
)
def test_sources_more_than_one_percent_apart_are_flagged(other: int, flagged: bool) -> None:
    """One percent of the greater count."""
    output = counters(saw(Source.PROXY, output=1_000), saw(Source.LOG, output=other))
    assert ("sources_disagree_output" in output.flags) == flagged
    prompt = counters(saw(Source.PROXY, input=1, cache_read=999), saw(Source.LOG, cache_write=other))
    assert ("sources_disagree_input" in prompt.flags) == flagged


def test_a_disagreement_is_a_flag_and_never_a_sum() -> None:
    concluded = counters(saw(Source.PROXY, output=100), saw(Source.LOG, output=200))
    assert concluded.usage == Usage(output=100)
    assert concluded.flags == ("sources_disagree_output",)


def test_only_final_counts_can_disagree() -> None:
    assert counters(saw(Source.PROXY, output=100), saw(Source.LOG, Quality.PLACEHOLDER, output=1)).flags == ()


def test_a_tie_goes_to_the_smallest_canonical_bytes() -> None:
    one = claim(Source.PROXY, MSG, request("req_1"), observer="a", usage=Usage(output=7))
    two = claim(Source.PROXY, MSG, request("req_1"), observer="b", usage=Usage(output=7, input=1))
    assert counters(one, two).usage == Usage(output=7)
