"""A pull request's comment: made once, found again by us alone, put right in place, and never doubled."""

import json
from typing import Any

import pytest

from tests.support.commenting import COMMENTS, exchange, outdated, put_comments, text_of, written
from tests.support.recorded_provider import KEY, Fault, Play, Provider
from tollbook_collector import exit_codes
from tollbook_collector.comments.markdown import MARKER

NAME = "comment_github"
R = "/api/v3/repos/acme/shop"
MADE = f"POST {R}/issues/31/comments"
CHANGED = f"PATCH {R}/issues/comments/503"


def test_a_comment_is_made_where_there_is_none(play: Play, say: Any) -> None:
    provider = play(NAME)
    said = say(NAME, provider, "--json").document
    assert (said["action"], said["id"], said["target"]) == ("created", "503", "acme/shop#31")
    assert written(provider) == [MADE]
    assert [(one.get("branch"), one.get("ticket"), one["calls"]) for one in said["costs"]] == [
        ("feature/PAY-7-x", None, 1),
        (None, "PAY-7", 2),
    ]


def test_estimated_and_reconciled_amounts_are_labelled(play: Play) -> None:
    text = text_of(play(NAME))
    branch = (
        "| branch `feature/PAY-7-x` | 1 | 6,000 | $0.1500 (estimated) | $0.1500 (reconciled, may change) | 62.5 % |"
    )
    assert branch in text.splitlines()
    assert text.startswith(MARKER)


def test_a_comment_of_ours_on_the_second_page_is_updated_in_place(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "acme-bot", outdated()))
    assert say(NAME, provider, "--json").document["action"] == "updated"
    assert written(provider) == [CHANGED]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_a_comment_that_says_it_already_is_not_written(ends: str, play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "acme-bot", text_of(provider).replace("\n", ends)))
    assert say(NAME, provider, "--json").document["action"] == "unchanged"
    assert written(provider) == []


def test_of_two_comments_of_ours_the_oldest_stays(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "acme-bot", outdated()), (504, "acme-bot", text_of(provider)))
    said = say(NAME, provider, "--json").document
    assert (said["action"], said["id"], said["removed"]) == ("updated", "503", 1)
    assert written(provider) == [CHANGED, f"DELETE {R}/issues/comments/504"]


def test_a_marker_that_somebody_else_wrote_is_left_alone(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "mallory", outdated()))
    assert say(NAME, provider, "--json").document["action"] == "created"
    assert written(provider) == [MADE]


def test_an_app_that_may_not_ask_who_it_is_finds_the_comment_of_an_app(play: Play, say: Any) -> None:
    provider = play(NAME)
    exchange(provider, "GET", "/user").status = 403
    put_comments(provider, (503, "github-actions[bot]", outdated()))
    assert say(NAME, provider, "--json").document["action"] == "updated"


def test_an_author_that_is_named_is_not_asked_for(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "acme-bot", outdated()))
    assert say(NAME, provider, "--author", "acme-bot", "--json").document["action"] == "updated"
    assert not any(asked.endswith("/user") for asked in provider.asked)


def test_a_comment_under_another_name_than_was_said_is_told(play: Play, say: Any) -> None:
    said = say(NAME, play(NAME), "--author", "somebody")
    assert (said.code, "--author acme-bot" in said.err) == (exit_codes.WRONG, True)


def test_a_dry_run_prints_it_and_writes_nothing(play: Play, say: Any) -> None:
    provider = play(NAME)
    said = say(NAME, provider, "--dry-run")
    assert (said.code, written(provider)) == (0, [])
    assert said.out.strip() == text_of(provider).strip()
    assert "would be created" in said.err


def test_work_that_nobody_was_seen_on_makes_no_comment(play: Play, say: Any) -> None:
    provider = play(NAME)
    provider.change('"feature/PAY-7-x"', '"quiet"', "/pulls/31")
    provider.change("(PAY-7)", "", "/pulls/31")
    assert say(NAME, provider, "--json").document["action"] == "nothing"
    assert written(provider) == []


def test_nothing_is_told_on_a_pull_request_from_a_fork(play: Play, say: Any) -> None:
    provider = play(NAME)
    pull = exchange(provider, "GET", "/pulls/31")
    document = json.loads(pull.answer)
    document["head"]["repo"]["full_name"] = "mallory/shop"
    pull.answer = json.dumps(document)
    said = say(NAME, provider, "--json").document
    assert (said["action"], said["costs"], said["body"]) == ("skipped", [], None)
    assert provider.asked == [f"GET {R}/pulls/31"]


def test_a_branch_of_a_fork_that_is_told_of_is_the_forks(play: Play, say: Any) -> None:
    provider = play(NAME)
    pull = exchange(provider, "GET", "/pulls/31")
    document = json.loads(pull.answer)
    document["head"]["repo"] = {"full_name": "grace/shop"}
    pull.answer = json.dumps(document)
    said = say(NAME, provider, "--forks", "--dry-run", "--json").document
    assert [one["calls"] for one in said["costs"]] == [0, 2]


