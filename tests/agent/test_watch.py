"""Hearing that a log folder changed: folders that come, go and come back, links, and machines without watches."""

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.small_store import eventually
from tollbook_agent.capture.logs.discover import Root
from tollbook_agent.watch import Watcher


class Ear:
    def __init__(self, path: Path) -> None:
        self.path, self.heard = path, 0
        self.watcher = Watcher([Root(str(path), "codex")], self._hear)

    def _hear(self) -> None:
        self.heard += 1

    def hears(self, path: Path) -> bool:
        """Whether writing a file there is heard, after a look."""
        self.watcher.look()
        before = self.heard
        path.write_text("x")
        return self.heard > before


@pytest.fixture
def ear(tmp_path: Path) -> Iterator[Ear]:
    made = Ear(tmp_path / "root")
    yield made
    made.watcher.close()


def test_a_folder_that_comes_goes_and_comes_back_is_heard(ear: Ear) -> None:
    """A file system may give a new folder the number of the old one."""
    for _ in range(3):
        (ear.path / "a").mkdir(parents=True)
        eventually(lambda: ear.hears(ear.path / "a" / "log"))
        shutil.rmtree(ear.path)


def test_a_folder_in_the_place_of_another_is_heard(ear: Ear) -> None:
    ear.path.mkdir()
    eventually(lambda: ear.hears(ear.path / "log"))
    other = ear.path.with_name("other")
    other.mkdir()
    ear.path.rename(ear.path.with_name("old"))
    other.rename(ear.path)
    eventually(lambda: ear.hears(ear.path / "log"))


def test_a_linked_folder_is_heard(ear: Ear) -> None:
    real = ear.path.with_name("real")
    real.mkdir()
    ear.path.symlink_to(real)
    eventually(lambda: ear.hears(real / "log"))


def test_reading_is_not_heard(ear: Ear) -> None:
    """Or our own reading would wake us for ever."""
    ear.path.mkdir()
    eventually(lambda: ear.hears(ear.path / "log"))
    before = ear.heard
    for _ in range(200):
        (ear.path / "log").read_bytes()
    eventually(lambda: ear.hears(ear.path / "other"))
    assert ear.heard - before < 200


def test_without_watches_looking_goes_on_and_is_not_tried_again_for_the_same_folder(
    ear: Ear, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[str] = []

    def schedule(_observer: object, _handler: object, path: str, **_named: Any) -> None:
        tried.append(path)
        raise OSError(errno.ENOSPC, "inotify watch limit reached")

    monkeypatch.setattr("tollbook_agent.watch.Observer.schedule", schedule)
    ear.path.mkdir()
    for _ in range(3):
        ear.watcher.look()
    assert tried == [str(ear.path)]


def test_closing_what_never_watched_is_nothing(tmp_path: Path) -> None:
    Watcher([Root(str(tmp_path), "codex")], lambda: None).close()
