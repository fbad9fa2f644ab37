"""Tickets and pull requests, asked for at recorded servers: all pages, what is above, and only news the next time."""

import json
from pathlib import Path

import pytest

from tests.support.pulling import DAY_SECONDS, NOW, Waits, around, source_of
from tests.support.recorded_provider import KEY, Fault, Play, Provider
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main
from tollbook_collector.finance import Finance
from tollbook_collector.outcomes.shelf import FOLDER, read_shelf
from tollbook_collector.pull import bills
from tollbook_collector.pull.client import MOST_TRIES
from tollbook_collector.pull.outcomes import Tracked, pull_outcomes
from tollbook_collector.pull.settings import Source

TODAY = NOW // DAY_SECONDS
BACKWARDS = {
    "busy": Fault(status=429, headers=(("retry-after", "2"),)),
    "failing": Fault(status=503),
    "cut": Fault(cut=True),
    "half": Fault(half=True),
}


def jira(provider: Provider) -> Source:
    return source_of("jira", provider, email="bot@acme.example")


def github(provider: Provider) -> Source:
    return source_of("github", provider, base_url=f"{provider.base_url}/api/v3", names=("acme/shop",))


SOURCES = {"jira": jira, "github": github}


def pull(company: Finance, source: Source, now: float = NOW, *, dry_run: bool = False) -> Tracked:
    home = company.file.path.parent
    (done,) = pull_outcomes(company.file, [source], None, around(home, Waits(), now), dry_run=dry_run)
    return done


def shelf(company: Finance) -> int:
    return len(list((company.file.path.parent / FOLDER).glob("*.json")))


def test_issues_come_with_all_that_stands_above_them(play: Play, company: Finance) -> None:
    done = pull(company, jira(play("jira")))
    assert (done.problems, done.changed) == ([], 5)
    outcomes, _ = read_shelf(company.file.path.parent)
    assert [issue.key for issue in outcomes.chain("PAY-72", TODAY)] == ["PAY-72", "PAY-71", "PAY-60", "BET-4"]
    assert {key: issue.points for key, issue in outcomes.issues.items()}["PAY-71"] == 350


def test_projects_without_an_issue_are_known_too(play: Play, company: Finance) -> None:
    pull(company, jira(play("jira")))
    outcomes, _ = read_shelf(company.file.path.parent)
    assert outcomes.project_keys == {"PAY", "OPS", "BET", "LAB"}


def test_projects_that_are_named_are_the_only_ones_asked_for(play: Play, company: Finance) -> None:
    provider = play("jira")
    for each in provider.exchanges[:2]:
        each.body["jql"] = f'project in ("PAY", "OPS") AND {each.body["jql"]}'
    done = pull(company, Source(**{**_fields(jira(provider)), "names": ("PAY", "OPS")}))
    assert (done.problems, done.projects) == ([], ("PAY", "OPS"))
    assert not any("project/search" in asked for asked in provider.asked)


def _fields(source: Source) -> dict[str, object]:
    return {name: getattr(source, name) for name in Source.__slots__}


def test_pull_requests_are_read_until_they_are_older_than_asked_for(play: Play, company: Finance) -> None:
    provider = play("github")
    done = pull(company, github(provider))
    assert (done.problems, sorted(each.number for each in done.pulls)) == ([], [29, 30, 31])
    assert len(provider.asked) == 2


def test_tickets_of_pull_requests_are_found(play: Play, company: Finance) -> None:
    pull(company, jira(play("jira")))
    pull(company, github(play("github")))
    outcomes, _ = read_shelf(company.file.path.parent)
    found = {each.number: outcomes.tickets_of(each) for each in outcomes.pulls}
    assert found == {31: ("PAY-71",), 30: ("OPS-9",), 29: ("PAY-72",)}


@pytest.mark.parametrize("channel", ["jira", "github"])
def test_a_pull_without_news_writes_nothing(channel: str, play: Play, company: Finance) -> None:
    source = SOURCES[channel](play(channel))
    pull(company, source)
    again = pull(company, source)
    assert (again.problems, again.changed, shelf(company)) == ([], 0, 1)


