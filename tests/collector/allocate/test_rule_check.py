"""What `rules check` finds in rules that can be read."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.allocation import conditions, row, rows
from tollbook.problem import Problem
from tollbook_collector.allocate.check import check, implies
from tollbook_collector.allocate.place import holds
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import Condition


def found(text: str) -> list[tuple[str, str]]:
    """(reason, line) of everything that checking finds."""
    rules, problems = read_rules("version: 1\n" + text, "r.yaml", lambda name: Problem(reason="x", where=name))
    assert rules is not None, problems
    checked = check(rules)
    return [(each.reason, each.where) for each in (*checked.errors, *checked.warnings)]


def dimension(*rules: str) -> str:
    return "dimensions:\n  a:\n    rules:\n" + "".join(f"      - {{{rule}}}\n" for rule in rules)


@pytest.mark.parametrize(
    ("rules", "unreachable"),
    [
        (("id: x, value: v", "id: y, when: {repo: r}, value: w"), True),
        (("id: x, when: {repo: [r, s]}, value: v", "id: y, when: {repo: s}, value: w"), True),
        (("id: x, when: {repo: {prefix: ac}}, value: v", "id: y, when: {repo: acme, model: m}, value: w"), True),
        (("id: x, when: {repo: {prefix: ac}}, value: v", "id: y, when: {repo: {prefix: acme}}, value: w"), True),
        (("id: x, when: {repo: {not: q}}, value: v", "id: y, when: {repo: r}, value: w"), True),
        (("id: x, when: {repo: {present: true}}, value: v", "id: y, when: {repo: {glob: a*}}, value: w"), True),
        (("id: x, when: {repo: s}, value: v", "id: y, when: {repo: [r, s]}, value: w"), False),
        (("id: x, when: {repo: r, model: m}, value: v", "id: y, when: {repo: r}, value: w"), False),
        (("id: x, from: repo", "id: y, value: w"), False),
        (("id: x, value: v, valid_to: 2026-10-01", "id: y, value: w"), False),
        (("id: x, value: v, valid_from: 2026-10-01", "id: y, value: w, valid_from: 2026-11-01"), True),
    ],
)
def test_rules_that_nothing_can_reach(rules: tuple[str, ...], unreachable: bool) -> None:
    assert (("rule_unreachable", "r.yaml:6") in found(dimension(*rules))) is unreachable


def test_overlapping_rules_are_a_warning_that_names_both() -> None:
    overlap = dimension("id: x, when: {repo: [r, s]}, value: v", "id: y, when: {repo: [s, t]}, value: w")
    assert found(overlap) == [("rules_overlap", "r.yaml:6")]
    apart = dimension("id: x, when: {repo: [r, s]}, value: v", "id: y, when: {repo: [t]}, value: w")
    assert found(apart) == []
    dates = dimension("id: x, when: {repo: [r, s]}, value: v, valid_to: 2026-10-01",
                      "id: y, when: {repo: [s, t]}, value: w, valid_from: 2026-10-01")  # fmt: skip
    assert found(dates) == []


def test_a_split_may_not_fill_what_an_earlier_one_has_emptied() -> None:
    rules = dimension("id: x, when: {repo: r}, value: p", "id: z, when: {repo: q}, value: q")
    there = "splits:\n  - {id: s1, pool: {a: p}, to: a, even: [q]}\n"
    back = "  - {id: s2, pool: {a: q}, to: a, fixed: {p: 1, t: 2}}\n"
    assert found(rules + there + back) == [("split_cycle", "r.yaml:9")]
    assert found(rules + there) == []


def test_a_pool_that_nothing_feeds_is_a_warning() -> None:
    rules = dimension("id: x, when: {repo: r}, value: p")
    assert found(rules + "splits:\n  - {id: s, pool: {a: pp}, to: a, even: [q]}\n") == [("split_never_fed", "r.yaml:7")]


@settings(max_examples=50, deadline=None)
@given(conditions(()), conditions(()), st.lists(rows(), min_size=3, max_size=6))
def test_implication_is_never_wrong(one: Condition, other: Condition, given_rows: list[AllocationRow]) -> None:
    if implies(one, other):
        assert all(holds(other, each, {}) for each in [*given_rows, row()] if holds(one, each, {}))
