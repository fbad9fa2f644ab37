"""A shelf of many imports: put together, never cut off."""

import json
from pathlib import Path

import pytest

from tollbook_collector.outcomes import shelf
from tollbook_collector.outcomes.hierarchy import Outcomes
from tollbook_collector.outcomes.shelf import FOLDER, keep, read_shelf


def files(home: Path) -> list[str]:
    return sorted(path.name for path in (home / FOLDER).glob("*.json"))


def filled(home: Path, count: int) -> Outcomes:
    """A shelf of so many imports, on days that go back and forth."""
    for number in range(count):
        assert keep(home, 20_000 + number * 7 % 5, [], [], [f"P{number}"])
    outcomes, problems = read_shelf(home)
    assert problems == ()
    return outcomes


def test_many_imports_become_one_file_and_say_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = filled(tmp_path / "plain", 23)
    monkeypatch.setattr(shelf, "COMPACT_AT", 5)
    assert filled(tmp_path / "few", 23) == plain
    assert len(files(tmp_path / "plain")) == 23
    assert len(files(tmp_path / "few")) < 5


def test_what_was_put_together_is_known_when_it_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "COMPACT_AT", 3)
    filled(tmp_path, 4)
    before = files(tmp_path)
    assert not keep(tmp_path, 20_000, [], [], ["P0"])
    assert files(tmp_path) == before


def test_files_that_a_kill_left_beside_what_they_were_put_into_count_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = filled(tmp_path, 4)

    def kept(path: Path, missing_ok: bool = False) -> None:
        """As if the process had ended before."""

    monkeypatch.setattr(Path, "unlink", kept)
    monkeypatch.setattr(shelf, "COMPACT_AT", 5)
    keep(tmp_path, 20_009, [], [], ["LAST"])
    assert len(files(tmp_path)) == 6
    outcomes, _ = read_shelf(tmp_path)
    assert outcomes.imports[:-1] == whole.imports


def test_a_damaged_file_is_named_and_nothing_is_put_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelf, "COMPACT_AT", 3)
    filled(tmp_path, 2)
    (tmp_path / FOLDER / files(tmp_path)[0]).write_text("{")
    keep(tmp_path, 20_009, [], [], ["LAST"])
    outcomes, (problem,) = read_shelf(tmp_path)
    assert problem.reason == "outcomes_damaged"
    assert outcomes.projects == {"P1", "LAST"}


def test_more_files_than_a_shelf_holds_are_refused_and_not_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path, 4)
    monkeypatch.setattr(shelf, "MOST_FILES", 3)
    outcomes, (problem,) = read_shelf(tmp_path)
    assert problem.reason == "outcomes_many"
    assert problem.detail == "there are 4 files, and a shelf holds 3: none was read"
    assert outcomes.imports == ()


def test_a_file_of_another_format_is_damaged(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "000000-x.json").write_text(json.dumps({"format": 99}))
    _, (problem,) = read_shelf(tmp_path)
    assert problem.reason == "outcomes_damaged"
