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
        words = command.split()
        if words[0] == "cp":
            for name in words[1:-1]:
                shutil.copy(name, home)
            continue
        assert words[0] == "tollbook-collector", command
        seen.add(words[1])
        out = words.pop() if (piped := words[-2] == ">") else None
        if piped:
            words.pop()
        main(words[1:])
        printed = capsys.readouterr()
        if out is not None:
            Path(out).write_text(printed.out)
        told = "" if out is not None else printed.out
        lines = [line.rstrip() for line in (told + printed.err).strip("\n").splitlines()]
        assert lines == [line.rstrip() for line in shown.splitlines()], command
    assert seen >= {"bills", "reconcile", "rules", "close", "export", "verify", "ticket", "unit-cost"}
