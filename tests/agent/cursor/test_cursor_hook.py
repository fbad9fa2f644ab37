"""Cursor's hook: what its payloads tell, and that Cursor never waits for it nor sees it fail."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.samples import needs_samples, samples_dir
from tollbook.claim import claim_of, merge
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Channel, Evidence, IdKind, Provider, Quality, Source, Tool
from tollbook_agent.capture import spool
from tollbook_agent.capture.cursor import hook
from tollbook_agent.capture.cursor.payload import read
from tollbook_agent.capture.observation import NOWHERE, Observation, Place

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "cursor"
NOW = 1_795_200_000_000_000_000
GIVE_UP_SECONDS = 20.0


def recorded(name: str) -> bytes:
    return (RECORDINGS / f"{name}.json").read_bytes()


def observed(raw: bytes) -> Observation:
    observation, problems = read(raw, NOW)
    assert observation is not None
    assert problems == []
    return observation


def changed(**changes: Any) -> bytes:
    return json.dumps(json.loads(recorded("stop")) | changes).encode()


def test_a_generation_is_read() -> None:
    found = observed(recorded("stop"))
    one = found.sighting
    assert (one.source, one.tool, one.channel) == (Source.HOOK, Tool.CURSOR, Channel.CURSOR)
    assert one.ids == (Id(IdKind.GENERATION, "9e9e9e9e-0000-4000-8000-000000000001"),)
    assert one.usage == Usage(input=10448, cache_read=8704, cache_write=1000, output=15)
    assert (one.quality, one.status, one.provider) == (Quality.FINAL, None, Provider.ANTHROPIC)
    assert one.session_id == "c1c1c1c1-0000-4000-8000-000000000001"
    assert one.scope.principal == "kim@initech.example"
    assert found.place == Place(cwd="/home/kim/canary-path/ledger", evidence=Evidence.METADATA)


def test_both_events_of_one_generation_are_one_claim() -> None:
    sightings = [observed(recorded(name)).sighting for name in ("stop", "after_agent_response")]
    claims = [claim for each in sightings if (claim := claim_of(each, "device")) is not None]
    merged = merge(claims)
    assert len(merged) == 1
    totals = next(iter(merged.values())).totals
    assert totals is not None
    assert totals.usage() == sightings[0].usage


def test_an_aborted_generation_is_recorded_without_counts() -> None:
    one = observed(recorded("stop_aborted")).sighting
    assert (one.usage, one.status) == (None, "interrupted")


def test_an_input_that_cannot_include_the_cache_is_marked() -> None:
    observation, problems = read(recorded("stop_exclusive"), NOW)
    assert observation is not None
    assert observation.sighting.usage == Usage(input=2, cache_read=900, output=7)
    assert observation.sighting.quality is Quality.PARTIAL
    assert observation.sighting.provider is None
    assert [problem.reason for problem in problems] == ["input_below_cache"]


def test_nothing_that_was_said_is_kept() -> None:
    for name in ("stop", "after_agent_response"):
        assert b"CANARY" not in msgspec.json.encode(observed(recorded(name)))
        sighting: Sighting = observed(recorded(name)).sighting
        assert b"canary" not in msgspec.json.encode(sighting).lower()
    assert read(recorded("before_submit_prompt"), NOW) == (None, [])


@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_windows_writes_in_its_own_way(coding: str) -> None:
    raw = changed(workspace_roots=["/c:/Users/kim/ledger"]).decode().encode(coding)
    assert observed(raw).place.cwd == "c:/Users/kim/ledger"


def test_of_several_workspaces_none_is_the_place() -> None:
    assert observed(changed(workspace_roots=["/a", "/b"])).place == NOWHERE
    assert observed(changed(workspace_roots=[])).place == NOWHERE


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "payload_not_json"),
        (b"\xff\xfe\x00", "payload_not_json"),
        (b"[" * 100_000, "payload_not_json"),
        (changed(generation_id=None), "event_without_id"),
        (changed(generation_id=""), "event_without_id"),
        (changed(input_tokens=-1), "count_out_of_range"),
        (changed(output_tokens=10**16), "count_out_of_range"),
    ],
)
def test_a_damaged_payload_is_a_problem(raw: bytes, reason: str) -> None:
    observation, problems = read(raw, NOW)
    assert [problem.reason for problem in problems] == [reason]
    assert observation is None or observation.sighting.usage is None


def run(home: Path, raw: bytes) -> subprocess.CompletedProcess[bytes]:
    words = [sys.executable, "-I", "-X", "utf8", "-m", hook.__name__, str(home)]
    return subprocess.run(words, input=raw, capture_output=True, timeout=GIVE_UP_SECONDS, check=False)


def test_the_program_hands_over_and_says_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, recorded("after_agent_response"))
    assert (done.returncode, done.stdout, done.stderr) == (0, b"{}\n", b"")
    path = tmp_path / "spool" / hook.SPOOL_FILE
    deadline = time.monotonic() + GIVE_UP_SECONDS
    while not (path.exists() and path.stat().st_size) and time.monotonic() < deadline:
        time.sleep(0.01)  # its child writes after it has ended
    found, problems = spool.read(path.read_bytes(), path.name)
    assert problems == []
    assert [each.sighting.usage for each in found] == [observed(recorded("stop")).sighting.usage]
    assert os.stat(path).st_mode & 0o077 == 0


def test_the_program_ends_well_whatever_comes(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for home, raw in ((tmp_path, b"{"), (blocked, recorded("stop")), (tmp_path, recorded("before_submit_prompt"))):
        done = run(home, raw)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"{}\n", b"")
    assert not (tmp_path / "spool").exists()


def test_an_input_that_never_ends_is_given_up(tmp_path: Path) -> None:
    hurried = f"from {hook.__name__.rpartition('.')[0]} import hook; hook.MAX_SECONDS = 0.1; hook.main()"
    words = [sys.executable, "-I", "-c", hurried, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert (process.stdout.read(), process.stderr.read()) == (b"{}\n", b"")
        assert process.wait(GIVE_UP_SECONDS) == 0


def test_handing_over_says_whether_there_was_anything(tmp_path: Path) -> None:
    assert hook.hand_over(recorded("stop"), str(tmp_path), NOW)
    assert not hook.hand_over(recorded("before_submit_prompt"), str(tmp_path), NOW)
    found, _ = spool.read((tmp_path / "spool" / hook.SPOOL_FILE).read_bytes(), "spool")
    assert found == [observed(recorded("stop"))]


@needs_samples
def test_the_published_payloads_give_their_expected_counts() -> None:
    folder = samples_dir()
    assert folder is not None
    folder = folder / "logs" / "cursor"
    expected = json.loads((folder / "EXPECTED.json").read_text())["hooks"]
    for prefix, name in (("03", "03+04"), ("04", "03+04"), ("08", "08")):
        (path,) = (folder / "hooks").glob(f"{prefix}-*.json")
        usage = observed(path.read_bytes()).sighting.usage
        assert usage is not None
        assert {kind: usage.as_dict()[kind] for kind in expected[name]} == expected[name]
    (aborted,) = (folder / "hooks").glob("06-*.json")
    assert observed(aborted.read_bytes()).sighting.usage is None
