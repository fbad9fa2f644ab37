"""Usage and its joinable form: counts are disjoint, and who saw the whole adds nothing to who saw the parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook.usage import FIELDS, Totals, Usage, join_optional


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    counts = dict(zip(FIELDS, draw(st.lists(st.integers(0, 3), min_size=10, max_size=10)), strict=True))
    return Usage(**{**counts, "reasoning": min(counts["reasoning"], counts["output"])})


totals = usages().map(Totals.of)


def test_a_count_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        Usage(input=-1)


def test_reasoning_is_a_part_of_output() -> None:
    assert Usage(output=5, reasoning=5).output == 5
    with pytest.raises(ValueError, match="reasoning"):
        Usage(output=5, reasoning=6)


def test_the_prompt_is_all_that_went_in() -> None:
    usage = Usage(input=14, cache_read=20_000, cache_write_5m=300, cache_write=7, output=250)
    assert usage.cache_write_total == 307
    assert usage.prompt == 20_321


def test_the_documented_names_are_in_the_documented_order() -> None:
    assert list(Usage().as_dict()) == [
        *("input", "cache_read", "cache_write_5m", "cache_write_30m", "cache_write_1h", "cache_write_12h"),
        *("cache_write", "output", "reasoning", "web_searches"),
    ]


def test_a_split_seen_beside_the_total_does_not_add_to_it() -> None:
    gateway = Totals.of(Usage(cache_write=300))
    proxy = Totals.of(Usage(cache_write_5m=300))
    assert gateway.join(proxy).usage() == Usage(cache_write_5m=300)


def test_the_remainder_of_a_partial_split_has_an_unknown_lifetime() -> None:
    whole = Totals.of(Usage(cache_write=300))
    part = Totals.of(Usage(cache_write_1h=120))
    assert whole.join(part).usage() == Usage(cache_write_1h=120, cache_write=180)


def test_lifetimes_that_exceed_the_total_are_the_total() -> None:
    five_minutes = Totals.of(Usage(cache_write_5m=300))
    an_hour = Totals.of(Usage(cache_write_1h=300))
    assert five_minutes.join(an_hour).usage().cache_write_total == 600


@law
@given(usages())
def test_the_total_form_keeps_every_count(usage: Usage) -> None:
    assert Totals.of(usage).usage() == usage


@law
@given(totals, totals, totals)
def test_totals_join_as_a_semilattice(one: Totals, two: Totals, three: Totals) -> None:
    assert one.join(two) == two.join(one)
    assert one.join(two).join(three) == one.join(two.join(three))
    assert one.join(one) == one


@law
@given(totals, totals)
def test_joined_totals_are_always_a_usage_and_lose_nothing(one: Totals, two: Totals) -> None:
    joined = one.join(two)
    usage = joined.usage()
    assert usage.cache_write_total == max(joined.cache_write_total, joined.split)
    for part in (one.usage(), two.usage()):
        assert usage.output >= part.output
        assert usage.prompt >= max(part.input, part.cache_read, part.cache_write_total)


@law
@given(st.none() | totals, st.none() | totals)
def test_unknown_is_the_bottom_and_not_zero(one: Totals | None, two: Totals | None) -> None:
    joined = join_optional(one, two)
    assert joined == join_optional(two, one)
    assert (joined is None) == (one is None and two is None)
    if two is None:
        assert joined == one


@law
@given(usages(), usages())
def test_usages_add_count_by_count(one: Usage, two: Usage) -> None:
    assert (one + two).parts() == tuple(a + b for a, b in zip(one.parts(), two.parts(), strict=True))
