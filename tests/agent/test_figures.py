"""Bars, changes and shares: examples, and what holds for all numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.cli.figures import BAR_CELLS, bar, change, share

amounts = st.integers(0, 10**15)


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        (0, 0, ""), (5, 0, "new"), (0, 5, "-100%"), (5, 5, "0%"), (112, 100, "+12%"), (88, 100, "-12%"),
        (1004, 1000, "0%"), (1005, 1000, "+1%"), (1099, 100, "+999%"), (1100, 100, "x11"), (15, 1, "x15"),
        (7, -3, "new"),
    ],
)  # fmt: skip
def test_changes(now: int, before: int, said: str) -> None:
    assert change(now, before) == said


@given(amounts, amounts)
def test_a_change_has_the_sign_of_the_difference_and_is_short(now: int, before: int) -> None:
    said = change(now, before)
    assert said.startswith("-") <= (now < before)
    assert said.startswith(("+", "x", "new")) <= (now > before)
    assert len(said) <= 5 or said.startswith("x")


@given(amounts, amounts, amounts)
def test_more_is_never_drawn_shorter(one: int, other: int, greatest: int) -> None:
    small, large = sorted((one, other))
    assert len(bar(small, greatest)) <= len(bar(large, greatest)) <= BAR_CELLS
    assert bar(small, greatest)[:-1] == "█" * (len(bar(small, greatest)) - 1)


@given(st.integers(1, 10**15))
def test_the_greatest_fills_its_bar_and_nothing_has_none(greatest: int) -> None:
    assert bar(greatest, greatest) == "█" * BAR_CELLS
    assert bar(1, greatest) != ""
    assert bar(0, greatest) == ""


@given(amounts, amounts)
def test_only_all_is_100_percent(part: int, more: int) -> None:
    whole = part + more
    assert (share(part, whole) == "100%") == (part == whole)


@pytest.mark.parametrize(
    ("part", "whole", "said"), [(0, 7, "0.0%"), (1, 3, "33.3%"), (999_999, 10**6, "99.9%"), (0, 0, "100%")]
)
def test_shares(part: int, whole: int, said: str) -> None:
    assert share(part, whole) == said
