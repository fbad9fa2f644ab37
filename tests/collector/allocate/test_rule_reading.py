"""Rules files: the shipped example whole, and every mistake named with its file and line."""

from pathlib import Path

import pytest

from tests.support.allocation import row
from tollbook.problem import Problem
from tollbook_collector.allocate.check import check
from tollbook_collector.allocate.open_rules import open_rules, rules_in_force
from tollbook_collector.allocate.python_engine import allocate
from tollbook_collector.allocate.read_rules import read_rules
from tollbook_collector.allocate.report import crossfoots, tabulate
from tollbook_collector.allocate.rules import RuleSet

CONFIGS = Path(__file__).resolve().parents[3] / "configs"
HEAD = "version: 1\n"


def no_table(name: str) -> Problem:
    return Problem(reason="file_absent", where=name, detail="there is no such file")


def rules_of(text: str) -> RuleSet:
    found, problems = read_rules(HEAD + text, "r.yaml", no_table)
    assert not problems
    assert found is not None
    return found


def test_the_shipped_rules_are_sound_and_do_what_their_comments_say() -> None:
    opened = open_rules(CONFIGS / "rules.yaml")
    assert opened.bundle is not None
    rules = opened.bundle.rules
    assert check(rules).errors == check(rules).warnings == ()
    money = {"list_nano_usd": 1_000, "billed_nano_usd": 900, "effective_nano_usd": 900}
    rows = [
        row("2026-10-06", engineer="ben@example.com", repo="acme/search", **money),
        row("2026-10-07", engineer="ben@example.com", repo="acme/search", **money),
        row("2026-10-07", account="user_01ExampleAda", repo="acme/monorepo", branch="refunds/x", **money),
        row("2026-10-08", workspace="wrkspc_agents", principal="arn:aws:iam::1:role/ci-x", untracked=True, **money),
        row("2026-09-30", ticket="PAY-1", **money),
        row("2026-10-01", ticket="PAY-1", **money),
    ]
    allocation = allocate(rows, rules)
    assert not crossfoots(allocation)

    def sums(*by: str) -> dict[tuple[str | None, ...], int | None]:
        return {key: each.amounts[1] for key, each in tabulate(allocation, by).rows}

    assert sums("team") == {("search",): 900, ("payments",): 1_800, (None,): 2_700}
    assert sums("engineer")[("ada@example.com",)] == 900
    assert sums("environment") == {("ci",): 900, ("development",): 4_500}
    # The platform's 900 went to payments, search and refunds by what they had in October: 900, 1800, 900.
    assert sums("product") == {
        ("payments",): 900 + 225,
        ("search",): 1_800 + 450,
        ("refunds",): 900 + 225,
        ("platform",): 0,
        (None,): 900,
    }
    assert sums("unit") == {("commerce",): 2_250, ("discovery",): 2_250, (None,): 900}


def test_without_a_rules_file_the_standard_dimensions_are_there(tmp_path: Path) -> None:
    opened = rules_in_force(tmp_path)
    assert opened.bundle is not None
    wanted = {"engineer", "ticket", "team", "repo", "product", "customer", "initiative", "epic"}
    assert set(opened.bundle.rules.names) == wanted


