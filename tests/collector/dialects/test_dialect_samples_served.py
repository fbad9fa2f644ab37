"""The published samples of emitters, posted over HTTP to the collector as people run it: its calls are the expected."""

import json
import random
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.dialects.test_dialect_samples import expected, folder, names, posted, signal_of
from tests.collector.serve_bench import PATIENCE_SECONDS, Command
from tests.support.samples import needs_samples
from tollbook.claim import merge
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.ticket import NO_LIST

_UNNAMED = "codex"
"""The emitter whose records name no call: another observer does."""
type Row = tuple[str, tuple[int, ...], str | None, str | None]


def wanted(files: list[str]) -> list[Row]:
    """Model, counts, session and engineer of each call that these files tell of."""
    everything = expected()
    rows: list[Row] = []
    for name in files:
        twins = [one for same in everything["schema"]["cross_file_duplicates"] for one in _told_again(same, files)]
        file = everything["files"][name]
        for record in file["records"]:
            again = any(f"{name}#{value}" in twins for value in record["ids"].values())
            if record["kind"] == "llm_call" and file["emitter"] != _UNNAMED and not again:
                rows.append(_expected_row(record))
    return sorted(rows, key=repr)


def _told_again(same: list[str], files: list[str]) -> list[str]:
    """Of those that tell of one call, all but one, where all of them are among `files`."""
    there = {one.partition("#")[0] for one in same} <= set(files)
    return [one for one in same if "#" in one] if there else []


def _expected_row(record: dict[str, Any]) -> Row:
    tokens, user = record["tokens"], record["user"] or {}
    counts = tuple(tokens[name] for name in ("input_uncached", "cache_read", "cache_write", "output"))
    mail = user.get("email") or (user["id"] if "@" in user.get("id", "") else None)
    return (record["model_responded"] or record["model_requested"], counts, record["session"], mail)


def row_of(call: dict[str, Any]) -> Row:
    """The same of a call as the collector shows it."""
    usage = call["usage"]
    written = sum(count for name, count in usage.items() if name.startswith("cache_write"))
    counts = (usage["input"], usage["cache_read"], written, usage["output"])
    return (call["model"], counts, call["session_id"], call["engineer"])


def served(home: Path, files: list[str]) -> list[dict[str, Any]]:
    """The calls of a collector of its own that was posted these files in this order."""
    command = Command(home)
    try:
        for name in files:
            address = f"{command.first_line['otlp_http']}/v1/{signal_of(name)}"
            asked = urllib.request.Request(
                address, (folder() / name).read_bytes(), {"content-type": "application/json"}
            )
            with urllib.request.urlopen(asked, timeout=PATIENCE_SECONDS) as answer:
                assert json.load(answer) == {}
        return command.get("/api/v1/calls?limit=500")["calls"]
    finally:
        command.end()


@needs_samples
def test_a_served_collector_books_all_files_in_any_order_and_again(tmp_path: Path) -> None:
    files, chance = names(), random.Random(20261122)
    seen: list[list[dict[str, Any]]] = []
    for number in range(3):
        order = chance.sample(files, len(files)) + chance.sample(files, number)
        seen.append(served(tmp_path / str(number), order))
        assert sorted(map(row_of, seen[-1]), key=repr) == wanted(files)
    assert all(each == seen[0] for each in seen)


@needs_samples
@settings(max_examples=12)
@given(data=st.data())
def test_any_files_in_any_order_any_number_of_times_give_the_same_calls(data: st.DataObject) -> None:
    files = data.draw(st.lists(st.sampled_from(names()), min_size=1, max_size=14))
    claims = merge(posted(files))
    assert claims == merge(posted(sorted(set(files))))
    calls = [conclude(each, NO_LIST) for each in group(claims.values()).groups]
    assert len(calls) == len(wanted(sorted(set(files))))


@needs_samples
@pytest.mark.parametrize("name", names())
def test_a_file_alone_gives_its_calls(name: str) -> None:
    calls = [conclude(each, NO_LIST) for each in group(merge(posted([name])).values()).groups]
    assert len(calls) == len(wanted([name]))
