"""Whatever a branch, a person, a workspace or a rule is called: nothing that the collector writes as CSV is run.

Commands, routes and tables come from the program itself. One that learns to write CSV, and has no case here, fails.
"""

import argparse
import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import pytest
from starlette.routing import Mount, Route

from tests.collector.auth.auth_bench import bench
from tests.collector.web.web_bench import Browser
from tests.support.bills import TOLD_CALL, cost_report, usage_report
from tests.support.formulas import FORMULAS, cells_of, run_in
from tollbook_collector.allocate.open_rules import FILE_NAME as RULES
from tollbook_collector.cli.main import main, parser

PACKAGES = [Path(__file__).parents[3] / part for part in ("core", "agent", "collector")]
COPIED = ("branch", "workspace")
"""Attributes of a row that are made dimensions too."""
DIMENSIONS = ("said", "repo", "engineer", *COPIED)
CALLERS = {
    "agent/tollbook_agent/cli/sheet_file.py",  # tests/agent/test_formulas.py
    "collector/tollbook_collector/cli/export.py",
    "collector/tollbook_collector/export/files.py",
    "collector/tollbook_collector/web/table.py",
}
"""Who writes CSV."""
PERIOD = "2026-09"
STREAM = "/live/events"
"""Ends with its client; it holds no CSV."""
ROUTES = {
    "/", "/flow", "/live", "/unassigned", "/reconciliation", "/rules", "/tickets/{key:path}", "/repos/{name:path}",
    "/engineers/{name:path}", "/api/v1/exports/focus/{period}",
}  # fmt: skip
TEXTUAL = {
    "calls", "unbilled", "values", "unassigned", "cells", "by-engineer", "by-model", "by-branch", "by-repo",
}  # fmt: skip
"""Tables of pages that have texts from outside."""


class Served(NamedTuple):
    """A home with a billed month whose every text is a formula, and its pages."""

    home: Path
    browser: Browser


def hostile_calls() -> Iterator[dict[str, Any]]:
    """Two calls of each text: one of a ticket, and one that nobody has assigned, of a model that is called so too."""
    for number, text in enumerate(FORMULAS):
        call: dict[str, Any] = {
            **TOLD_CALL,
            "usage": {"output": 1_000 + number},
            "engineer": text,
            "repo": text,
            "branch": text,
            "session_id": text,
            "scope": {"workspace": text, "project": text, "principal": text},
            "evidence": {"engineer": "explicit", "branch": "head", "repo": "worktree", "ticket": "explicit"},
        }
        yield {**call, "ids": {"response": f"msg_{number}"}, "tickets": ["PAY-7"]}
        yield {**call, "ids": {"response": f"msg_{number}_more"}, "model": text}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("formulas")
    (home / "calls.jsonl").write_text("\n".join(map(json.dumps, hostile_calls())))
    said = [{"id": f"r{n}", "when": {"branch": text}, "value": text} for n, text in enumerate(FORMULAS)]
    copies = {name: {"rules": [{"id": f"from-{name}", "from": name}]} for name in COPIED}
    (home / RULES).write_text(json.dumps({"version": 1, "dimensions": {"said": {"rules": said}, **copies}}))
    bills: list[str] = []
    amounts = {text: f"{100 + number}" for number, text in enumerate(FORMULAS)}
    for bill in (cost_report(amounts), usage_report({text: {text: 50_000} for text in FORMULAS})):
        (home / bill.name).write_bytes(bill.raw)
        bills.append(str(home / bill.name))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
        for words in (
            ("calls", "import", str(home / "calls.jsonl")),
            ("bills", "import", "--pulled-at", "2026-10-20T00:00:00Z", *bills),
            ("reconcile", "--period", PERIOD),
        ):
            assert main(words) == 0, words
        with bench(home) as parts:
            gate = parts.gate()
            gate.home = home
            yield Served(home, Browser(gate))


def expect_harmless(text: str, least: int = 0) -> None:
    """Nothing in a CSV is run, and at least so many of its cells are texts that would have been."""
    assert run_in(text) == []
    assert sum(cell.startswith("'") for row in cells_of(text) for cell in row) >= least, "nothing was tested"


