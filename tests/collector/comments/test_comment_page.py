"""The pages and the workflow say what the command takes, and the workflow lets no name into a shell."""

import argparse
import re
import shlex
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tollbook_collector import exit_codes
from tollbook_collector.cli.main import parser

ROOT = Path(__file__).parents[3]
WORKFLOW = ROOT / "configs" / "ci" / "github-actions.yml"


def actions() -> dict[str, argparse.ArgumentParser]:
    """The actions of `comment`."""
    of: Any = parser()
    for _ in range(2):
        choices = next(action.choices for action in of._actions if isinstance(action.choices, dict))
        of = choices.get("comment", of)
    return choices


def options(one: argparse.ArgumentParser) -> set[str]:
    return {name for action in one._actions for name in action.option_strings} - {"-h", "--help"}


def steps() -> list[dict[str, Any]]:
    document: Any = YAML(typ="safe").load(WORKFLOW.read_text())
    return document["jobs"]["cost"]["steps"]


def test_the_page_has_every_option_of_every_action() -> None:
    page = (ROOT / "docs" / "commands.md").read_text()
    section = page.split("### `tollbook-collector comment`")[1].split("\n### ")[0]
    rows = re.findall(r"^\| ((?:github|jira|, )+) `(--[a-z-]+)", section, flags=re.MULTILINE)
    for name, one in actions().items():
        assert {option for who, option in rows if name in who} == options(one) - {"--config"}


def test_the_workflow_is_a_command_that_is_taken() -> None:
    words = shlex.split(steps()[-1]["run"])
    assert words[:3] == ["tollbook-collector", "comment", "github"]
    given = parser().parse_args([word if word != "$NUMBER" else "31" for word in words[1:]])
    assert (given.pr, given.key, given.token) == (31, "env:GITHUB_TOKEN", "env:TOLLBOOK_API_TOKEN")


def test_nothing_that_a_stranger_names_gets_into_a_shell() -> None:
    assert not any("${{" in step["run"] for step in steps())
    assert set(steps()[-1]["env"]) == {"NUMBER", "TOLLBOOK_URL", "TOLLBOOK_API_TOKEN", "GITHUB_TOKEN"}


def test_the_workflow_may_write_comments_and_nothing_else() -> None:
    document: Any = YAML(typ="safe").load(WORKFLOW.read_text())
    assert document["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert "pull_request" in document["on"]
    assert "pull_request_target" not in document["on"]


def test_the_page_names_the_exit_codes() -> None:
    page = (ROOT / "docs" / "comments.md").read_text().partition("## Exit codes")[2]
    codes = {int(code) for code in re.findall(r"(?:^|\s)(\d+): ", page)}
    assert codes <= set(exit_codes.MEANINGS)
    assert {exit_codes.OK, exit_codes.WRONG, exit_codes.SETTINGS, exit_codes.TEMPORARY} <= codes
