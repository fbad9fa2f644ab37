"""What `rules diff` says would move, and which rules would win it."""

import json

from tests.support.allocation import row
from tollbook.problem import Problem
from tollbook_collector.allocate.diff import as_json, diff
from tollbook_collector.allocate.explain import explain, why
from tollbook_collector.allocate.place import place_all
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.rules import RuleSet

OLD = "version: 1\ndimensions:\n  product:\n    rules:\n      - {id: p1, when: {repo: a/pay}, value: pay}\n"
NEW = OLD + "      - {id: p2, when: {repo: {prefix: a/}}, value: infra, valid_from: 2026-10-06}\n"
MOVED = NEW + "splits:\n  - {id: s, pool: {product: infra}, to: product, fixed: {pay: 1, shop: 3}}\n"
ROWS = [
    row("2026-10-05", repo="a/x", list_nano_usd=5),
    row("2026-10-06", repo="a/x", list_nano_usd=8, document="7"),
    row("2026-10-06", repo="a/pay", list_nano_usd=100),
]


def rules_of(text: str) -> RuleSet:
    rules, problems = read_rules(text, "r.yaml", lambda name: Problem(reason="x", where=name))
    assert rules is not None, problems
    return rules


def test_no_change_moves_nothing() -> None:
    assert diff(allocate(ROWS, rules_of(OLD)), allocate(ROWS, rules_of(OLD))) == ()


def test_a_new_rule_moves_what_it_wins_from_its_first_day() -> None:
    (moved,) = diff(allocate(ROWS, rules_of(OLD)), allocate(ROWS, rules_of(NEW)))
    assert (moved.dimension, moved.moved_nano_usd, moved.totals_equal) == ("product", 8, True)
    assert {each.value: (each.before[0], each.after[0]) for each in moved.changes} == {None: (13, 5), "infra": (0, 8)}
    assert moved.rules == (("p2", 1),)
    assert json.loads(json.dumps(as_json([moved])))["dimensions"][0]["moved_nano_usd"] == 8


def test_a_dimension_that_is_new_takes_its_money_from_the_unallocated() -> None:
    text = NEW + "  region: {from: region}\n"
    (moved,) = diff(allocate([row(region="eu")], rules_of(NEW)), allocate([row(region="eu")], rules_of(text)))
    assert moved.dimension == "region"
    assert {each.value: each.after[0] for each in moved.changes} == {None: 0, "eu": 10**9}


def test_explain_names_rule_line_source_and_document() -> None:
    rules = rules_of(MOVED)
    found = explain(allocate(ROWS, rules), rules, "product", "pay")
    assert [(each.rule, each.came_from, each.line, each.sum.amounts[0]) for each in found.reasons] == [
        ("p1", None, 5, 100),
        ("s", "infra", 8, 2),
    ]
    assert found.reasons[1].documents == (("7", (2, None, None)),)
    away = explain(allocate(ROWS, rules), rules, "product", "infra").given_away
    assert [(split, to, amounts[0]) for split, to, amounts in away] == [("s", "pay", 2), ("s", "shop", 6)]
    assert json.dumps(found.as_json())


def test_why_says_what_came_of_each_rule() -> None:
    rules = rules_of(NEW)
    places = place_all(rules, rules.dimensions, ROWS[0], {})
    assert why(rules, "product", ROWS[0], places) == [
        ("p1", "repo does not pass"),
        ("p2", "does not hold on this day"),
        ("product.default", "what no rule gave"),
    ]
    assert why(rules, "product", ROWS[1], places)[-1] == ("p2", "gives infra")
    assert why(rules, "team", ROWS[1], places)[0] == ("team.directory", "engineer is absent")
