"""docs/commands.md says of every command what the programs say: options and exit codes."""

import argparse
import ast
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.main import COMMANDS
from tollbook_agent.cli.run import command_of
from tollbook_collector import exit_codes as collector_exit_codes
from tollbook_collector.cli.main import parser as collector_parser

PAGE = (Path(__file__).parents[2] / "docs" / "commands.md").read_text()


def part(program: str) -> str:
    """The page's part about a program."""
    return re.split(r"^## ", PAGE, flags=re.MULTILINE)[["tollbook", "tollbook-collector"].index(program) + 1]


def documented(program: str) -> dict[str, set[str]]:
    """Command -> the options in its table."""
    found: dict[str, set[str]] = {}
    for section in part(program).split("\n### ")[1:]:
        heading, _, text = section.partition("\n")
        options = set(re.findall(r"^\| `(--?[a-z-]+)", text, flags=re.MULTILINE))
        for name in re.findall(rf"`{program} ([a-z-]+)`", heading):
            found[name] = options
    return found


def codes(program: str) -> dict[int, str]:
    rows = re.findall(r"^\| ([0-9]+) \| (.+) \|$", part(program), flags=re.MULTILINE)
    return {int(code): meaning for code, meaning in rows}


def options_of(parser: argparse.ArgumentParser) -> set[str]:
    actions: Any = parser._actions  # pyright: ignore[reportPrivateUsage]
    return {name for action in actions for name in action.option_strings} - {"-h", "--help"}


def test_every_command_of_the_agent_and_its_options() -> None:
    said = documented("tollbook")
    assert set(said) == set(COMMANDS)
    for name, (module, _) in COMMANDS.items():
        assert said[name] == options_of(command_of(module, name)[1]), name


def test_every_command_of_the_collector_and_its_options() -> None:
    actions: Any = collector_parser()._actions  # pyright: ignore[reportPrivateUsage]
    parsers: dict[str, argparse.ArgumentParser] = next(action.choices for action in actions if action.choices)
    said = documented("tollbook-collector")
    assert set(said) == set(parsers)
    for name, parser in parsers.items():
        assert said[name] == options_of(parser), name


def test_the_exit_codes_of_the_agent() -> None:
    """Each constant of the module has its meaning under it."""
    body = ast.parse(Path(exit_codes.__file__).read_text()).body
    meanings: dict[int, str] = {}
    for constant, meaning in pairwise(body):
        if isinstance(constant, ast.Assign):
            assert isinstance(meaning, ast.Expr)
            meanings[ast.literal_eval(constant.value)] = str(ast.literal_eval(meaning.value))
    assert codes("tollbook") == meanings


def test_the_exit_codes_of_the_collector() -> None:
    assert codes("tollbook-collector") == collector_exit_codes.MEANINGS


@pytest.mark.parametrize("target", re.findall(r"\]\(([^#)]+)\)", PAGE))
def test_links_lead_somewhere(target: str) -> None:
    assert (Path(__file__).parents[2] / "docs" / target).exists()