def test_tickets_that_are_named_are_the_only_ones_told(play: Play, say: Any) -> None:
    said = say(NAME, play(NAME), "--ticket", "ops-1", "--dry-run", "--json").document
    assert [one.get("ticket") for one in said["costs"]] == [None, "OPS-1"]


def test_days_before_the_first_one_do_not_count(play: Play, say: Any) -> None:
    said = say(NAME, play(NAME), "--from", "2026-09-15", "--dry-run", "--json").document
    assert [one["calls"] for one in said["costs"]] == [0, 2]


FAULTS = {
    "not_found": (Fault(status=404), exit_codes.WRONG, "--repo and --pr"),
    "key_refused": (Fault(status=401), exit_codes.WRONG, "docs/comments.md"),
    "forbidden": (Fault(status=403), exit_codes.WRONG, "docs/comments.md"),
    "busy": (Fault(status=429, headers=(("retry-after", "7200"),)), exit_codes.TEMPORARY, "again later"),
    "elsewhere": (Fault(status=301, headers=(("location", "http://localhost:1/x"),)), exit_codes.WRONG, "--api-url"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_the_host_says_no_to_is_said_and_nothing_written(fault: str, play: Play, say: Any) -> None:
    provider = play(NAME)
    happens, code, words = FAULTS[fault]
    provider.faults[1] = happens
    said = say(NAME, provider)
    assert (said.code, words in said.err, written(provider)) == (code, True, [])
    assert KEY not in said.out + said.err


@pytest.mark.parametrize("status", [403, 429])
def test_a_limited_rate_is_waited_for(status: int, play: Play, say: Any) -> None:
    provider = play(NAME)
    provider.faults[4] = Fault(status=status, headers=(("retry-after", "0"),))
    put_comments(provider, (503, "acme-bot", outdated()))
    assert say(NAME, provider, "--json").document["action"] == "updated"


def test_a_comment_whose_making_was_limited_is_made_once(play: Play, say: Any) -> None:
    provider = play(NAME)
    provider.faults[5] = Fault(status=429, headers=(("retry-after", "0"),))
    assert say(NAME, provider, "--json").document["action"] == "created"
    assert written(provider) == [MADE, MADE]


class _Forgetful(Provider):
    """Makes the comment and loses the answer."""

    def matching(self, method: str, target: str, body: bytes, headers: Any) -> Any:
        found = super().matching(method, target, body, headers)
        if method == "POST":
            put_comments(self, (503, "acme-bot", text_of(self)))
        return found


def test_a_comment_whose_answer_was_lost_is_looked_for_before_another_is_made(say: Any) -> None:
    plain = Provider.of(NAME)
    provider = _Forgetful(plain.exchanges, plain.headers)
    provider.faults[5] = Fault(cut=True)
    with provider:
        said = say(NAME, provider, "--json").document
    assert (said["action"], said["id"]) == ("unchanged", "503")
    assert (written(provider), provider.unexpected) == ([MADE], [])


def test_a_comment_that_vanished_meanwhile_is_made_anew(play: Play, say: Any) -> None:
    provider = play(NAME)
    put_comments(provider, (503, "acme-bot", outdated()))
    exchange(provider, "PATCH", "/503").status = 404
    said = say(NAME, provider)
    assert (said.code, "vanished 3 times" in said.err) == (exit_codes.WRONG, True)
    assert written(provider) == [CHANGED] * 3


def test_a_next_page_elsewhere_is_not_followed(play: Play, say: Any) -> None:
    provider = play(NAME)
    first = next(each for each in provider.exchanges if each.path.endswith(COMMENTS))
    first.headers["link"] = '<http://localhost:1/x>; rel="next"'
    said = say(NAME, provider)
    assert (said.code, written(provider)) == (exit_codes.WRONG, [])


@pytest.mark.parametrize(
    "words",
    [
        ("--repo", "shop"),
        ("--repo", "../x"),
        ("--from", "soon"),
        ("--key", "ghp_0123456789"),
        ("--api-url", "http://x.y"),
    ],
)
def test_what_is_asked_wrongly_asks_nobody(words: tuple[str, str], play: Play, say: Any) -> None:
    provider = play(NAME)
    said = say(NAME, provider, *words)
    assert (said.code, provider.asked) == (exit_codes.USAGE, [])
    assert words[1] not in said.err or words[0] != "--key"


def test_a_key_that_is_not_there_is_a_wrong_setting(play: Play, say: Any) -> None:
    provider = play(NAME)
    assert say(NAME, provider, "--key", "env:NOT_THERE").code == exit_codes.SETTINGS
    assert provider.asked == []
