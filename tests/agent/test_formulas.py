"""What `tollbook` writes for spreadsheets and for comments holds no formula, whatever a branch or a session is called.

The commands come from the program itself. One that learns to write CSV or Markdown, and has no case here, fails.
"""

import argparse
import importlib
import re
import time

import pytest

from tests.support.commands import Commands
from tests.support.domain import SECOND, made_for
from tests.support.formulas import FORMULAS, cells_of, run_in
from tests.support.small_store import prepared, store_at
from tollbook.answer import DIMENSIONS
from tollbook.prepare import Prepared
from tollbook.vocabulary import Evidence
from tollbook_agent.cli.main import COMMANDS
from tollbook_agent.home import STORE

ALL = ("spend", "--by", ",".join(DIMENSIONS))
CASES: dict[str, tuple[tuple[str, ...], ...]] = {
    "spend": (*(("spend", "--by", name) for name in DIMENSIONS), ALL),
    "today": (("today", "--by", "branch,session"),),
    "week": (("week", "--by", "branch,session"),),
    "month": (("month", "--by", "branch,session"),),
    "ticket": (("ticket", "PAY-1", "--laptop"),),
    "session": (("session",),),
}
FORMS = ("--csv", "--md")
TEXTUAL = ("repo", "branch", "session", "model", "engineer")
"""Dimensions whose values are the texts."""
MARKUP = "[pay](https://evil.example) <img src=x onerror=alert(1)> @team | `x`"
ACTIVE = re.compile(r"(?<!\\)\[|(?<!\\)<|(?<!\\)@|(?<!\\)`+")
"""What begins a link, HTML, a mention or code, where no backslash stands before it."""
OWN = ("```",)
"""Fences of the commands that a page proposes."""


def forms_of(command: str) -> set[str]:
    """The options of a command that write for other programs than ours."""
    module = importlib.import_module(f"tollbook_agent.cli.{COMMANDS[command][0]}")
    parser = argparse.ArgumentParser()
    if not hasattr(module, "add_arguments"):
        return set()
    module.add_arguments(parser, command)
    options = {option for action in parser._actions for option in action.option_strings}
    return {option for option in options if re.search(r"csv|tsv|xls|md|markdown|html|format", option)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A laptop with a call of each text, in a minute: today, whenever that is."""
    home = tmp_path_factory.mktemp("formulas")
    soon = time.time_ns() + 60 * SECOND
    calls: list[Prepared] = []
    for number, text in enumerate((*FORMULAS, MARKUP)):
        work = made_for(
            repo=(text, Evidence.WORKTREE),
            branch=(text, Evidence.REFLOG),
            tickets=("PAY-1", Evidence.EXPLICIT),
            engineer=(text, Evidence.EXPLICIT),
        )
        at = {"started_at": soon + number, "ended_at": soon + number + 1}
        calls.append(prepared(number, work=work, session_id=text, model=text, **at))
    store = store_at(home / STORE)
    store.commit(calls, now_ns=soon)
    store.close()
    return {"TOLLBOOK_HOME": str(home), "HOME": str(home)}


@pytest.fixture
def tollbook(environment: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(environment, capsys)


def shows_texts(words: tuple[str, ...]) -> bool:
    return "--by" in words and not set(TEXTUAL).isdisjoint(words[-1].split(","))


def test_every_command_that_writes_for_other_programs_has_a_case() -> None:
    found = {name: forms_of(name) for name in COMMANDS}
    assert {name: forms for name, forms in found.items() if forms} == {name: set(FORMS) for name in CASES}


@pytest.mark.parametrize("words", [words for cases in CASES.values() for words in cases], ids=" ".join)
def test_no_cell_of_a_csv_is_run(tollbook: Commands, words: tuple[str, ...]) -> None:
    said = tollbook(*words, "--csv")
    assert (said.code, run_in(said.out)) == (0, [])
    if shows_texts(words):
        quoted = {cell.removeprefix("'") for row in cells_of(said.out) for cell in row if cell.startswith("'")}
        assert quoted >= {text for text in FORMULAS if text.isprintable()}, "they are not there: nothing was tested"


@pytest.mark.parametrize("words", [words for cases in CASES.values() for words in cases], ids=" ".join)
def test_nothing_in_markdown_leads_anywhere_or_names_anybody(tollbook: Commands, words: tuple[str, ...]) -> None:
    said = tollbook(*words, "--md")
    assert said.code == 0
    assert [found for found in ACTIVE.findall(said.out) if found not in OWN] == []
    if shows_texts(words):
        assert r"\[pay\](https" in said.out, "the text is not there: nothing was tested"
    tables = [part.splitlines() for part in said.out.split("\n\n") if part.startswith("|")]
    assert tables
    for lines in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in lines}) == 1, "a text became a cell of its own"