def csv_commands(top: argparse.ArgumentParser, words: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Commands that have an option or a choice for spreadsheets."""
    for action in top._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from csv_commands(below, (*words, name))
        elif any("csv" in text for text in (*action.option_strings, *map(str, action.choices or ()))):
            yield words


def test_every_command_that_writes_csv_has_a_case() -> None:
    assert set(csv_commands(parser())) == {("export",)}


@pytest.mark.parametrize("what", [("focus",), *(("statement", "--by", name) for name in DIMENSIONS)], ids=" ".join)
def test_no_cell_of_an_exported_file_is_run(
    served: Served, what: tuple[str, ...], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(served.home))
    assert main(("export", *what, "--period", PERIOD, "--out", str(tmp_path / "out.csv"))) == 0
    expect_harmless((tmp_path / "out.csv").read_bytes().decode(), len(FORMULAS) // 2)


def get_routes(routes: Any, prefix: str = "") -> Iterator[str]:
    """The addresses that the application answers, those of mounted applications included."""
    for route in routes:
        if isinstance(route, Mount):
            yield from get_routes(route.routes, prefix + route.path)
        elif isinstance(route, Route) and "GET" in (route.methods or ()):
            yield prefix + route.path


def asked(route: str) -> Iterator[str]:
    """A route with values of ours in its places, and what a spreadsheet may ask of it."""
    name = quote(FORMULAS[0], safe="")
    values = {"key": "PAY-7", "name": name, "period": PERIOD, "call_id": "0", "tag": "0"}
    path = re.sub(r":\w+}", "}", route)
    for place in re.findall(r"{(\w+)}", path):
        path = path.replace(f"{{{place}}}", values[place])
    yield from (path, f"{path}?as=csv", f"{path}?format=csv")
    if route == "/rules":
        yield from (f"/rules?dimension={each}" for each in DIMENSIONS)
        yield f"/rules?dimension=said&value={name}"


def tables(served: Served) -> dict[str, set[str]]:
    """Every CSV that a page leads to or a route answers: route -> addresses."""
    found: dict[str, set[str]] = defaultdict(set)
    for route in set(get_routes(served.browser.client.app.routes)) - {STREAM}:
        for path in asked(route):
            answer = served.browser.get(path)
            kind = answer.headers.get("content-type", "")
            if kind.startswith("text/csv"):
                found[route].add(path)
            elif kind.startswith("text/html") and answer.status_code == 200:
                found[route] |= {link for link in served.browser.links(path) if "as=csv" in link}
    return {route: links for route, links in found.items() if links}


def test_no_cell_of_any_route_s_csv_is_run(served: Served) -> None:
    found = tables(served)
    assert set(found) == ROUTES
    texts: set[str] = set()
    for link in sorted({link for links in found.values() for link in links}):
        answer = served.browser.get(link)
        assert answer.headers["content-type"].startswith("text/csv"), link
        assert run_in(answer.text) == [], link
        if any(cell.startswith("'") for row in cells_of(answer.text) for cell in row):
            texts.update(re.findall(r"[?&]table=([\w-]+)", link))
    assert texts == TEXTUAL


def test_every_writer_of_csv_has_a_case() -> None:
    """`csv_text` makes all CSV (tests/collector/auth/test_hostile_calls.py): these ask it to."""
    root = PACKAGES[0].parent
    found: set[str] = set()
    for path in (path for package in PACKAGES for path in package.rglob("*.py")):
        called = (node.func for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call))
        if any(isinstance(func, ast.Name) and func.id == "csv_text" for func in called):
            found.add(path.relative_to(root).as_posix())
    assert found == CALLERS


def test_a_line_of_exported_calls_is_one_call_whatever_its_texts_are(
    served: Served, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(served.home))
    capfd.readouterr()
    assert main(("calls", "export")) == 0
    calls = [json.loads(line) for line in capfd.readouterr().out.splitlines()]
    assert sorted(call["branch"] for call in calls) == sorted([*FORMULAS, *FORMULAS])