def test_the_next_pull_begins_some_days_before_the_last_one_ended(play: Play, company: Finance) -> None:
    provider = play("jira")
    pull(company, jira(provider))
    asked = len(provider.asked)
    last = provider.exchanges[-1]
    last.answer = last.answer.replace('"indeterminate"', '"done"')
    done = pull(company, jira(provider))
    assert (done.problems, done.changed, len(provider.asked) - asked) == ([], 1, 3)
    outcomes, _ = read_shelf(company.file.path.parent)
    assert outcomes.issues["PAY-71"].status == "done"


@pytest.mark.parametrize("fault", sorted(BACKWARDS))
@pytest.mark.parametrize("channel", ["jira", "github"])
def test_a_fault_on_a_page_is_asked_again(channel: str, fault: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    provider.faults[2] = BACKWARDS[fault]
    done = pull(company, SOURCES[channel](provider))
    assert (done.problems, done.retries, shelf(company)) == ([], 1, 1)


@pytest.mark.parametrize("channel", ["jira", "github"])
def test_a_pull_that_breaks_off_keeps_nothing_and_is_made_good(channel: str, play: Play, company: Finance) -> None:
    provider = play(channel)
    provider.faults = dict.fromkeys(range(2, 2 + MOST_TRIES), BACKWARDS["failing"])
    source = SOURCES[channel](provider)
    broken = pull(company, source)
    assert ([one.reason for one in broken.problems], shelf(company)) == (["provider_failing"], 0)
    assert company.file.watermarks() == []
    provider.faults = {}
    assert (pull(company, source).problems, shelf(company)) == ([], 1)


def test_an_issue_that_cannot_be_read_keeps_nothing(play: Play, company: Finance) -> None:
    provider = play("jira")
    provider.change('"key": "OPS-9"', '"key": "not a key"')
    done = pull(company, jira(provider))
    assert ([one.reason for one in done.problems], shelf(company)) == (["issue_unreadable"], 0)


def test_parents_that_the_account_may_not_see_are_said_and_keep_nothing_out(play: Play, company: Finance) -> None:
    provider = play("jira")
    provider.faults[3] = Fault(status=400)
    done = pull(company, jira(provider))
    assert ([one.reason for one in done.problems], len(done.issues), shelf(company)) == (["parents_unseen"], 3, 1)


def test_a_next_page_at_another_host_is_refused(play: Play, company: Finance) -> None:
    provider = play("github")
    provider.exchanges[0].headers["link"] = '<http://localhost:1/repos/acme/shop/pulls?page=2>; rel="next"'
    done = pull(company, github(provider))
    assert ([one.reason for one in done.problems], shelf(company)) == (["page_elsewhere"], 0)


def test_what_is_kept_holds_no_title_and_no_name_of_a_person(play: Play, company: Finance) -> None:
    pull(company, github(play("github")))
    (path,) = (company.file.path.parent / FOLDER).glob("*.json")
    text = path.read_text()
    assert "Checkout" not in text
    assert "grace-h" not in text


def test_the_command(
    tmp_path: Path, play: Play, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    monkeypatch.setenv("RECORDED_KEY", KEY)
    monkeypatch.setattr(bills, "now", lambda: NOW)
    tracker, host = play("jira"), play("github")
    (tmp_path / "collector.toml").write_text(
        f'[pull.jira]\nkey = "env:RECORDED_KEY"\nemail = "bot@acme.example"\nbase_url = "{tracker.base_url}"\n'
        f'since = "2026-10-05"\n[pull.github]\nkey = "env:RECORDED_KEY"\nbase_url = "{host.base_url}/api/v3"\n'
        'repositories = ["acme/shop"]\nsince = "2026-10-05"\nrequests_per_minute = 6000\n'
    )
    assert main(["outcomes", "pull", "github", "--json"]) == exit_codes.OK
    (row,) = json.loads(capsys.readouterr().out)["pulled"]
    assert (row["report"], row["pull_requests"], row["changed"]) == ("acme/shop", 3, 3)
    assert main(["outcomes", "show", "PAY-71", "--json"]) == exit_codes.OK
