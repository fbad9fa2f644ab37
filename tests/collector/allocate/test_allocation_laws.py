"""The laws of allocation: money is moved, never made; order does not matter; a rule touches only its own days."""

import dataclasses
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.allocation import FIRST, row, rows, rule_sets
from tollbook.problem import Problem
from tollbook_collector.allocate.explain import explain
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.report import crossfoots, ratio, tabulate
from tollbook_collector.allocate.rows import AllocationRow, leaves
from tollbook_collector.allocate.rules import Constant, Copy, Days, Dimension, Find, Rule, RuleSet

many = st.lists(rows(), max_size=8)
law = settings(max_examples=10, deadline=None)
"""Drawing rules takes longer than applying them."""


@law
@given(many, rule_sets())
def test_every_dimension_and_every_pair_crossfoots(given_rows: list[AllocationRow], rules: RuleSet) -> None:
    allocation = allocate(given_rows, rules)
    assert crossfoots(allocation) == []
    for by in (["d_one"], ["d_two", "d_three"], []):
        table = tabulate(allocation, by)
        assert sum(each.amounts[0] or 0 for _, each in table.rows) == sum(each.list_nano_usd for each in given_rows)
        assert sum(each.calls for _, each in table.rows) == sum(each.calls for each in given_rows)
        assert sum(each.tokens for _, each in table.rows) == sum(each.tokens for each in given_rows)
        missing = sum(each.amounts[0] or 0 for key, each in table.rows if None in key)
        named = sum(each.amounts[0] or 0 for name, each in table.remainders if name != "defaulted")
        assert missing == named


@law
@given(many, rule_sets(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(given_rows: list[AllocationRow], rules: RuleSet, random: Random) -> None:
    shuffled = list(given_rows)
    random.shuffle(shuffled)
    assert leaves(shuffled) == leaves(given_rows)
    one, other = allocate(leaves(given_rows), rules), allocate(leaves(shuffled), rules)
    assert one.pieces == other.pieces
    assert one.postings == other.postings


@law
@given(many, rule_sets())
def test_postings_account_for_every_moved_piece(given_rows: list[AllocationRow], rules: RuleSet) -> None:
    allocation = allocate(given_rows, rules)
    moved = {(each.row, f"{each.path}/{each.split}:{each.to_value}") for each in allocation.postings}
    taken = {(each.row, each.path) for each in allocation.postings if each.path}
    assert {(each.row, each.path) for each in allocation.pieces if each.path} == moved - taken
    for each in allocation.postings:
        assert 0 < each.weight <= each.total
        whole = given_rows[each.row].list_nano_usd
        assert (each.amounts[0] or 0) * whole >= 0


@law
@given(many, rule_sets(), st.integers(FIRST, FIRST + 5))
def test_a_new_rule_touches_only_days_from_its_first(
    given_rows: list[AllocationRow], rules: RuleSet, first: int
) -> None:  # fmt: skip
    rules = dataclasses.replace(rules, splits=())
    new = Rule(id="new", when=(), gives=Constant(value="new"), days=Days(first, None), line=0)
    dimensions = [
        dataclasses.replace(each, rules=(new, *each.rules)) if each.name == "d_one" else each
        for each in rules.dimensions
    ]
    changed = allocate(given_rows, dataclasses.replace(rules, dimensions=tuple(dimensions)))
    before = allocate(given_rows, rules)
    for old, now in zip(before.pieces, changed.pieces, strict=True):
        if given_rows[old.row].day < first:
            assert now == old
        else:
            assert now.places[0].value == "new"


@law
@given(many, rule_sets())
def test_explaining_every_value_explains_all_the_money(given_rows: list[AllocationRow], rules: RuleSet) -> None:
    allocation = allocate(given_rows, rules)
    values = {piece.places[0].value for piece in allocation.pieces}
    parts = [explain(allocation, rules, "d_one", value) for value in values]
    assert sum(each.total.amounts[0] or 0 for each in parts) == sum(each.list_nano_usd for each in given_rows)
    for each in parts:
        assert sum(reason.sum.amounts[0] or 0 for reason in each.reasons) == (each.total.amounts[0] or 0)


def test_the_worked_split_of_a_thousand_dollars() -> None:
    text = (
        "version: 1\ndimensions: {product: {from: tag.product}}\nsplits:\n"
        "  - {id: s1, pool: {product: platform}, to: product, proportional: {measure: list}}\n"
    )
    rules, _ = read_rules(text, "r.yaml", lambda name: Problem(reason="x", where=name))
    assert rules is not None
    spend = {"platform": 1000_00, "payments": 600_00, "search": 300_00, "billing": 99_99}
    rows = [row(tags=(("product", name),), list_nano_usd=cents * 10**7) for name, cents in spend.items()]
    allocation = allocate(rows, rules)
    assert [(each.to_value, each.amounts[0]) for each in allocation.postings] == [
        ("billing", 99_990_999_910),
        ("payments", 600_006_000_060),
        ("search", 300_003_000_030),
    ]
    table = dict(tabulate(allocation, ["product"]).rows)
    assert table["payments",].shared[0] == 600_006_000_060
    assert table["payments",].amounts[0] == 600 * 10**9 + 600_006_000_060
    assert table["platform",].amounts[0] == 0


def test_a_default_is_still_shown_as_a_remainder() -> None:
    default = Dimension(name="a", rules=(), default="rest")
    table = tabulate(allocate([row()], RuleSet(name="r", dimensions=(default,))), ["a"])
    assert [name for name, _ in table.remainders] == ["defaulted"]
    assert table.rows[0][1].defaulted[0] == 10**9
    assert table.coverage == "0.0000"


def test_the_kinds_of_yield_are_all_drawn() -> None:
    # Guards the strategy: the laws above say nothing of a kind that is never drawn.
    kinds: set[type] = set()

    @law
    @given(rule_sets())
    def collect(rules: RuleSet) -> None:
        kinds.update(type(rule.gives) for each in rules.dimensions for rule in each.rules)

    collect()
    assert kinds == {Constant, Copy, Find}


def test_ratios_are_exact_and_of_nothing_are_nothing() -> None:
    assert ratio(1, 3) == "0.3333"
    assert ratio(2, 3) == "0.6667"
    assert ratio(-1, 2, 2) == "-0.50"
    assert ratio(0, 5) == "0.0000"
    assert ratio(5, 0) is None
