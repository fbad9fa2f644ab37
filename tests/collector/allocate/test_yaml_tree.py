"""The YAML subset: values with their lines, and everything else refused with its line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.allocate.yaml_tree import DEEPEST, LARGEST_TEXT, Items, Map, Scalar, read_yaml


def test_values_carry_their_lines() -> None:
    tree, problems = read_yaml("a: 1\nb: [x, 2026-10-01, ~, '7', no]\nc:\n  - {d: true}\n", "r.yaml")
    assert not problems
    assert tree is not None
    assert tree.entries["a"] == Scalar(1, 1)
    items = tree.entries["b"]
    assert isinstance(items, Items)
    assert [each.value for each in items.items if isinstance(each, Scalar)] == ["x", "2026-10-01", None, "7", "no"]
    inner = tree.entries["c"]
    assert isinstance(inner, Items)
    assert inner.items[0] == Map({"d": Scalar(True, 4)}, {"d": 4}, 4)
    assert tree.lines == {"a": 1, "b": 2, "c": 3}


@pytest.mark.parametrize(
    ("text", "reason", "line"),
    [
        ("a: &x 1\nb: *x", "yaml_refused", 1),
        ("a: 1\n<<: {b: 2}", "yaml_refused", 2),
        ("a: 1\na: 2", "key_twice", 2),
        ("a: !!python/object:os.system x", "yaml_refused", 1),
        ("a: 1\n---\nb: 2", "yaml_refused", 2),
        ("a: 1\nb: [", "not_yaml", 2),
        ("- 1", "not_a_mapping", 1),
        ("", "not_a_mapping", 1),
        ("a: " + "[" * 50 + "]" * 50, "yaml_refused", 1),
        ("a: x\x00", "not_yaml", 1),
        ("a: " + "x" * LARGEST_TEXT, "file_too_large", 1),
    ],
)
def test_what_it_cannot_be_is_refused_with_its_line(text: str, reason: str, line: int) -> None:
    tree, problems = read_yaml(text, "r.yaml")
    assert tree is None
    assert [problem.reason for problem in problems] == [reason]
    assert int(problems[0].where.removeprefix("r.yaml:")) in (line, line + 1)


def test_depth_up_to_the_bound_is_read() -> None:
    tree, problems = read_yaml("a: " + "[" * (DEEPEST - 1) + "]" * (DEEPEST - 1), "r.yaml")
    assert tree is not None
    assert not problems


@given(st.text(max_size=200))
def test_any_text_gives_a_tree_or_a_problem(text: str) -> None:
    tree, problems = read_yaml(text, "r.yaml")
    assert (tree is None) == bool(problems)
