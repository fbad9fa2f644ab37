"""Tailing: every whole line once, whatever a file does meanwhile; a line over the limit is passed over exactly."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook_agent.capture.logs import tail
from tollbook_agent.capture.logs.discover import Found
from tollbook_agent.store.connect import FileCursor

LIMIT = 12
lines = st.lists(
    st.one_of(st.binary(max_size=8), st.binary(min_size=LIMIT - 1, max_size=3 * LIMIT)).map(
        lambda each: each.replace(b"\n", b"x")
    ),
    max_size=8,
)


@pytest.fixture(scope="module", autouse=True)
def _small_limits() -> object:  # pyright: ignore[reportUnusedFunction]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "MAX_LINE_BYTES", LIMIT)
        patch.setattr(tail, "TAIL_BYTES", 16)
        patch.setattr(tail, "HEAD_BYTES", 32)
        yield


def nobody(_head: bytes) -> FileCursor | None:
    return None


def found(path: Path) -> Found:
    stat = path.stat()
    return Found(str(path), "codex", stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


def cursor_after(path: Path, offset: int | None = None) -> FileCursor:
    """A cursor as a scan that read up to an offset would have left it."""
    here = found(path)
    data = path.read_bytes()
    offset = len(data) if offset is None else offset
    proof = tail.proof(str(path), offset, b"")
    head = tail.read_head(str(path))
    return FileCursor(*here[:4], here.size, here.mtime_ns, offset, head, proof, "{}", 0)


def read(path: Path, chunk: int, offset: int = 0) -> tuple[bytes, int, int, list[bytes]]:
    """Whole lines, offset after them, lines passed over, provisional lines."""
    kept, skipped, provisional = b"", 0, list[bytes]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tail, "CHUNK_BYTES", chunk)
        for piece in tail.pieces(str(path), offset):
            if piece.provisional:
                provisional.append(piece.data)
                continue
            kept, skipped, offset = kept + piece.data, skipped + piece.skipped_lines, piece.offset
            assert tail.proof(str(path), offset, piece.data) == tail.proof(str(path), offset, b"")
    return kept, offset, skipped, provisional


@law
@given(some=lines, rest=st.binary(max_size=3 * LIMIT), chunk=st.integers(1, 60))
def test_whole_lines_within_the_limit_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, some: list[bytes], rest: bytes, chunk: int
) -> None:
    rest = rest.replace(b"\n", b"")
    path = tmp_path_factory.mktemp("law") / "log"
    whole = b"".join(line + b"\n" for line in some)
    path.write_bytes(whole + rest)
    kept, offset, skipped, provisional = read(path, chunk)
    assert kept == b"".join(line + b"\n" for line in some if len(line) <= LIMIT)
    assert skipped == sum(len(line) > LIMIT for line in some)
    assert offset == len(whole)
    assert provisional == ([rest + b"\n"] if len(rest) <= LIMIT and rest.rstrip().endswith(b"}") else [])


@law
@given(some=lines, steps=st.lists(st.integers(1, 40), max_size=12), chunk=st.integers(1, 60), packed=st.booleans())
def test_growing_in_any_steps_gives_the_same_lines(
    tmp_path_factory: pytest.TempPathFactory, some: list[bytes], steps: list[int], chunk: int, packed: bool
) -> None:
    whole = b"".join(line + b"\n" for line in some)
    path = tmp_path_factory.mktemp("law") / ("log.zst" if packed else "log")
    kept, offset, skipped = b"", 0, 0
    for size in [*steps, len(whole)]:
        grown = whole[: min(len(whole), offset + size)] if size != len(whole) else whole
        path.write_bytes(zstandard.compress(grown) if packed else grown)
        more, offset, passed, _ = read(path, chunk, offset)
        kept, skipped = kept + more, skipped + passed
    assert kept == b"".join(line + b"\n" for line in some if len(line) <= LIMIT)
    assert (offset, skipped) == (len(whole), sum(len(line) > LIMIT for line in some))


def test_a_half_line_waits_and_one_that_looks_complete_is_provisional(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"a":1}\n{"b":')
    assert read(path, 100) == (b'{"a":1}\n', 8, 0, [])
    path.write_bytes(b'{"a":1}\n{"b":2}')
    assert read(path, 100, 8) == (b"", 8, 0, [b'{"b":2}\n'])
    path.write_bytes(b'{"a":1}\n{"b":2}\n')
    assert read(path, 100, 8) == (b'{"b":2}\n', 16, 0, [])


def test_carriage_returns_belong_to_the_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"a":1}\r\n{"b":2}\r')
    assert read(path, 3) == (b'{"a":1}\r\n', 9, 0, [b'{"b":2}\r\n'])


def rewrite(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b"two", b"TWO"))


def shrink(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:8])


def exchange(path: Path) -> None:
    """Another file of the same size and time, with another first line."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(path.read_bytes().replace(b"one", b"ONE"))
    other.replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


