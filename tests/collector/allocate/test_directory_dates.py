"""The directory: one person behind many names, moves and leaving by the day."""

from pathlib import Path

from tests.support.allocation import row
from tests.support.samples import needs_samples, samples_dir
from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook_collector.allocate.directory import Directory
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.report import tabulate

PEOPLE = """employee,email,team,cost_center,valid_from,valid_to
ada,Ada@Old.example,payments,C1,2026-01-01,2026-09-01
ada,ada@new.example,payments,C1,2026-09-01,
ben,ben@x.example,search,C2,2026-01-01,2026-10-07
ben,ben@x.example,platform,C3,2026-10-07,
cy,,search,C2,2026-01-01,2026-10-07
"""
NAMES = "identity,employee,valid_from,valid_to\nuser_1,ada,,\nkey_9,ada,,2026-10-07\nkey_9,ben,2026-10-07,\n"
TABLES = {"people.csv": PEOPLE, "names.csv": NAMES}


def table(name: str) -> str | Problem:
    return TABLES[name]


def test_names_of_two_channels_are_one_person_and_a_move_is_split_by_day() -> None:
    text = "version: 1\ndirectory: {people: people.csv, identities: names.csv}\n"
    rules, problems = read_rules(text, "r.yaml", table)
    assert not problems
    assert rules is not None
    rows = [
        row("2026-10-06", engineer="ada@old.example"),
        row("2026-10-06", channel="openai", account="user_1"),
        row("2026-10-06", api_key="key_9"),
        row("2026-10-07", api_key="key_9"),
        row("2026-10-06", engineer="ben@x.example"),
        row("2026-10-07", engineer="cy"),
        row("2026-10-07", engineer="stranger@x.example"),
    ]
    allocation = allocate(rows, rules)
    by = {key: (each.amounts[0] or 0) // 10**9 for key, each in tabulate(allocation, ["engineer", "team"]).rows}
    assert by == {
        ("ada@new.example", "payments"): 3,
        ("ben@x.example", "platform"): 1,
        ("ben@x.example", "search"): 1,
        ("cy", None): 1,
        ("stranger@x.example", None): 1,
    }
    assert [name for name, _ in tabulate(allocation, ["team"]).remainders] == ["unallocated"]


def test_yaml_says_the_same_as_csv() -> None:
    yaml = """people:
  - employee: ada
    email: ada@new.example
    identities: [user_1]
    history: [{team: payments, valid_from: 2026-01-01}]
  - employee: ben
    history:
      - {team: search, valid_to: 2026-10-07}
      - {team: platform, valid_from: 2026-10-07}
"""
    directory = Directory()
    directory.people_yaml(yaml, "p.yaml")
    lookups, problems = directory.lookups()
    assert not problems
    names, teams = lookups["identities"], lookups["directory"]
    assert names.find("user_1", 0, "person") == "ada@new.example"
    assert teams.find("ben", day_number("2026-10-06"), "team") == "search"
    assert teams.find("ben", day_number("2026-10-07"), "team") == "platform"


def test_what_is_wrong_is_named_by_file_and_line() -> None:
    directory = Directory()
    directory.people_csv("employee,email,team,valid_from,valid_to\na,x@y,t,2026-01-01,\na,x@y,u,2026-05-01,\n", "p.csv")
    directory.people_csv("employee,email\nb,x@y\n,z@y\n", "q.csv")
    directory.identities_csv("identity,employee\nk,nobody\nm,a,extra\n", "n.csv")
    _, problems = directory.lookups()
    assert {(each.reason, each.where) for each in problems} == {
        ("lines_overlap", "p.csv:3"),
        ("directory_wrong", "q.csv:2"),  # the address is another person's ...
        ("lines_overlap", "q.csv:2"),  # ... who would be in two teams on one day
        ("directory_wrong", "q.csv:3"),
        ("directory_wrong", "n.csv:2"),
        ("line_wrong", "n.csv:3"),
    }


@needs_samples
def test_the_published_history_splits_a_mover_by_day() -> None:
    text = ((samples_dir() or Path()) / "bills" / "common" / "org_history.csv").read_text()
    rules, problems = read_rules("version: 1\ndirectory: {people: p.csv}\n", "r.yaml", lambda name: text)
    assert not problems
    assert rules is not None
    rows = [row(day, engineer="eva@juniper.example") for day in ("2026-10-06", "2026-10-07", "2026-10-08")]
    table = tabulate(allocate(rows, rules), ["team"])
    assert {key[0]: each.amounts[0] for key, each in table.rows} == {"search": 10**9, "platform": 2 * 10**9}
