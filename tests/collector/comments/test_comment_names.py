"""Names that anybody may choose: no branch, ticket or model is ever a mention, a link, markup or a cell of a table."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_collector.comments import adf, markdown
from tollbook_collector.comments.cost import MOST_MODELS, OTHERS, ModelCost, WorkCost, work_cost_of
from tollbook_collector.comments.words import LONGEST_NAME, billed_shown, coverage_shown, name_shown
from tollbook_collector.pull.fault import PullFault

COST = WorkCost(
    name="feature/PAY-7-x",
    is_ticket=False,
    calls=3,
    tokens=1_200,
    list_nano_usd=2_000_000_000,
    billed_nano_usd=None,
    reconciled_list_nano_usd=0,
    coverage=None,
    status="estimated",
    models=(ModelCost(model="claude-opus-5", calls=3, tokens=1_200, list_nano_usd=2_000_000_000),),
    unpriced_calls=0,
    flags=(),
)
HOSTILE = [
    "@acme/security",
    "`@acme/security`",
    "x` | [pay](https://evil.example) | `",
    "x\\|@acme/security",
    "x\\`<img src=x onerror=alert(1)>",
    "<!-- tollbook:pull-request-cost -->",
    "</code></summary></details># heading",
    "https://evil.example/",
    "a\n\n# heading",
    "a\r\n| b |",
    "![](https://evil.example/pixel.png)",
    "[~accountid:557058:grace]",
    "{{secret}} ${x} %7B",
    "\u202egnp.exe",
    "a\u200b@team",
    "&#64;team &commat;team",
    "*bold* __x__ ~~y~~",
    "",
    " ",
]
_SPAN = re.compile(r"`([^`\n]*)`")


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_changes_nothing_around_it(name: str) -> None:
    plain, hostile = (markdown.body([each]) for each in (named("x"), named(name)))
    assert _SPAN.sub("``", without_summary(hostile)) == _SPAN.sub("``", without_summary(plain))
    assert hostile.count(markdown.MARKER) == 1
    assert "@" not in hostile
    assert "://" not in hostile


def named(name: str) -> WorkCost:
    return replace(COST, name=name, models=(replace(COST.models[0], model=name),))


def without_summary(text: str) -> str:
    return re.sub(r"<code>[^<>\n]*</code>", "<code></code>", text)


@given(st.text())
def test_whatever_a_name_is_what_is_shown_of_it_is_harmless(name: str) -> None:
    shown = name_shown(name)
    assert 0 < len(shown) <= LONGEST_NAME
    assert not set(shown) & set("`|\\<>&@[]!*~${}\"'\n\r\t")
    assert all(letter.isprintable() for letter in shown)
    assert "://" not in shown


@given(st.text())
def test_a_name_in_a_document_is_a_text_and_never_marks_or_links(name: str) -> None:
    def kinds(node: Any) -> list[str]:
        inner = [kind for each in node.get("content", ()) for kind in kinds(each)]
        return [node["type"], *(mark["type"] for mark in node.get("marks", ())), *inner]

    assert kinds(adf.document(named(name))) == kinds(adf.document(named("x")))


def test_a_long_name_is_cut_and_an_ordinary_one_is_whole() -> None:
    assert name_shown("x" * 200) == "x" * (LONGEST_NAME - 1) + "…"
    for name in ("feature/PAY-7_retry.2", "anthropic.claude-3-5-sonnet-20241022-v2:0", "fix/#12", "größe/länge"):
        assert name_shown(name) == name


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ({}, "not reconciled yet"),
        ({"billed_nano_usd": 10**9, "reconciled_list_nano_usd": 2 * 10**9, "status": "provisional"}, "$1.0000 (reconciled, may change)"),  # noqa: E501
        ({"billed_nano_usd": 10**9, "reconciled_list_nano_usd": 2 * 10**9, "status": "final"}, "$1.0000 (reconciled)"),
        ({"billed_nano_usd": 10**9, "reconciled_list_nano_usd": 2 * 10**9, "status": "closed"}, "$1.0000 (reconciled, month closed)"),  # noqa: E501
        ({"billed_nano_usd": 10**9, "reconciled_list_nano_usd": 10**9, "status": "estimated"}, "$1.0000 (reconciled for 50.0 % of it)"),  # noqa: E501
        ({"billed_nano_usd": 10**9, "reconciled_list_nano_usd": 2 * 10**9 - 1, "status": "final"}, "$1.0000 (reconciled for 99.9 % of it)"),  # noqa: E501
    ],
)  # fmt: skip
def test_how_far_a_bill_has_come_is_said(more: dict[str, Any], shown: str) -> None:
    assert billed_shown(replace(COST, **more)) == shown


def test_coverage_is_a_percentage_or_not_known() -> None:
    assert coverage_shown(COST) == "unknown until then"
    assert coverage_shown(replace(COST, coverage="0.9876")) == "98.8 %"


def test_what_the_figures_lack_is_said() -> None:
    text = markdown.body([replace(COST, unpriced_calls=2, flags=("only_your_team", "something_else"))])
    assert "- only the calls of one team are counted" in text
    assert "- 2 calls have no list price and are counted as $0" in text


def answer(**more: Any) -> dict[str, Any]:
    usage = {"input": 10, "output": 5, "reasoning": 3, "web_searches": 1}
    model = {"model": "m", "calls": 1, "usage": usage, "list_nano_usd": 5}
    plain: dict[str, Any] = {
        "ticket": "PAY-7", "branch": None, "status": "estimated", "calls": 1, "usage": usage, "list_nano_usd": 5,
        "billed_nano_usd": None, "reconciled_list_nano_usd": 0, "coverage": None, "models": [model],
        "unpriced_calls": None, "flags": [],
    }  # fmt: skip
    return plain | more


def test_reasoning_and_searches_are_no_tokens_of_their_own() -> None:
    assert work_cost_of(answer(), "x").tokens == 15


def test_many_models_are_summed_up() -> None:
    models = [answer()["models"][0] | {"model": f"m{n:02}", "list_nano_usd": n} for n in range(MOST_MODELS + 3)]
    found = work_cost_of(answer(models=models), "x").models
    assert len(found) == MOST_MODELS + 1
    assert (found[-1].model, found[-1].calls, found[-1].list_nano_usd) == (OTHERS, 3, 0 + 1 + 2)


@pytest.mark.parametrize(
    "wrong",
    [{"calls": "1"}, {"calls": 1.5}, {"list_nano_usd": 2**70}, {"status": "<b>"}, {"models": [{}]}, {"usage": None},
     {"coverage": 1}, {"flags": [1]}, {"billed_nano_usd": True}],
)  # fmt: skip
def test_an_answer_of_another_shape_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(PullFault):
        work_cost_of(answer(**wrong), "x")