CHANGES: Mapping[str, Callable[[Path], None]] = {"rewritten": rewrite, "shorter": shrink, "exchanged": exchange}


@pytest.mark.parametrize("how", CHANGES)
def test_a_file_that_is_another_one_is_read_from_its_beginning(tmp_path: Path, how: str) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"one"}\n{"two"}\n')
    cursor = cursor_after(path)
    assert tail.unchanged(found(path), cursor)
    CHANGES[how](path)
    assert not tail.unchanged(found(path), cursor)
    start = tail.start(found(path), cursor, nobody)
    assert (start.offset, start.restarted, start.state) == (0, True, "")


def test_a_file_that_only_grew_or_was_touched_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b'{"one"}\n{"two"}\n')
    cursor = cursor_after(path)
    os.utime(path, ns=(1, 1))
    assert not tail.unchanged(found(path), cursor)
    touched = tail.start(found(path), cursor, nobody)
    assert (touched.offset, touched.restarted) == (16, False)
    assert read(path, 100, touched.offset) == (b"", 16, 0, [])
    with path.open("ab") as file:
        file.write(b"{3}\n")
    grown = tail.start(found(path), cursor, nobody)
    assert (grown.offset, grown.restarted) == (16, False)
    assert read(path, 100, grown.offset)[0] == b"{3}\n"


def test_an_empty_file_and_an_unfinished_first_line_have_no_head(tmp_path: Path) -> None:
    path = tmp_path / "log"
    for content in (b"", b'{"one"'):
        path.write_bytes(content)
        start = tail.start(found(path), None, nobody)
        assert (start.offset, start.head, start.proof) == (0, b"", tail.NOTHING)
    path.write_bytes(b"{" + b"1" * 40)
    assert tail.start(found(path), None, nobody).head, "a long first line is known by its beginning"


def test_adoption_takes_the_cursor_of_the_file_that_is_gone(tmp_path: Path) -> None:
    here, gone, moved = tmp_path / "here", tmp_path / "gone", tmp_path / "moved"
    for path in (here, gone, moved):
        path.write_bytes(b'{"one"}\n{"two"}\n')
    cursors = {str(here): cursor_after(here), str(gone): cursor_after(gone, 8)}
    gone.unlink()
    start = tail.start(found(moved), None, tail.gone(cursors))
    assert (start.offset, start.restarted) == (8, False)
    here.unlink()
    assert tail.start(found(moved), None, tail.gone(cursors)).offset == 16, "the one that was read furthest"


def test_what_cannot_be_read_is_an_error_and_never_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log.zst"
    whole = zstandard.compress(b'{"one"}\n' * 50)
    path.write_bytes(whole[:-3])
    with pytest.raises(zstandard.ZstdError):
        read(path, 100)
    path.write_bytes(b"no frame at all")
    with pytest.raises(zstandard.ZstdError):
        tail.read_head(str(path))
    with pytest.raises(FileNotFoundError):
        tail.read_head(str(tmp_path / "vanished"))
