"""docs/finance.md: every command in it, run in order in a new home, prints what the page shows."""

import re
import shutil
from pathlib import Path

import pytest

from tollbook_collector.cli.main import main

DOCS = Path(__file__).parents[3] / "docs"
PAGE = DOCS / "finance.md"
EXAMPLE = DOCS / "finance-example"
_BLOCK = re.compile(r"```\n(\$ .*?)```", re.DOTALL)
_BOOK = re.compile(r"price book [0-9a-f]{12}")
_COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)


def steps() -> list[tuple[str, str]]:
    """(command, what the page shows of it), in the page's order."""
    found: list[tuple[str, str]] = []
    for block in _BLOCK.findall(PAGE.read_text()):
        pieces = _COMMAND.split(block)[1:]
        found += [(command, shown.strip("\n")) for command, shown in zip(pieces[::2], pieces[1::2], strict=True)]
    return found


def test_the_walk_prints_what_the_page_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "finance-example"
    shutil.copytree(EXAMPLE, folder)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))
    seen: set[str] = set()
    for command, shown in steps():
        words = command.replace("$TOLLBOOK_COLLECTOR_HOME", str(home)).split()
        if words[0] == "cp":
            for name in words[1:-1]:
                shutil.copy(name, words[-1])
            continue
        assert words[0] == "tollbook-collector", command
        seen.add(words[1])
        main(words[1:])
        printed = capsys.readouterr()
        assert plain(printed.out + printed.err) == plain(shown), command
    assert seen >= {"bills", "reconcile", "rules", "close", "export", "verify", "ticket", "unit-cost"}


def plain(text: str) -> list[str]:
    """Lines without blanks at their ends and without the price book's version, which changes with every price."""
    lines = [_BOOK.sub("price book", line.rstrip()) for line in text.splitlines()]
    return [line for line in lines if line]
