"""Scanning when files and the store misbehave: counted once, tried again, nothing stored by half."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pytest

from tests.support.claude_lines import Laptop, answer
from tests.support.laptop import NOW_NS, contents, scan_once, settings_of
from tests.support.small_store import store_at
from tollbook_agent.capture.logs import tail
from tollbook_agent.capture.logs.discover import Found, discover, roots
from tollbook_agent.capture.logs.readers import READERS, Read
from tollbook_agent.compose import pipeline_of
from tollbook_agent.parallel import read_all
from tollbook_agent.scan import FAULT, UNREADABLE, scan
from tollbook_agent.store.connect import FileCursor


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def discards(laptop: Laptop) -> dict[tuple[str, str], int]:
    return {(Path(path).name, reason): count for path, reason, count in contents(laptop.environment)["discards"]}


def refuse(monkeypatch: pytest.MonkeyPatch, refused: Path, fault: OSError) -> None:
    """Opening that file fails."""

    def opening(path: str, mode: str) -> BinaryIO:
        assert mode == "rb"
        if path == str(refused):
            raise fault
        return open(path, "rb")

    monkeypatch.setattr(tail, "open", opening, raising=False)


def test_a_file_that_vanishes_between_stat_and_open_is_nothing(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    laptop.write(1, name="here")
    gone = laptop.write(2, name="gone")
    refuse(monkeypatch, gone, FileNotFoundError(2, "gone"))
    scanned = scan_once(laptop.environment)
    assert (scanned.calls, dict(scanned.discards)) == (1, {})
    assert discards(laptop) == {}


def test_a_file_that_may_not_be_read_is_counted_once_until_it_may(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write(1, name="open")
    closed = laptop.write(2, name="closed")
    with closed.open("ab") as file:
        file.write(b'{"type":"assistant","message":{"usage":\n' * 3)
    with monkeypatch.context() as patch:
        refuse(patch, closed, PermissionError(13, "no"))
        for _ in range(2):
            assert scan_once(laptop.environment).discards == {UNREADABLE: 1}
            assert discards(laptop) == {("closed.jsonl", UNREADABLE): 1}
    torn = {("closed.jsonl", "line_not_json"): 3}
    assert scan_once(laptop.environment).calls == 1
    assert discards(laptop) == torn
    laptop.write(3, name="closed")
    with monkeypatch.context() as patch:
        refuse(patch, closed, PermissionError(13, "no"))
        scan_once(laptop.environment)
    assert discards(laptop) == {**torn, ("closed.jsonl", UNREADABLE): 1}
    assert scan_once(laptop.environment).calls == 1
    assert discards(laptop) == torn


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_permission_denied(laptop: Laptop) -> None:
    closed = laptop.write(1)
    closed.chmod(0)
    assert scan_once(laptop.environment).discards == {UNREADABLE: 1}
    closed.chmod(0o600)
    assert scan_once(laptop.environment).calls == 1


def test_a_name_that_is_no_text_is_told_and_disturbs_nobody(laptop: Laptop) -> None:
    path = laptop.write(1)
    strange = os.fsencode(path.parent) + b"/\xff.jsonl"
    with open(strange, "wb") as file:
        file.write(answer(2))
    for _ in range(2):
        assert scan_once(laptop.environment).discards == {UNREADABLE: 1}
    assert discards(laptop) == {(r"\udcff.jsonl", UNREADABLE): 1}
    assert len(contents(laptop.environment)["calls"]) == 1


def test_carriage_returns_and_a_missing_last_newline_change_nothing(laptop: Laptop) -> None:
    laptop.log().write_bytes(b"".join(answer(number) for number in range(3)))
    scan_once(laptop.environment)
    plain = contents(laptop.environment)["calls"]
    laptop.log().write_bytes(b"".join(answer(number) for number in range(3)).replace(b"\n", b"\r\n")[:-2])
    assert scan_once(laptop.environment).calls == 0
    assert contents(laptop.environment)["calls"] == plain
    assert discards(laptop) == {}


def test_a_half_line_is_neither_a_fault_nor_a_call_until_it_is_whole(laptop: Laptop) -> None:
    whole = answer(1) + answer(2)
    for size in (len(answer(1)) + 40, len(whole) - 30, len(whole)):
        laptop.log().write_bytes(whole[:size])
        scan_once(laptop.environment)
        assert discards(laptop) == {}
    assert len(contents(laptop.environment)["calls"]) == 2


def test_a_line_over_the_limit_is_counted_and_its_neighbours_are_read(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "MAX_LINE_BYTES", 2_000)
    laptop.log().write_bytes(answer(1) + answer(2, text="x" * 3_000) + answer(3))
    scanned = scan_once(laptop.environment)
    assert (scanned.calls, scanned.discards) == (2, {"line_too_long": 1})
    assert scan_once(laptop.environment).read_files == 0
    assert discards(laptop) == {(laptop.log().name, "line_too_long"): 1}


def test_another_file_of_the_same_size_and_time_is_read(laptop: Laptop) -> None:
    log = laptop.log()
    log.write_bytes(answer(1))
    scan_once(laptop.environment)
    before = log.stat()
    other = log.with_name("other")
    other.write_bytes(answer(2))
    other.replace(log)
    os.utime(log, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert scan_once(laptop.environment).calls == 1


def test_a_new_time_without_new_content_reads_nothing_new(laptop: Laptop) -> None:
    os.utime(laptop.write(1, 2), ns=(1, 1))
    scan_once(laptop.environment)
    once = contents(laptop.environment)
    os.utime(laptop.log(), ns=(2, 2))
    scanned = scan_once(laptop.environment)
    assert (scanned.read_files, scanned.read_bytes, scanned.calls) == (1, 0, 0)
    assert scan_once(laptop.environment).read_files == 0
    assert contents(laptop.environment) == once


def test_a_store_that_fails_midway_is_taken_up_where_its_last_commit_ended(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`known` must say what the store has, or a resident process would count discards twice."""
    for name in ("a", "b", "c"):
        with laptop.write(ord(name), name=name).open("ab") as file:
            file.write(b'{"type":"assistant","message":{"usage":\n')
    monkeypatch.setattr("tollbook_agent.scan.BATCH_CLAIMS", 1)
    settings = settings_of(laptop.environment)
    store = store_at(settings.store)
    known: dict[str, FileCursor] = {}
    commits = 0

    def look() -> int:
        files = sorted(discover(roots(laptop.environment, os.devnull)))
        pipeline = pipeline_of(settings, laptop.environment, {})
        return scan(store, pipeline, files, known, clock=lambda: NOW_NS).calls

    commit = store.commit

    def failing(*arguments: Any, **named: Any) -> int:
        nonlocal commits
        commits += 1
        if commits == 3:
            raise sqlite3.OperationalError("database or disk is full")
        return commit(*arguments, **named)

    monkeypatch.setattr(store, "commit", failing)
    with pytest.raises(sqlite3.OperationalError):
        look()
    assert look() == 1
    store.close()
    assert len(contents(laptop.environment)["calls"]) == 3
    assert discards(laptop) == {(f"{name}.jsonl", "line_not_json"): 1 for name in "abc"}