@pytest.mark.parametrize(
    ("text", "reason", "line", "says"),
    [
        ("dimensions:\n  a: {from: enginer}", "name_unknown", 3, "Did you mean engineer?"),
        ("dimensions:\n  a: {rules: [{id: x, when: {repoo: y}, value: z}]}", "name_unknown", 3, "repo"),
        ("dimensions:\n  a: {lookup: nope.x, on: repo}", "name_unknown", 3, "nope"),
        ("dimensions:\n  a: {lookup: directory.teem, on: engineer}", "name_unknown", 3, "team"),
        ("dimensions:\n  a: {lookup: directory.team, parent_of: model}", "name_unknown", 3, "no dimension"),
        ("dimensions:\n  a: {rules: [{id: x, value: z, valid_from: 2026-13-01}]}", "date_wrong", 3, "2026-10-01"),
        (
            "dimensions:\n  a:\n    rules:\n      - id: x\n        value: z\n        valid_from: 2026-10-02\n"
            "        valid_to: 2026-10-02",
            "date_wrong",
            8,
            "exclusive",
        ),
        ("dimensions:\n  a: {from: b}\n  b: {from: a}", "cycle", 3, "a -> b -> a"),
        ("dimensions:\n  a: {rules: [{id: x, value: z}, {id: x, value: q}]}", "id_twice", 3, "line 3"),
        ("dimensions:\n  a: {rules: [{id: x.y, value: z}]}", "name_wrong", 3, "no id"),
        ("dimensions:\n  a: {rules: [{id: x, value: z, from: repo}]}", "shape_wrong", 3, "exactly one"),
        ("dimensions:\n  A: {from: repo}", "name_wrong", 3, "lower-case"),
        ("dimensions:\n  a: {rules: [{id: x, value: ''}]}", "shape_wrong", 3, "no text"),
        ("splits:\n  - {id: s, pool: {team: x}, to: teem, even: [a]}", "name_unknown", 3, "team"),
        ("splits:\n  - {id: s, to: team, even: [a]}", "shape_wrong", 3, "pool"),
        ("splits:\n  - {id: s, pool: {team: x}, to: team, fixed: {a: 0}}", "weight_wrong", 3, "above zero"),
        ("splits:\n  - {id: s, pool: {team: x}, to: team, fixed: {a: 0.5, b: 1}}", "weight_wrong", 3, "whole number"),
        ("splits:\n  - {id: s, pool: {team: x}, to: team, stream: nope}", "name_unknown", 3, "nope"),
        ("lookups:\n  t: {file: t.csv, key: k}", "file_absent", 3, "t.csv"),
        ("lookups:\n  tickets: {file: t.csv, key: k}", "name_wrong", 3, "cannot be"),
        ("rules: []", "name_unknown", 2, "dimensions"),
    ],
)
def test_a_mistake_is_named_with_its_line_and_what_to_do(text: str, reason: str, line: int, says: str) -> None:
    found, problems = read_rules(HEAD + text, "r.yaml", no_table)
    assert found is None
    mine = [problem for problem in problems if problem.reason == reason]
    assert mine, problems
    assert mine[0].where == f"r.yaml:{line}"
    assert says in f"{mine[0].detail} {mine[0].remedy}"


def test_another_version_is_refused() -> None:
    found, problems = read_rules("version: 2\n", "r.yaml", no_table)
    assert found is None
    assert problems[0].reason == "version_wrong"


def test_the_bundle_changes_with_a_table_and_not_otherwise(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_text(HEAD + "lookups: {t: {file: t.csv, key: k}}\n")
    table = tmp_path / "t.csv"
    table.write_text("k,v\na,b\n")
    first = open_rules(tmp_path / "r.yaml").bundle
    assert first is not None
    assert open_rules(tmp_path / "r.yaml").bundle == first
    table.write_text("k,v\na,c\n")
    second = open_rules(tmp_path / "r.yaml").bundle
    assert second is not None
    assert second.id != first.id


def test_a_table_outside_the_folder_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("k,v\na,b\n")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "r.yaml").write_text(HEAD + "lookups: {t: {file: ../secret.csv, key: k}}\n")
    opened = open_rules(tmp_path / "in" / "r.yaml")
    assert opened.bundle is None
    assert [problem.reason for problem in opened.problems] == ["file_outside"]


def test_a_file_that_is_no_text_or_not_there_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "r.yaml").write_bytes(b"\xff\xfe\x00")
    assert [each.reason for each in open_rules(tmp_path / "r.yaml").problems] == ["not_text"]
    assert [each.reason for each in open_rules(tmp_path / "none.yaml").problems] == ["file_absent"]


def test_negation_and_absence() -> None:
    rules = rules_of(
        "dimensions:\n  a:\n    rules:\n"
        "      - {id: none, when: {repo: ~}, value: none}\n"
        "      - {id: other, when: {row.repo: {not: [x, y]}, untracked: false}, value: other}\n"
        "      - {id: rest, when: {repo: {not: {prefix: z}, present: true}}, value: rest}\n"
    )
    rows = [row(), row(repo="q"), row(repo="x"), row(repo="q", untracked=True), row(repo="z", untracked=True)]
    at = rules.names.index("a")
    assert [piece.places[at].value for piece in allocate(rows, rules).pieces] == [
        "none",
        "other",
        "rest",
        "rest",
        None,
    ]
