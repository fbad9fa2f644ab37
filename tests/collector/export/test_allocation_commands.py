"""The commands of allocation over a home with rules and outcomes: what they print, what they return."""

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.allocation import row
from tollbook.answer import day_number
from tollbook_collector import exit_codes, finance
from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.cli import export, outcomes, rules, unit_cost
from tollbook_collector.cli.output import Console
from tollbook_collector.store.finance.sqlite import FinanceFile

RULES = """version: 1
directory: {people: people.csv}
dimensions:
  product:
    rules:
      - {id: p1, when: {repo: acme/shop}, value: shop}
      - {id: p2, when: {repo: acme/infra}, value: platform}
splits:
  - {id: s1, pool: {product: platform}, to: product, fixed: {shop: 1, search: 1}}
"""
PEOPLE = "employee,email,team\nada,ada@example.com,payments\n"
CENT = 10**7
ROWS = [
    row("2026-10-05", engineer="ada@example.com", repo="acme/shop", branch="PAY-1-x", ticket="PAY-1", calls=2, tokens=5,
        list_nano_usd=120 * CENT, billed_nano_usd=100 * CENT, effective_nano_usd=100 * CENT, document="1"),
    row("2026-10-05", repo="acme/infra", list_nano_usd=30 * CENT, billed_nano_usd=20 * CENT,
        effective_nano_usd=20 * CENT, document="1"),
    row("2026-10-05", untracked=True, list_nano_usd=0, billed_nano_usd=5 * CENT, effective_nano_usd=5 * CENT,
        document="1"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with rules, whose October is `ROWS`; reconciliation has its own tests."""
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "people.csv").write_text(PEOPLE)
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))

    def month(self: finance.Finance, period: str) -> list[AllocationRow]:
        return ROWS if period == "2026-10" else []

    monkeypatch.setattr(finance.Finance, "rows", month)
    return tmp_path


def run(*arguments: str) -> tuple[int, str, str]:
    """(exit code, what was answered, what was said about it)."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for module in (rules, outcomes, unit_cost, export):
        module.add(commands)
    chosen = parser.parse_args(arguments)
    out, err = io.StringIO(), io.StringIO()
    code: int = chosen.run(chosen, Console(out, err, {}))
    return code, out.getvalue(), err.getvalue()


def answer(*arguments: str) -> Any:
    code, out, err = run(*arguments)
    assert code == exit_codes.OK, err
    return json.loads(out)


def imported(home: Path) -> None:
    issue = {
        "id": "1",
        "key": "PAY-1",
        "fields": {
            "issuetype": {"hierarchyLevel": 0},
            "parent": None,
            "status": {"statusCategory": {"key": "done"}},
            "resolutiondate": "2026-10-07T12:00:00.000+0000",
            "customfield_10016": 2,
        },
    }
    pull = {
        "number": 7,
        "title": "",
        "state": "closed",
        "merged_at": "2026-10-07T12:00:00Z",
        "head": {"ref": "PAY-1-x", "sha": "0" * 40},
        "base": {"repo": {"full_name": "acme/shop"}},
    }
    (home / "jira.json").write_text(json.dumps({"issues": [issue], "isLast": True}))
    (home / "pulls.json").write_text(json.dumps([pull]))
    files = (str(home / "jira.json"), str(home / "pulls.json"))
    assert answer("outcomes", "import", *files, "--as-of", "2026-10-08", "--json") == {
        "issues": 1,
        "pull_requests": 1,
        "new": True,
    }
    assert answer("outcomes", "import", *files, "--as-of", "2026-10-08", "--json")["new"] is False


def test_check_of_sound_rules_and_of_wrong_ones(home: Path) -> None:
    code, out, _ = run("rules", "check")
    assert code == exit_codes.OK
    assert "rules.yaml: sound." in out
    wrong = home / "wrong.yaml"
    wrong.write_text(RULES + "  - {id: s2, pool: {product: search}, to: product, even: [platform]}\n")
    code, _, err = run("rules", "check", str(wrong))
    assert code == exit_codes.WRONG
    assert "wrong.yaml:10" in err
    code, out, _ = run("rules", "check", str(wrong), "--json")
    assert code == exit_codes.WRONG
    assert [(each["level"], each["reason"]) for each in json.loads(out)["problems"]] == [("error", "split_cycle")]


def test_a_dimension_and_one_value_of_it_are_explained() -> None:
    table = answer("rules", "explain", "--period", "2026-10", "--dimension", "product", "--json")
    assert {each["key"][0]: each["billed_nano_usd"] for each in table["rows"]} == {
        "shop": 110 * CENT,
        "search": 10 * CENT,
        "platform": 0,
        None: 5 * CENT,
    }
    assert table["total"]["billed_nano_usd"] == 125 * CENT
    assert [(each["name"], each["billed_nano_usd"]) for each in table["remainders"]] == [("untracked", 5 * CENT)]
    assert table["coverage"] == "0.9600"
    value = answer("rules", "explain", "--period", "2026-10", "--dimension", "product", "--value", "shop", "--json")
    assert [(each["rule"], each["from"], each["billed_nano_usd"]) for each in value["reasons"]] == [
        ("p1", None, 100 * CENT),
        ("s1", "platform", 10 * CENT),
    ]
    code, out, err = run("rules", "explain", "--period", "2026-10", "--dimension", "team", "--unallocated")
    assert code == exit_codes.OK
    assert "no rule gives a value" in out
    assert "bill document 1" in err
    assert run("rules", "explain", "--period", "2026-10", "--dimension", "product")[0] == exit_codes.OK


def test_a_change_is_shown_and_not_applied(home: Path) -> None:
    other = home / "new.yaml"
    other.write_text(RULES.replace("fixed: {shop: 1, search: 1}", "fixed: {shop: 1, search: 3}"))
    code, out, _ = run("rules", "diff", str(other), "--period", "2026-10")
    assert code == exit_codes.OK
    assert "product: $0.0500 moves; totals equal" in out
    document = answer("rules", "diff", str(other), "--period", "2026-10", "--json")
    assert document["dimensions"][0]["moved_nano_usd"] == 5 * CENT
    assert (home / "rules.yaml").read_text() == RULES


def test_a_change_of_a_closed_month_says_where_it_would_be_posted(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FinanceFile, "closed", lambda self: {"2026-10": "x", "2026-11": "y"})
    other = home / "new.yaml"
    other.write_text(RULES.replace("fixed: {shop: 1, search: 1}", "fixed: {shop: 1, search: 3}"))
    _, out, _ = run("rules", "diff", str(other), "--period", "2026-10")
    assert "2026-10 is closed: its books stay." in out
    assert "posted to 2026-12;" in out
    assert answer("rules", "diff", str(other), "--period", "2026-10", "--json")["booked_in"] == "2026-12"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("rules", "explain", "--dimension", "team"), "--period"),
        (("rules", "explain", "--period", "2026-13", "--dimension", "team"), "no month"),
        (("rules", "explain", "--period", "2026-10", "--dimension", "teem"), "team"),
        (("rules", "diff", "--period", "2026-10"), "FILE"),
        (("outcomes", "import"), "nothing named"),
        (("outcomes", "import", "x.json", "--as-of", "soon"), "no date"),
        (("export", "focus", "--period", "2026-10", "--format", "parquet"), "Parquet"),
        (("export", "statement", "--period", "2026-10", "--by", "teem"), "team"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(arguments: tuple[str, ...], says: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (exit_codes.USAGE, "")
    assert says in err


def test_rules_with_errors_are_never_applied(home: Path) -> None:
    (home / "rules.yaml").write_text("version: 1\ndimensions: {a: {from: nope}}\n")
    code, out, err = run("export", "focus", "--period", "2026-10")
    assert (code, out) == (exit_codes.WRONG, "")
    assert "rules.yaml:2" in err


def test_unit_costs_of_what_was_imported(home: Path) -> None:
    imported(home)
    assert answer("outcomes", "keys", "--json") == {"project_keys": ["PAY"], "source": "outcomes"}
    shown = answer("outcomes", "show", "pay-1", "--as-of", "2026-10-09", "--json")["tickets"][0]
    assert (shown["chain"], shown["pull_requests"][0]["state"]) == (["PAY-1"], "merged")
    pulls = answer("unit-cost", "--per", "pr", "--period", "2026-10", "--json")
    assert (pulls["attributed"]["each_nano_usd"], pulls["loaded"]["each_nano_usd"]) == (100 * CENT, 125 * CENT)
    tickets = answer("unit-cost", "--per", "ticket", "--period", "2026-10", "--json")
    assert (tickets["lifetime"]["each_nano_usd"], tickets["per_point"]["each_nano_usd"]) == (100 * CENT, 50 * CENT)
    epics = answer("unit-cost", "--per", "epic", "--period", "2026-10", "--json")
    assert [each["key"] for each in epics["rows"]] == [None]
    for per in ("pr", "ticket", "epic"):
        code, out, _ = run("unit-cost", "--per", per, "--period", "2026-10")
        assert code == exit_codes.OK
        assert "total" in out


def test_a_file_that_is_wrong_imports_nothing(home: Path) -> None:
    (home / "x.json").write_text("{")
    code, _, err = run("outcomes", "import", str(home / "x.json"))
    assert code == exit_codes.WRONG
    assert "x.json" in err
    assert not (home / "outcomes").exists()
    assert run("outcomes", "import", str(home / "none.json"))[0] == exit_codes.WRONG


def test_focus_and_statement_are_written(home: Path) -> None:
    code, out, _ = run("export", "focus", "--period", "2026-10")
    assert code == exit_codes.OK
    assert out.count("\r\n") == 1 + 4  # the emptied platform row held no tokens
    rows = answer("export", "focus", "--period", "2026-10", "--format", "json")
    assert {each["ChargePeriodStart"] for each in rows} == {"2026-10-05T00:00:00Z"}
    assert rows[0]["BillingPeriodEnd"] == "2026-11-01T00:00:00Z"
    assert day_number("2026-10-05") == ROWS[0].day
    code, out, _ = run("export", "statement", "--period", "2026-10", "--by", "team")
    assert out.splitlines() == ["team,effective_usd", "payments,1.00", "unallocated,0.25", "total,1.25"]
    target = home / "s.json"
    code, out, err = run("export", "statement", "--period", "2026-10", "--format", "json", "--out", str(target))
    assert (code, out) == (exit_codes.OK, "")
    assert json.loads(target.read_text())["total_cents"] == 125
    assert "s.json" in err
    assert run("export", "focus", "--period", "2026-10", "--out", str(home / "no" / "x"))[0] == exit_codes.WRONG
