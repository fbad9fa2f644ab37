"""Documents inside attributes: JSON and Python's own notation, and everything that is neither."""

import ast
import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.receivers.plain import MAX_DOCUMENT, Signal, event_name, whole
from tollbook_collector.receivers.plain_document import document, part

_texts = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=12)
_leaves = st.none() | st.booleans() | st.integers(-(10**18), 10**18) | _texts
_values = st.recursive(
    _leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_texts, inner, max_size=4), max_leaves=8
)
_documents = st.dictionaries(_texts, _values, max_size=3)


@given(_documents)
def test_pythons_notation_is_read_as_python_reads_it(value: dict[str, Any]) -> None:
    assert document(repr(value)) == ast.literal_eval(repr(value)) == value


@given(_documents)
def test_json_is_read_as_json(value: dict[str, Any]) -> None:
    assert document(json.dumps(value)) == value


@given(st.text(max_size=60).map(lambda text: "{" + text))
def test_any_text_gives_a_dictionary(text: str) -> None:
    assert isinstance(document(text), dict)


def test_tuples_are_lists_and_numbers_are_exact() -> None:
    assert document("{'a': (1, 2.50, .5, -3e2), 'b': ()}") == {
        "a": [1, Decimal("2.50"), Decimal("0.5"), Decimal(-300)],
        "b": [],
    }
    assert document('{"cost": 0.1}') == {"cost": Decimal("0.1")}


@pytest.mark.parametrize(
    "text",
    [
        *(None, "", "[]", "1", "{", "{'a'}", "{'a': 1", "{'a': 1} x", "{'a': print}", "{1: 2, }x", "{'a': 'b"),
        *(
            "{'a': " + "[" * 40 + "]" * 40 + "}",
            "{'a': " + "9" * 40 + "}",
            '{"a": NaN}',
            "{'a': '" + "x" * MAX_DOCUMENT,
        ),
        '{"a": ' + "9" * 5000 + "}",
    ],
)
def test_what_is_no_document_is_empty(text: str | None) -> None:
    assert document(text) == {}


def test_a_part_that_is_missing_is_empty() -> None:
    assert part({"a": {"b": {"c": 1}}}, "a", "b") == {"c": 1}
    assert part({"a": {"b": 1}}, "a", "b") == {}
    assert part({}, "a") == {}


@pytest.mark.parametrize(
    ("value", "number"),
    [(7, 7), ("7", 7), (Decimal("7.0"), 7), (Decimal("7.5"), None), (True, None), ("x", None), (Decimal("1e99"), None)],
)
def test_whole_numbers_come_in_many_forms(value: object, number: int | None) -> None:
    assert whole(value) == number


def test_the_name_of_an_event() -> None:
    assert event_name("api_request", "claude_code.api_request", "") == "claude_code.api_request"
    assert event_name("codex.sse_event", None, "event otel/src/events.rs:1") == "codex.sse_event"
    assert event_name(None, "A prompt with words", "gen_ai.client.x") == "gen_ai.client.x"
    assert event_name(None, "A prompt with words", "") == ""
    assert [str(signal) for signal in Signal] == ["traces", "logs", "metrics"]
