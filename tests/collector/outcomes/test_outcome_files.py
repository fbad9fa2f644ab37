"""Exports of Jira and GitHub: read, refused, kept once; look-alike keys invent nothing."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.samples import needs_samples, samples_dir
from tollbook.answer import day_number
from tollbook_collector.outcomes.hierarchy import Import, Outcomes
from tollbook_collector.outcomes.project_keys import project_keys
from tollbook_collector.outcomes.read_files import read_exports
from tollbook_collector.outcomes.shelf import FOLDER, keep, read_shelf

DAY = day_number("2026-10-31")


def jira(key: str, level: int = 0, parent: str | None = None, **fields: Any) -> dict[str, Any]:
    """An issue as Jira's search gives it."""
    return {
        "id": str(fields.pop("id", sum(map(ord, key)))),
        "key": key,
        "fields": {
            "issuetype": {"hierarchyLevel": level},
            "project": {"key": key.rpartition("-")[0]},
            "parent": None if parent is None else {"key": parent},
            "status": {"statusCategory": {"key": fields.pop("status", "new")}},
            "resolutiondate": fields.pop("resolved", None),
            **fields,
        },
    }


def github(number: int, branch: str, title: str = "", body: str | None = "", **fields: Any) -> dict[str, Any]:
    """A pull request as GitHub lists it."""
    defaults: dict[str, Any] = {"state": "open", "merged_at": None, "merge_commit_sha": None}
    head, base = {"ref": branch, "sha": "0" * 40}, {"repo": {"full_name": "acme/shop"}}
    return {"number": number, "title": title, "body": body, "head": head, "base": base, **defaults, **fields}


def raw(document: Any) -> bytes:
    return json.dumps(document).encode()


def outcomes_of(*documents: Any, day: int = DAY) -> Outcomes:
    issues, pulls, problems = read_exports((f"{n}.json", raw(each)) for n, each in enumerate(documents))
    assert not problems
    return Outcomes.of([Import(day, tuple(issues), tuple(pulls))])


def page(*issues: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"issues": list(issues), "isLast": True, **more}


def test_pages_and_pulls_are_told_apart_and_read() -> None:
    first = page(jira("PAY-1", customfield_10016=2.5), isLast=False, nextPageToken="x")
    second = page(jira("PAY-2", status="done", resolved="2026-10-07T01:00:00.000+0200"))
    issues, pulls, problems = read_exports(
        [("a.json", raw(first)), ("b.json", raw(second)), ("c.json", raw([github(7, "fix/PAY-1")]))]
    )
    assert not problems
    assert [(each.key, each.points) for each in issues] == [("PAY-1", 250), ("PAY-2", None)]
    assert issues[1].done_day == day_number("2026-10-06")
    assert [(each.name, each.state) for each in pulls] == [("acme/shop#7", "open")]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b'{"total": 3}', "export_unknown"),
        (raw([{"id": 1}]), "export_unknown"),
        (raw(page({"id": "1", "key": "PAY-1"})), "issue_unreadable"),
        (raw(page(jira("PAY-1", status="closed"))), "issue_unreadable"),
        (raw(page(jira("not a key"))), "issue_unreadable"),
        (raw(page(isLast=False)), "page_unfinished"),
        (raw([github(1, "x", state="odd")]), "pull_unreadable"),
    ],
)
def test_what_cannot_be_read_is_a_problem(content: bytes, reason: str) -> None:
    _, _, problems = read_exports([("f.json", content)])
    assert [each.reason for each in problems] == [reason]
    assert problems[0].where.startswith("f.json")


@settings(max_examples=50, deadline=None)
@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["issues", "fields", "key", "id", "head", "number", "x"]), inner)
        ),
        max_leaves=12,
    )
)
def test_no_document_raises(document: Any) -> None:
    issues, pulls, problems = read_exports([("f.json", raw(document))])
    assert problems or issues or pulls or document in ([], {"issues": []}) or isinstance(document, dict)


def test_look_alikes_invent_nothing_and_the_strongest_evidence_wins() -> None:
    outcomes = outcomes_of(
        page(jira("PAY-1"), jira("PAY-2"), jira("UTF-1")),
        [
            github(1, "fix/PAY-1-utf-8", "PAY-2"),
            github(2, "spike/sha-256", "PAY-2: faster"),
            github(3, "chore/iso-8601", "CVE-2024-3094", "Fixes PAY-1\nand PAY-2"),
            github(4, "PAY-999-no-such-issue", "nothing"),
        ],
    )
    assert [outcomes.tickets_of(each) for each in outcomes.pulls] == [("PAY-1",), ("PAY-2",), ("PAY-1", "PAY-2"), ()]


def test_project_keys_are_the_settings_else_the_issues() -> None:
    outcomes = outcomes_of(page(jira("PAY-1"), jira("OPS-2")))
    assert project_keys(None, outcomes) == {"project_keys": ["OPS", "PAY"], "source": "outcomes"}
    assert project_keys(frozenset({"X"}), outcomes) == {"project_keys": ["X"], "source": "settings"}
    assert project_keys(None, Outcomes()) == {"project_keys": None, "source": None}


def test_an_import_is_kept_once_and_read_back(tmp_path: Path) -> None:
    issues, pulls, _ = read_exports([("a", raw(page(jira("PAY-1")))), ("b", raw([github(1, "PAY-1")]))])
    assert keep(tmp_path, DAY, issues, pulls)
    assert not keep(tmp_path, DAY, issues, pulls)
    assert keep(tmp_path, DAY + 1, issues, pulls)
    outcomes, problems = read_shelf(tmp_path)
    assert not problems
    assert outcomes == Outcomes.of(
        [Import(DAY, tuple(issues), tuple(pulls)), Import(DAY + 1, tuple(issues), tuple(pulls))]
    )
    next((tmp_path / FOLDER).glob("*.json")).write_text("{")
    _, problems = read_shelf(tmp_path)
    assert [each.reason for each in problems] == ["outcomes_damaged"]


@needs_samples
def test_the_published_exports() -> None:
    folder = (samples_dir() or Path()) / "bills"
    files = [
        folder / "outcomes" / name
        for name in ("jira_search_jql_p1.json", "jira_search_jql_p2.json", "github_pulls.json")
    ]
    issues, pulls, problems = read_exports((path.name, path.read_bytes()) for path in files)
    assert not problems
    outcomes = Outcomes.of([Import(DAY, tuple(issues), tuple(pulls))])
    expected = json.loads((folder / "expected.json").read_text())["extract"]
    for branch, keys in expected.items():
        (_, (pull,), _) = read_exports([("p", raw([github(1, branch, "UTF-8 and SHA-256", "ISO-8601")]))])
        assert list(outcomes.tickets_of(pull)) == keys, branch
    assert [(each.number, outcomes.tickets_of(each), each.state) for each in outcomes.pulls] == [
        (14, ("CORE-9",), "merged"),
        (13, ("SRCH-40",), "closed"),
        (11, ("PAY-101",), "merged"),
        (12, ("PAY-120", "PAY-121"), "merged"),
    ]
    assert [each.key for each in outcomes.chain("PAY-101", DAY)] == ["PAY-101", "PAY-100", "BET-1"]
    assert [each.key for each in outcomes.chain("PAY-121", DAY)] == ["PAY-121", "PAY-120"]
