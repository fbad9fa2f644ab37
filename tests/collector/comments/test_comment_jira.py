"""An issue's comment and property: made once, put right in place, no e-mail for a changed figure."""

import json
from typing import Any

import pytest

from tests.support.commenting import exchange, written
from tests.support.recorded_provider import KEY, Fault, Play, Provider
from tollbook_collector import exit_codes
from tollbook_collector.comments import adf

NAME = "comment_jira"
ISSUE = "/rest/api/3/issue/PAY-7"
MADE, CHANGED = f"POST {ISSUE}/comment", f"PUT {ISSUE}/comment/9003"
PROPERTY = f"{ISSUE}/properties/tollbook.cost"
ME = "712020:bot"


def put_comments(provider: Provider, *comments: tuple[str, str, Any]) -> None:
    """Let the second page have these: (id, account, document)."""
    last = exchange(provider, "GET", "/comment")
    rows = [{"id": number, "author": {"accountId": account}, "body": body} for number, account, body in comments]
    last.answer = json.dumps(json.loads(last.answer) | {"comments": rows, "total": 2 + len(rows)})
    first = next(each for each in provider.exchanges if each.path.endswith("/comment"))
    first.answer = json.dumps(json.loads(first.answer) | {"total": 2 + len(rows)})


def document_of(provider: Provider) -> Any:
    return exchange(provider, "POST", "/comment").body["body"]


def outdated(provider: Provider) -> Any:
    return json.loads(json.dumps(document_of(provider)).replace("$0.1875", "$0.01"))


def test_a_comment_is_made_where_there_is_none(play: Play, say: Any) -> None:
    provider = play(NAME)
    said = say(NAME, provider, "--json").document
    assert (said["action"], said["id"], said["target"]) == ("created", "9003", "PAY-7")
    assert written(provider) == [MADE]
    texts = adf.texts(said["body"])
    assert "$0.1875 (estimated)" in texts
    assert "$0.1875 (reconciled, may change)" in texts


def test_a_comment_of_ours_is_updated_in_place(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, ("9003", ME, outdated(provider)))
    assert say(NAME, provider, "--json").document["action"] == "updated"
    assert written(provider) == [CHANGED]


def test_attributes_that_jira_adds_are_no_change(play: Play, say: Any) -> None:
    provider = play(NAME)
    body = json.loads(
        json.dumps(document_of(provider)).replace('"type": "table",', '"type": "table", "attrs": {"layout": "x"},')
    )
    put_comments(provider, ("9003", ME, body))
    assert say(NAME, provider, "--json").document["action"] == "unchanged"
    assert written(provider) == []


def test_of_two_comments_of_ours_the_oldest_stays(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, ("9003", ME, document_of(provider)), ("9004", ME, outdated(provider)))
    said = say(NAME, provider, "--json").document
    assert (said["action"], said["id"], said["removed"]) == ("unchanged", "9003", 1)
    assert written(provider) == [f"DELETE {ISSUE}/comment/9004"]


def test_what_would_be_removed_in_a_dry_run_stays(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, ("9003", ME, document_of(provider)), ("9004", ME, outdated(provider)))
    assert "1 more of our comments there would be removed" in say(NAME, provider, "--dry-run").err
    assert written(provider) == []


def test_a_marker_that_somebody_else_wrote_is_left_alone(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, ("9003", "557058:mallory", document_of(provider)))
    assert say(NAME, provider, "--json").document["action"] == "created"


def test_a_property_is_made_changed_and_left_alone(play: Play, say: Any) -> None:
    provider = play(NAME)
    there, put = exchange(provider, "GET", "tollbook.cost"), exchange(provider, "PUT", "tollbook.cost")
    assert say(NAME, provider, "--as", "property", "--json").document["action"] == "created"
    there.status, put.status = 200, 200
    there.answer = json.dumps({"key": "tollbook.cost", "value": put.body | {"calls": 1}})
    assert say(NAME, provider, "--as", "property", "--json").document["action"] == "updated"
    there.answer = json.dumps({"key": "tollbook.cost", "value": put.body})
    assert say(NAME, provider, "--as", "property", "--json").document["action"] == "unchanged"
    assert written(provider) == [f"PUT {PROPERTY}"] * 2


def test_a_property_holds_integers_and_no_name(play: Play) -> None:
    value = exchange(play(NAME), "PUT", "tollbook.cost").body
    assert (value["ticket"], value["status"], value["coverage"]) == ("PAY-7", "provisional", "0.6253")
    assert value["list_nano_usd"] == value["billed_nano_usd"] == 187_500_000
    assert "grace" not in json.dumps(value)


def test_an_issue_nobody_worked_on_is_told_nothing(play: Play, say: Any) -> None:
    provider = play(NAME)
    for each in provider.exchanges:
        each.path = each.path.replace("PAY-7", "PAY-8")
    for form in ("comment", "property"):
        assert say(NAME, provider, "--issue", "pay-8", "--as", form, "--json").document["action"] == "nothing"
    assert written(provider) == []


def test_an_issue_that_is_not_there(play: Play, say: Any) -> None:
    provider = play(NAME)
    next(each for each in provider.exchanges if each.path.endswith("/comment")).status = 404
    exchange(provider, "PUT", "tollbook.cost").status = 404
    for form in ("comment", "property"):
        said = say(NAME, provider, "--as", form)
        assert (said.code, "Check --issue" in said.err) == (exit_codes.WRONG, True)


@pytest.mark.parametrize("form", ["comment", "property"])
@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(status=401), exit_codes.WRONG),
        (Fault(status=429, headers=(("retry-after", "7200"),)), exit_codes.TEMPORARY),
    ],
)
def test_what_the_host_says_no_to_is_said(fault: Fault, code: int, form: str, play: Play, say: Any) -> None:
    provider = play(NAME)
    provider.faults[1] = fault
    said = say(NAME, provider, "--as", form)
    assert (said.code, written(provider)) == (code, [])
    assert KEY not in said.out + said.err


@pytest.mark.parametrize("words", [("--issue", "PAY"), ("--issue", "PAY-7/../x"), ("--email", "")])
def test_what_is_asked_wrongly_asks_nobody(words: tuple[str, str], play: Play, say: Any) -> None:
    provider = play(NAME)
    assert say(NAME, provider, *words).code == exit_codes.USAGE
    assert provider.asked == []
