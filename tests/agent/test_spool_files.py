"""Spool files go when they are read and nobody writes them; nothing that is not read is ever removed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tollbook_agent import spool_files
from tollbook_agent.store.connect import FileCursor


def cursor(path: Path, *, offset: int | None = None) -> FileCursor:
    size = path.stat().st_size
    return FileCursor(str(path), "spool", 0, 0, size, 0, size if offset is None else offset, b"", b"", "", 0)


def written(folder: Path, name: str, size: int = 10, *, age: float = 3_600.0) -> Path:
    path = folder / name
    path.write_bytes(b"x" * size)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


@pytest.fixture(scope="module")
def gone() -> int:
    """The number of a process that has ended."""
    child = subprocess.Popen([sys.executable, "-c", ""])
    child.wait()
    return child.pid


def test_an_engines_files_go_when_it_has_ended_or_begun_the_next(tmp_path: Path, gone: int) -> None:
    over = written(tmp_path, f"engine-{gone}-0.spool")
    full = written(tmp_path, f"engine-{os.getpid()}-0.spool")
    current = written(tmp_path, f"engine-{os.getpid()}-1.spool")
    known = {str(path): cursor(path) for path in (over, full, current)}
    assert spool_files.tidy(tmp_path, known) == 2
    assert list(tmp_path.iterdir()) == [current]


def test_what_is_not_read_to_its_end_or_was_just_written_stays(tmp_path: Path, gone: int) -> None:
    half = written(tmp_path, f"engine-{gone}-0.spool")
    unknown = written(tmp_path, f"engine-{gone}-1.spool")
    fresh = written(tmp_path, f"engine-{gone}-2.spool", age=1.0)
    known = {str(half): cursor(half, offset=4), str(fresh): cursor(fresh)}
    assert spool_files.tidy(tmp_path, known) == 0
    assert {half, unknown, fresh} == set(tmp_path.iterdir())


def test_a_shared_file_is_put_aside_first_and_goes_later(tmp_path: Path) -> None:
    small = written(tmp_path, "cursor-hook.spool")
    assert spool_files.tidy(tmp_path, {str(small): cursor(small)}) == 0
    assert small.exists()
    large = written(tmp_path, "cursor-hook.spool", spool_files.ASIDE_BYTES + 1)
    assert spool_files.tidy(tmp_path, {str(large): cursor(large)}) == 0
    [aside] = tmp_path.iterdir()
    assert aside.name.startswith("cursor-hook.aside-")
    assert spool_files.tidy(tmp_path, {}) == 0  # not read under its new name
    assert spool_files.tidy(tmp_path, {str(aside): cursor(aside)}) == 1
    assert not list(tmp_path.iterdir())
