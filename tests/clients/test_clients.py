"""The real clients against the mock provider, without Tollbook between them: what they do, and what their logs say.

This is the ground that the capture is built on. Where it moves with a new version of a client, this says so first.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.bench import Bench
from tests.clients.claude_scenarios import CLAUDE_SCENARIOS
from tests.clients.codex_scenarios import CODEX_SCENARIOS
from tests.clients.scenario import Scenario, told
from tests.clients.tunnelled import tunnelled
from tests.support.provider.compare import CallDocument, compare, name_of
from tests.support.provider.ledger import Entry, Outcome

TOLLBOOK = Path(sys.executable).parent / "tollbook"
TOLLBOOK_SECONDS = 60
ENDED_SECONDS = 30
"""For a client's last answer to be booked after the client has ended."""
UNLOGGED = ("title", "probe")
"""Purposes that neither client writes into its log."""
UNPERSISTED = "claude-unpersisted"


def marked(scenario: Scenario) -> object:
    """A parameter with the marks of its list."""
    marks = [pytest.mark.clients, *([pytest.mark.clients_quick] if scenario.quick else [])]
    return pytest.param(scenario, id=scenario.name, marks=marks)


def logged_calls(bench: Bench) -> list[CallDocument]:
    """What `tollbook scan` finds in the clients' logs."""
    environment = bench.environment()
    for words in (("scan",), ("calls", "--json")):
        done = subprocess.run(
            [TOLLBOOK, *words], env=environment, capture_output=True, text=True, timeout=TOLLBOOK_SECONDS, check=False
        )
        assert done.returncode == 0, done.stderr
        printed = done.stdout
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def in_log(scenario: Scenario, entry: Entry) -> bool:
    """Whether the client surely writes this call into its log. A stream that its user interrupted is there when the
    client had the time to write it."""
    if scenario.name == UNPERSISTED or entry.purpose in UNLOGGED or not entry.billed:
        return False
    if entry.outcome is Outcome.BROKEN:
        return False
    return entry.purpose != "compaction" or scenario.tool == "codex"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", [marked(one) for one in (*CLAUDE_SCENARIOS, *CODEX_SCENARIOS)])
def test_bills_what_was_asked_and_logs_most_of_it(
    scenario: Scenario, programs: Mapping[str, Path], tmp_path: Path
) -> None:
    with tunnelled(scenario, programs, tmp_path) as machine:
        plan = scenario.play(machine)
        number = len(scenario.billed)
        machine.provider.wait_for(lambda entries: len(told(entries)) >= number, ENDED_SECONDS)
        ledger = machine.provider.entries()
        assert told(ledger) == sorted(scenario.billed)
        unlogged = {f"missing: {name_of(entry)}" for entry in ledger if not in_log(scenario, entry)}
        faults = compare(ledger, logged_calls(machine.bench), plan, lifetimes=scenario.tool == "claude")
        assert [fault for fault in faults if fault not in unlogged] == []
    assert (tmp_path / "provider" / "errors").read_text(encoding="utf-8") == ""
