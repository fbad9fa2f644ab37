"""The laws of editing text: a value put in is found, nothing else changes, and taking it out gives the text back."""

import json
import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook_agent.tools.dotenv import Dotenv
from tollbook_agent.tools.json_files import Hooks, JsonValues
from tollbook_agent.tools.json_text import parse
from tollbook_agent.tools.setting import Refused
from tollbook_agent.tools.toml_block import TomlBlock

BLOCK = '[otel]\nlog_user_prompt = false\n[otel.exporter."otlp-http"]\nendpoint = "http://127.0.0.1:1/v1/logs"\n'
_names = st.sampled_from(["env", "hooks", "HTTPS_PROXY", "other", 'a"b', "ключ"])
_scalars = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | st.text(max_size=5)
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3), max_leaves=8
)
_documents = st.dictionaries(_names, _values, max_size=4)
_layouts = st.sampled_from(
    [{}, {"indent": 2}, {"indent": "\t"}, {"separators": (",", ":")}, {"indent": 4, "ensure_ascii": False}]
)


def without_env(document: dict[str, Any]) -> dict[str, Any]:
    return document if isinstance(document.get("env", {}), dict) else document | {"env": {}}


@law
@given(_documents, _layouts, st.sampled_from(["", "\n", "\r\n", "\ufeff"]), st.text(max_size=8))
def test_a_json_value_put_in_changes_nothing_else(
    document: dict[str, Any], layout: dict[str, Any], end: str, value: str
) -> None:
    document = without_env(document)
    text = json.dumps(document, **layout)
    text = end + text if end == "\ufeff" else text + end
    key = ("env", "TOLLBOOK")
    new, made = JsonValues().put(text, key, value)
    assert json.loads(new.removeprefix("\ufeff")) == {
        **document,
        "env": {**document.get("env", {}), "TOLLBOOK": value},
    }
    assert JsonValues().get(new, key) == value
    back = JsonValues().drop(new, key, made)
    assert back == text
    again, _ = JsonValues().put(new, key, "second")
    assert JsonValues().put(again, key, value)[0] == new


@law
@given(_documents, _layouts)
def test_parsing_is_what_the_standard_parser_says(document: dict[str, Any], layout: dict[str, Any]) -> None:
    text = json.dumps(document, **layout)
    assert parse(text).decoded() == json.loads(text)


@law
@given(
    st.dictionaries(st.sampled_from(["stop", "afterFileEdit"]), st.lists(st.just({"command": "theirs"}), max_size=2))
)
def test_a_hook_stands_beside_those_of_others(theirs: dict[str, list[dict[str, str]]]) -> None:
    text = json.dumps({"version": 1, "hooks": theirs}, indent=2)
    key, item = ("hooks", "stop", "ours --x"), '{"command": "ours --x"}'
    new, made = Hooks().put(text, key, item)
    assert json.loads(new)["hooks"]["stop"] == [*theirs.get("stop", []), json.loads(item)]
    assert Hooks().get(new, key) == item
    back = Hooks().drop(new, key, made)
    assert json.loads(back) == json.loads(text)
    assert Hooks().put(new, key, item)[0] == new


@law
@given(st.lists(st.sampled_from(["# note\n", "A=1\n", "export B='x y'\n", "\n", "HTTPS_PROXYX=2\n"]), max_size=5))
def test_a_line_put_in_changes_no_other(lines: list[str]) -> None:
    text = "".join(lines)
    for value in ("http://tollbook:aa@127.0.0.1:9", "with blank # and $dollar"):
        new, made = Dotenv().put(text, ("HTTPS_PROXY",), value)
        assert Dotenv().get(new, ("HTTPS_PROXY",)) == value
        assert new.startswith(text)
        assert Dotenv().drop(new, ("HTTPS_PROXY",), made) == text


def test_a_line_that_is_there_is_changed_in_its_place() -> None:
    text = 'A=1\nexport HTTPS_PROXY = "http://old"\nB=2'
    new, _ = Dotenv().put(text, ("HTTPS_PROXY",), "http://new")
    assert new == "A=1\nexport HTTPS_PROXY=http://new\nB=2"
    assert Dotenv().get(text, ("HTTPS_PROXY",)) == "http://old"
    assert Dotenv().put("A=1", ("B",), "2")[0] == "A=1\nB=2\n"


@pytest.mark.parametrize("value", ["a\nb", "it's"])
def test_a_value_that_needs_escapes_is_refused(value: str) -> None:
    with pytest.raises(Refused):
        Dotenv().put("", ("A",), value)


@pytest.mark.parametrize(
    "text", ["", "# mine\n", 'model = "x"', '[projects."/a"]\ntrust_level = "trusted"\n', "\ufeffa = 1\r\nb = 2\r\n"]
)
def test_a_block_of_toml_comes_and_goes(text: str) -> None:
    new, _ = TomlBlock().put(text, ("otel",), BLOCK)
    after = tomllib.loads(new.removeprefix("\ufeff"))
    assert after.pop("otel") == tomllib.loads(BLOCK)["otel"]
    assert after == tomllib.loads(text.removeprefix("\ufeff"))
    assert TomlBlock().get(new, ("otel",)) == BLOCK
    assert TomlBlock().drop(new, ("otel",), 0).rstrip("\r\n") == text.rstrip("\r\n")
    changed, _ = TomlBlock().put(new + '[mine]\na = "kept"\n', ("otel",), BLOCK.replace("127.0.0.1:1", "127.0.0.1:2"))
    assert ":2/" in changed
    assert changed.count("[otel]") == 1
    assert tomllib.loads(changed.removeprefix("\ufeff"))["mine"] == {"a": "kept"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('[otel]\nexporter = "none"\n', "own_table"),
        ("otel.log_user_prompt = true\n", "own_table"),
        ("a = \n", "not_toml"),
        ("[[otel]]\n", "own_table"),
    ],
)
def test_a_table_set_by_hand_is_left_alone(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        TomlBlock().put(text, ("otel",), BLOCK)
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("{", "not_json"),
        ("// note\n{}", "not_json"),
        ("[]", "unexpected_json"),
        ('{"env": []}', "unexpected_json"),
        ("[" * 5000, "not_json"),
    ],
)
def test_json_of_another_shape_is_refused(text: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        JsonValues().put(text, ("env", "A"), "1")
    assert refused.value.reason == reason


def test_a_new_file_is_laid_out_for_people() -> None:
    text, made = JsonValues().put("", ("env", "A"), "1")
    assert text == '{\n  "env": {\n    "A": "1"\n  }\n}\n'
    assert JsonValues().is_empty(JsonValues().drop(text, ("env", "A"), made))
    hooks, made = Hooks().put("", ("hooks", "stop", "x"), '{"command": "x"}')
    assert json.loads(hooks) == {"version": 1, "hooks": {"stop": [{"command": "x"}]}}
    assert Hooks().is_empty(Hooks().drop(hooks, ("hooks", "stop", "x"), made))
