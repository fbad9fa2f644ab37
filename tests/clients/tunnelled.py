"""A machine whose clients reach the mock provider through the mock's own tunnel, without anything of Tollbook's."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.clients.bench import make_bench
from tests.clients.machine import Machine
from tests.clients.scenario import Scenario
from tests.support.provider.process import provider


@contextmanager
def tunnelled(scenario: Scenario, programs: Mapping[str, Path], folder: Path) -> Generator[Machine]:
    """One machine and one provider, both in `folder`."""
    with provider(folder / "provider", websocket=scenario.websocket) as served:
        bench = make_bench(folder / "machine", served.through_tunnel())
        yield Machine(bench=bench, provider=served, programs=programs)
