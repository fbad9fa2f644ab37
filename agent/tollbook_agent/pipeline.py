"""What a sighting passes on its way to the store: locate, place, identify, prepare. All in it is allow-listed."""

from collections.abc import Sequence

from tollbook.prepare import Prepared, Preparer
from tollbook.problem import Problem
from tollbook_agent.capture.locate import Locator
from tollbook_agent.capture.observation import Observation
from tollbook_agent.context.resolve import Resolver


class Pipeline:
    """Turns what readers observed into claims of this device, ready to be stored."""

    def __init__(self, *, resolver: Resolver, preparer: Preparer, locator: Locator | None = None) -> None:
        self._resolver, self._preparer, self._locator = resolver, preparer, locator

    def run(self, observations: Sequence[Observation], *, now_ns: int) -> tuple[list[Prepared], list[Problem]]:
        """Each observation with its repo, branch, engineer and explicit ticket."""
        place, prepare = self._resolver.work, self._preparer.prepare
        if self._locator is not None:
            observations = self._locator.locate(observations)
        batch: list[Prepared] = []
        problems: list[Problem] = []
        for observation in observations:
            work, found = place(observation, now_ns)
            if found:
                problems += found
            prepared = prepare(observation.sighting, work)
            if prepared is None:
                problems.append(Problem(reason="sighting_without_id", where=observation.sighting.tool))
            else:
                batch.append(prepared)
        return batch, problems
