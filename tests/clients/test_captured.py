"""The real clients with Tollbook between them and the provider: the collector's calls are the provider's bill.

Whichever of wire, log and the tools' own OpenTelemetry saw a call, and in which order: each is there once, with every
count, its model, channel, repository, branch and ticket.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.clients.captured import captured
from tests.clients.claude_scenarios import CLAUDE_SCENARIOS
from tests.clients.codex_scenarios import CODEX_SCENARIOS
from tests.clients.scenario import Scenario, told
from tests.clients.test_clients import ENDED_SECONDS, marked
from tests.support.provider.compare import compare


@pytest.mark.timeout(600)
@pytest.mark.parametrize("scenario", [marked(one) for one in (*CLAUDE_SCENARIOS, *CODEX_SCENARIOS)])
def test_the_collector_has_what_the_provider_billed(
    scenario: Scenario, programs: Mapping[str, Path], tmp_path: Path
) -> None:
    with captured(scenario, programs, tmp_path) as world:
        plan = scenario.play(world.machine)
        number = len(scenario.billed)
        world.machine.provider.wait_for(lambda entries: len(told(entries)) >= number, ENDED_SECONDS)
        ledger = world.machine.provider.entries()
        assert told(ledger) == sorted(scenario.billed)
        assert world.settled(lambda calls: compare(ledger, calls, plan)) == []
