"""Scanning: twice, in any order, in steps of any size, beside moves and rewrites, always the same store."""

import gzip
import random
import shutil
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.demo import environment, lay_out
from tests.support.laptop import contents, scan_once

DEMO = Path(__file__).parents[1] / "recordings" / "demo"


class Laid:
    """The demo laid out once, and what one scan of it gives."""

    def __init__(self, scratch: Path) -> None:
        self.scratch, self.made = scratch, lay_out(scratch, DEMO)
        scan_once(self.made)
        self.once = contents(self.made)

    def __repr__(self) -> str:
        return "Laid()"


@pytest.fixture(scope="module")
def laid(tmp_path_factory: pytest.TempPathFactory) -> Laid:
    return Laid(tmp_path_factory.mktemp("demo"))


def fresh(laid: Laid, folder: Path) -> dict[str, str]:
    """Another laptop with no logs yet, whose working folders are those of the demo. The device is the same."""
    made = laid.made
    own = {**made, **environment(folder)}
    home = Path(own["TOLLBOOK_HOME"])
    home.mkdir(parents=True)
    shutil.copy(Path(made["TOLLBOOK_HOME"]) / "device", home / "device")
    return own


def logs(scratch: Path) -> list[Path]:
    return sorted(path for tool in ("claude", "codex") for path in (scratch / tool).rglob("*.jsonl"))


def neutral(store: dict[str, object], scratch: Path) -> dict[str, object]:
    return {**store, "discards": [(str(path).replace(str(scratch), ""), *rest) for path, *rest in store["discards"]]}  # type: ignore[attr-defined]


def test_scanning_twice_changes_nothing(laid: Laid) -> None:
    made, once = laid.made, laid.once
    again = scan_once(made)
    assert (again.read_files, again.calls) == (0, 0)
    assert contents(made) == once


def test_workers_and_one_process_give_the_same_store(
    laid: Laid, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scratch, once = laid.scratch, laid.once
    own = fresh(laid, tmp_path)
    for path in logs(scratch):
        copy = tmp_path / path.relative_to(scratch)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, copy)
    monkeypatch.setattr("tollbook_agent.parallel.WORTH_BYTES", 1)
    monkeypatch.setattr("tollbook_agent.parallel.SHARE_BYTES", 1)
    scan_once(own, parallel=True)
    assert neutral(contents(own), tmp_path) == neutral(once, scratch)


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_growing_in_steps_of_any_size_and_order_gives_the_same_store(
    laid: Laid, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    scratch, once = laid.scratch, laid.once
    chance = random.Random(seed)
    folder = tmp_path_factory.mktemp("growing")
    own = fresh(laid, folder)
    waiting = {path: path.read_bytes() for path in logs(scratch)}
    written = dict.fromkeys(waiting, 0)
    while any(written[path] < len(data) for path, data in waiting.items()):
        for path in chance.sample(sorted(waiting), k=chance.randint(1, len(waiting))):
            data, start = waiting[path], written[path]
            step = chance.choice((1, 70, 3_000, 40_000, len(data)))
            copy = folder / path.relative_to(scratch)
            copy.parent.mkdir(parents=True, exist_ok=True)
            with copy.open("ab") as file:
                file.write(data[start : start + step])
            written[path] = min(len(data), start + step)
        scan_once(own)
    assert neutral(contents(own), folder) == neutral(once, scratch)


def one_log(laid: Laid, folder: Path, tool: str) -> tuple[dict[str, str], Path]:
    scratch = laid.scratch
    own = fresh(laid, folder)
    source = max(
        (path for path in logs(scratch) if path.is_relative_to(scratch / tool)), key=lambda each: each.stat().st_size
    )
    copy = folder / source.relative_to(scratch)
    copy.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, copy)
    return own, copy


def test_a_log_that_shrinks_or_is_replaced_is_read_again_and_loses_nothing(laid: Laid, tmp_path: Path) -> None:
    own, log = one_log(laid, tmp_path, "claude")
    whole = log.read_bytes()
    scan_once(own)
    before = contents(own)
    half = whole[: whole.rfind(b"\n", 0, len(whole) // 2) + 1]
    log.write_bytes(half)
    scan_once(own)
    assert contents(own)["calls"] == before["calls"]
    log.unlink()
    log.write_bytes(b'{"type":"summary","summary":"x"}\n' + whole)
    scan_once(own)
    assert contents(own)["calls"] == before["calls"]


def test_bytes_rewritten_before_the_cursor_are_noticed_though_the_file_grew(laid: Laid, tmp_path: Path) -> None:
    own, log = one_log(laid, tmp_path, "claude")
    whole = log.read_bytes()
    first = whole.find(b"\n") + 1
    log.write_bytes(whole[: first * 1] + b'{"type":"summary","summary":"' + b"y" * 5000 + b'"}\n')
    scan_once(own)
    log.write_bytes(whole)
    scan_once(own)
    once = contents(own)["calls"]
    scan_once(own)
    assert once == contents(own)["calls"]
    assert once


@pytest.mark.parametrize("compressed", [False, True])
def test_a_rollout_that_moves_to_the_archive_is_not_counted_twice(laid: Laid, tmp_path: Path, compressed: bool) -> None:
    own, log = one_log(laid, tmp_path, "codex")
    scan_once(own)
    before = contents(own)
    archive = tmp_path / "codex" / "archived_sessions"
    archive.mkdir()
    data = log.read_bytes()
    log.unlink()
    if compressed:
        (archive / (log.name + ".zst")).write_bytes(zstandard.compress(data))
    else:
        (archive / log.name).write_bytes(data)
    scanned = scan_once(own)
    assert scanned.calls == 0
    assert contents(own) == before
    assert scanned.read_bytes == 0, "the cursor moved with the file"


def test_a_compressed_rollout_is_read_and_a_torn_one_is_reported_and_tried_again(laid: Laid, tmp_path: Path) -> None:
    own, log = one_log(laid, tmp_path, "codex")
    packed = log.with_name(log.name + ".zst")
    data = log.read_bytes()
    whole = zstandard.compress(data)
    log.unlink()
    packed.write_bytes(whole[: len(whole) // 2])
    assert scan_once(own).discards["file_unreadable"] == 1
    packed.write_bytes(whole)
    assert scan_once(own).calls > 0
    log.write_bytes(data)
    assert scan_once(own).calls == 0, "a plain copy beside the packed one says nothing new"


def test_a_file_that_is_no_log_is_counted_and_stops_nothing(laid: Laid, tmp_path: Path) -> None:
    own, log = one_log(laid, tmp_path, "claude")
    (log.parent / "noise.jsonl").write_bytes(gzip.compress(b"not a log") + b'\n{"usage":\n')
    (log.parent / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    scanned = scan_once(own)
    assert scanned.calls > 0
    assert sum(scanned.discards.values()) >= 1
