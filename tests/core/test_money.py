"""Money: integers, one rounding, one division that always sums."""

from decimal import Decimal
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook.money import NANO_USD_PER_USD, apportion, nano_usd, split_even, usd_text

AMOUNTS = st.integers(-(2**63), 2**63)
WEIGHTS = st.dictionaries(
    st.text("abcde", min_size=1, max_size=2), st.integers(0, 9) | st.integers(0, 2**62), min_size=1
)
SOME_WEIGHTS = WEIGHTS.filter(lambda weights: any(weights.values()))


@law
@given(AMOUNTS, SOME_WEIGHTS)
def test_the_parts_sum_to_the_amount(amount: int, weights: dict[str, int]) -> None:
    parts = apportion(amount, weights)
    assert sum(parts.values()) == amount
    assert parts.keys() == weights.keys()


@law
@given(AMOUNTS, SOME_WEIGHTS, st.randoms(use_true_random=False))
def test_the_order_of_the_keys_does_not_matter(amount: int, weights: dict[str, int], shuffle: Random) -> None:
    pairs = list(weights.items())
    shuffle.shuffle(pairs)
    assert apportion(amount, dict(pairs)) == apportion(amount, weights)


@law
@given(AMOUNTS, SOME_WEIGHTS)
def test_every_part_is_within_one_of_its_exact_share(amount: int, weights: dict[str, int]) -> None:
    total = sum(weights.values())
    for key, part in apportion(amount, weights).items():
        assert abs(part * total - amount * weights[key]) < total


@law
@given(st.integers(0, 2**63), SOME_WEIGHTS)
def test_who_weighs_more_never_gets_less(amount: int, weights: dict[str, int]) -> None:
    parts = apportion(amount, weights)
    by_weight = sorted(weights, key=lambda key: (weights[key], parts[key]))
    assert [parts[key] for key in by_weight] == sorted(parts.values())
    assert all(parts[key] == 0 for key in weights if weights[key] == 0)


@law
@given(AMOUNTS, SOME_WEIGHTS)
def test_a_refund_is_the_mirror_image_of_the_charge(amount: int, weights: dict[str, int]) -> None:
    assert apportion(-amount, weights) == {key: -part for key, part in apportion(amount, weights).items()}


def test_what_is_left_goes_to_the_largest_remainder_then_to_the_smaller_key() -> None:
    assert apportion(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert apportion(-10, {"c": 1, "b": 1, "a": 1}) == {"a": -4, "b": -3, "c": -3}
    assert apportion(10, {"a": 1, "b": 3, "c": 2}) == {"a": 2, "b": 5, "c": 3}


def test_nothing_can_be_split_over_nobody() -> None:
    with pytest.raises(ValueError, match="nothing to apportion over"):
        apportion(0, {})
    with pytest.raises(ValueError, match="all weights are zero"):
        apportion(1, {"a": 0, "b": 0})
    with pytest.raises(ValueError, match="negative weight"):
        apportion(1, {"a": 2, "b": -1})
    assert apportion(0, {"a": 0, "b": 0}) == {"a": 0, "b": 0}


@law
@given(st.integers(0, 10**12), st.integers(0, 10**12), st.lists(st.text("ABC-1", min_size=1), min_size=1, unique=True))
def test_an_even_split_of_a_part_never_exceeds_that_of_the_whole(small: int, more: int, keys: list[str]) -> None:
    """Reasoning is a part of output: it stays one under every ticket of a call."""
    part, whole = split_even(small, tuple(keys)), split_even(small + more, tuple(keys))
    assert all(part[key] <= whole[key] for key in keys)
    assert max(whole.values()) - min(whole.values()) <= 1


def test_dollars_become_nano_dollars_with_one_half_even_rounding() -> None:
    assert nano_usd(Decimal("0.010556")) == 10_556_000
    assert nano_usd(Decimal("0.0000000005")) == 0
    assert nano_usd(Decimal("0.0000000015")) == 2
    assert nano_usd(Decimal("0.00000000051")) == 1
    assert nano_usd(Decimal("-1.5")) == -1_500_000_000


def test_amounts_in_text_have_nine_decimals() -> None:
    assert usd_text(123_456_789) == "0.123456789"
    assert usd_text(0) == "0.000000000"
    assert usd_text(-1) == "-0.000000001"
    assert usd_text(1_234 * NANO_USD_PER_USD) == "1234.000000000"


@law
@given(AMOUNTS)
def test_text_is_exact(amount: int) -> None:
    assert nano_usd(Decimal(usd_text(amount))) == amount


def test_a_dollar_amount_of_any_length_is_rounded_once() -> None:
    just_above = Decimal("0.0000000005" + "0" * 30 + "1")
    assert nano_usd(just_above) == 1
    assert nano_usd(Decimal("0.0000000005")) == 0
    assert nano_usd(Decimal("0.0000000015")) == 2
    assert nano_usd(just_above.copy_negate()) == -1
