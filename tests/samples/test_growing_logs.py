"""However published logs come to be on a disk (at once, file by file, in steps of any size), the store is the same."""

import functools
import random
import tempfile
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.samples.sample_laptop import environment, samples
from tests.support.laptop import contents, scan_once
from tests.support.samples import needs_samples

SESSIONS = ("768de5d6-9fad-475b-8a4f-dfa7ddc01bb0", "cc432c40-914a-4c1a-a972-0103199a736a")
SETS = (
    "logs/claude-code/claude-code-viewer",
    "logs/claude-code/git-ai",
    "logs/claude-code/vibecodingtracker",
    "logs/codex/ccusage",
    "logs/codex/codexbar-issue2037/live-fork-4d90-52bf",
    "logs/codex/logpile-parent-child",
    "logs/codex/vibecodingtracker",
    "clients/claude-2.1.330/logs",
    "clients/codex-0.169.0/logs",
)
ORDERS = 2
MAX_STEPS = 4
"""Large steps from the first byte of a file to its last one; small ones come between."""
LAYOUT = {
    "claude-code": Path("claude"),
    "codex": Path("codex"),
    "claude-2.1.330": Path("claude", "projects"),
    "codex-0.169.0": Path("codex", "sessions"),
}
"""Where on a laptop the folders of a tool, or of a client, belong."""
PROJECT = Path("claude", "projects", "-home-dev-shop")
DEVICE = "0123456789abcdef"


def laptop(folder: Path) -> dict[str, str]:
    """A laptop without logs. All laptops have the same device, so that their claims are the same."""
    own = environment(folder, claude=folder / "claude", codex=folder / "codex")
    home = Path(own["TOLLBOOK_HOME"])
    home.mkdir(parents=True)
    (home / "device").write_text(DEVICE + "\n")
    return own


def put(folder: Path, place: Path, data: bytes, *, more: bool = False) -> None:
    target = folder / place
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("ab" if more else "wb") as file:
        file.write(data)


def logs_of(name: str) -> dict[Path, bytes]:
    """The logs of a set, or the last state of a session's, by their place on a laptop."""
    if name in SESSIONS:
        return {PROJECT / f"{name}.jsonl": snapshots(name)[-1]}
    source, place = samples(*name.split("/")), LAYOUT[name.split("/")[1]]
    logs = [path for path in sorted(source.rglob("*.jsonl")) if ".stdout." not in path.name]
    return {place / path.relative_to(source): path.read_bytes() for path in logs}


def facts(own: dict[str, str], folder: Path) -> dict[str, Any]:
    """What the store holds, with the laptop's own folder left out of paths."""
    found = contents(own)
    found["discards"] = [(path.replace(str(folder), ""), *rest) for path, *rest in found["discards"]]
    return found


def at_once(folder: Path, logs: dict[Path, bytes]) -> dict[str, Any]:
    """The store after one scan of everything."""
    own = laptop(folder)
    for place, data in logs.items():
        put(folder, place, data)
    assert scan_once(own).calls > 0
    once = facts(own, folder)
    assert scan_once(own).read_files == 0
    for place in logs:
        (folder / place).touch()
    again = scan_once(own)
    assert (again.read_files, again.calls) == (len(logs), 0)
    assert not unlike(facts(own, folder), once)
    return once


def unlike(found: dict[str, Any], wanted: dict[str, Any]) -> list[str]:
    """Where two stores differ, in few words: whole claims are long."""
    parts = [(part, found[part], wanted[part]) for part in wanted if found[part] != wanted[part]]
    return [
        f"{part}: {len(mine)} and {len(other)}, {sum(each not in other for each in mine)} new"
        for part, mine, other in parts
    ]


@functools.cache
def of_one_scan(name: str) -> dict[str, Any]:
    """The store after one scan of a set or a session."""
    with tempfile.TemporaryDirectory() as folder:
        return at_once(Path(folder), logs_of(name))


def snapshots(session: str) -> list[bytes]:
    """The states that one file was published in, the oldest first."""
    folder = samples("logs", "claude-code", "entireio-cli-growth", session)
    states = [path.read_bytes() for path in sorted(folder.glob("snapshot-*.jsonl"))]
    assert len(states) > 3
    assert all(later.startswith(before) for before, later in pairwise(states))
    return states


@needs_samples
@pytest.mark.parametrize("session", SESSIONS)
def test_states_of_a_growing_file_one_after_the_other(session: str, tmp_path: Path) -> None:
    states, place = snapshots(session), PROJECT / f"{session}.jsonl"
    own = laptop(tmp_path)
    whole_lines = 0
    for state in states:
        put(tmp_path, place, state)
        before, whole_lines = whole_lines, state.rfind(b"\n") + 1
        assert scan_once(own).read_bytes == whole_lines - before, "only what is new is read"
    assert not unlike(facts(own, tmp_path), of_one_scan(session))


@needs_samples
@pytest.mark.parametrize("session", SESSIONS)
def test_an_older_state_of_a_file_takes_nothing_back(session: str, tmp_path: Path) -> None:
    states, place = snapshots(session), PROJECT / f"{session}.jsonl"
    own = laptop(tmp_path)
    for state in (states[-1], *states[::2], states[-1]):
        put(tmp_path, place, state)
        scan_once(own)
        assert not unlike(facts(own, tmp_path), of_one_scan(session))


@needs_samples
@pytest.mark.parametrize("name", SETS)
def test_file_after_file_in_any_order(name: str, tmp_path: Path) -> None:
    logs, chance = logs_of(name), random.Random(name)
    for number in range(ORDERS):
        folder = tmp_path / f"order-{number}"
        folder.mkdir()
        own = laptop(folder)
        for place in chance.sample(sorted(logs), len(logs)):
            put(folder, place, logs[place])
            scan_once(own)
        assert not unlike(facts(own, folder), of_one_scan(name))


@needs_samples
@pytest.mark.parametrize("name", [*SETS, *SESSIONS])
@settings(max_examples=2, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32))
def test_steps_of_any_number_of_bytes(name: str, tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    logs, chance = logs_of(name), random.Random(seed)
    folder = tmp_path_factory.mktemp("growing")
    own = laptop(folder)
    written = dict.fromkeys(logs, 0)
    while any(written[place] < len(data) for place, data in logs.items()):
        for place in chance.sample(sorted(logs), chance.randint((len(logs) + 1) // 2, len(logs))):
            start, data = written[place], logs[place]
            step = chance.choice((1, chance.randrange(4_000), len(data) // chance.randint(1, MAX_STEPS) + 1))
            put(folder, place, data[start : start + step], more=True)
            written[place] = min(len(data), start + step)
        scan_once(own)
    assert not unlike(facts(own, folder), of_one_scan(name))


@needs_samples
def test_what_was_not_read_is_counted_the_same_line_by_line(tmp_path: Path) -> None:
    counted: list[Any] = []
    for whole in (True, False):
        folder = tmp_path / str(whole)
        folder.mkdir()
        own = laptop(folder)
        for place, data in logs_of("logs/codex/logpile-parent-child").items():
            for part in [data] if whole else data.splitlines(keepends=True):
                put(folder, place, part, more=True)
                scan_once(own)
        counted.append(facts(own, folder)["discards"])
    assert counted[0] == counted[1] != []