def test_a_fault_of_a_reader_keeps_no_other_file_from_being_read(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write(1, name="good")
    laptop.write(2, name="bad")
    read = READERS["claude-code"]

    def failing(data: bytes, state: str, *, name: str, fallback_time: int) -> Read:
        if name == "bad.jsonl":
            raise KeyError("an older program wrote this state")
        return read(data, state, name=name, fallback_time=fallback_time)

    with monkeypatch.context() as patch:
        patch.setitem(READERS, "claude-code", failing)  # type: ignore[arg-type]
        scanned = scan_once(laptop.environment)
        assert (scanned.calls, scanned.discards) == (1, {FAULT: 1})
        assert scan_once(laptop.environment).read_files == 0, "not tried again and again"
        laptop.write(3, name="bad")
        assert scan_once(laptop.environment).discards == {FAULT: 1}
        assert discards(laptop) == {("bad.jsonl", FAULT): 1}
    laptop.write(4, name="bad")
    assert scan_once(laptop.environment).calls == 3, "from its beginning"
    assert discards(laptop) == {}


def file_of(number: int) -> Found:
    return Found(str(number), "codex", 0, number, 10, 0)


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_worker_that_dies_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = os.getpid()
    monkeypatch.setattr("tollbook_agent.parallel.WORTH_BYTES", 1)
    monkeypatch.setattr("tollbook_agent.parallel.SHARE_BYTES", 10)
    monkeypatch.setattr("tollbook_agent.parallel.can_fork", lambda: True)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)

    def read(found: Found) -> Iterator[tuple[str, bool]]:
        if found.path == "5" and os.getpid() != parent:
            os._exit(9)
        yield found.path, os.getpid() == parent

    read_by = dict(read_all([file_of(number) for number in range(12)], read))
    assert set(read_by) == {str(number) for number in range(12)}
    assert read_by["5"], "read here, since a worker could not"
    assert not all(read_by.values()), "the others did their part"
