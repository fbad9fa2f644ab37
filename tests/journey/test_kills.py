"""kill -9 at any moment: two agents read logs that grow, one collector books; nothing is lost, nothing doubled.

Kills are aimed. Half of them catch the program where it stands at a named point - inside a transaction, between the
answer and the note of it - and half come some moment after one. What remains at the end is compared with what one
uninterrupted run over the same logs gives.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Generator
from functools import partial
from itertools import cycle, islice
from pathlib import Path

import pytest

from tests.support.demo import lay_out
from tests.support.journey_laptop import counts_of
from tests.support.journey_lives import Aim, Life, free_port
from tests.support.journey_marks import Point
from tests.support.journey_runner import AGENT, COLLECTOR, preload
from tests.support.journey_stream import Stream
from tests.support.journey_whole import claims_of, expect_same_laptop, expect_same_record, uninterrupted
from tests.support.journey_zygote import Zygote
from tollbook.claim import Claim
from tollbook_agent import home as places
from tollbook_agent.control import Unreachable, ask

KILLS = int(os.environ.get("TOLLBOOK_KILLS", "30"))
"""Of the collector, and as many of the agents."""
TIMEOUT_SECONDS = 180 + 3 * KILLS
SEED = 20261122
LAPTOPS = 2
COPIES = 100_000
"""Of the demo; more than any run comes to."""
ALSO = 0.15
"""How often another program is killed at the same time."""
LOOK_SECONDS = 0.02
STATEMENTS = 6
"""A transaction that brings one new call has more."""
COLLECTOR_AIMS = (
    Aim(Point.RECEIVED, trap=True),
    Aim(Point.BOOKING_HALF_WRITTEN, trap=True, most_skipped=STATEMENTS),
    Aim(Point.BOOKING_WRITTEN, trap=True),
    Aim(Point.BOOKED, trap=True),
    *map(Aim, (Point.STARTING, Point.RECEIVED, Point.BOOKING, Point.BOOKING_WRITTEN)),
    Aim(Point.BOOKING_HALF_WRITTEN, trap=True, most_skipped=STATEMENTS),
)
AGENT_AIMS = (
    Aim(Point.READING, trap=True),
    Aim(Point.COMMIT_HALF_WRITTEN, trap=True, most_skipped=STATEMENTS),
    Aim(Point.SENDING, trap=True),
    Aim(Point.ANSWERED, trap=True),
    *map(Aim, (Point.STARTING, Point.READING, Point.COMMIT_WRITTEN, Point.SENDING, Point.ANSWERED)),
    Aim(Point.READING, trap=True),
    Aim(Point.COMMIT_HALF_WRITTEN, trap=True, most_skipped=STATEMENTS),
    Aim(Point.SENDING, trap=True),
    Aim(Point.ACKNOWLEDGEMENT_WRITTEN, trap=True),
)
"""Two traps in each of the four phases; without a trap, what takes long enough to be hit."""
PHASES = {
    "read": ("reading",),
    "commit": ("committing", "commit half written", "commit written"),
    "send": ("sending",),
    "acknowledgement": ("answered", "acknowledging", "acknowledgement written"),
}


class World:
    """Two laptops that work, and the collector they send to."""

    def __init__(self, folder: Path, zygote: Zygote) -> None:
        self.chance = random.Random(SEED)
        self.landed: dict[str, Counter[str]] = {AGENT: Counter(), COLLECTOR: Counter()}
        self.unanswered = 0
        """Kills of the collector between receipt and answer."""
        grpc, api = (f"127.0.0.1:{free_port(self.chance)}" for _ in range(2))
        home = {"TOLLBOOK_COLLECTOR_HOME": str(folder / "collector")}
        ports = {"TOLLBOOK_COLLECTOR_OTLP_GRPC_ADDRESS": grpc, "TOLLBOOK_COLLECTOR_API_ADDRESS": api}
        ports["TOLLBOOK_COLLECTOR_OTLP_HTTP_ADDRESS"] = "127.0.0.1:0"
        self.collector = Life("collector", COLLECTOR, {**os.environ, **home, **ports}, folder, zygote)
        self.agents: list[Life] = []
        self.streams: list[Stream] = []
        for number in range(LAPTOPS):
            scratch = folder / f"laptop{number}"
            laptop = lay_out(scratch, folder / "nothing")  # repositories, and no logs yet
            copies = (copy for copy in range(COPIES) if copy % 3 != number)  # every third is read on both
            self.streams.append(Stream(scratch, copies, self.chance))
            environment = {**os.environ, **laptop, "TOLLBOOK_COLLECTOR": grpc}
            self.agents.append(Life(f"agent{number}", AGENT, environment, folder, zygote))

    @property
    def everybody(self) -> list[Life]:
        return [self.collector, *self.agents]

    def grow(self) -> None:
        """New calls on both laptops."""
        for stream in self.streams:
            stream.grow()

    def kill_at(self, victim: Life, aim: Aim) -> None:
        """Kill a program where it is aimed at, now and then another one too; let them begin again."""
        if aim.point is Point.STARTING:
            self._kill(victim)  # the life that follows is the one that is killed as it starts
        victim.reach(aim, self.grow, self.everybody, self.chance)
        self._kill(victim)
        if self.chance.random() < ALSO:
            self._kill(self.chance.choice([each for each in self.everybody if each is not victim]))

    def _kill(self, victim: Life) -> None:
        self.landed[victim.role][victim.kill()] += 1
        self.unanswered += victim.role == COLLECTOR and victim.marks.requests > 0
        victim.start()

    def drain(self) -> None:
        """Let everything that the logs say be read, sent and acknowledged; then end all programs in good order."""
        for stream in self.streams:
            stream.finish()
        for agent in self.agents:
            read, sent = partial(_scanned, agent), partial(_nothing_unsent, agent)
            agent.wait_for(read, "the end of its logs", self.everybody, look=LOOK_SECONDS)
            agent.wait_for(sent, "an empty outbox", self.everybody, look=LOOK_SECONDS)
        for each in (*self.agents, self.collector):
            each.stop()


def _scanned(agent: Life) -> bool:
    """Whether this life of the agent has looked at every log, from now on."""
    control = Path(agent.environment["TOLLBOOK_HOME"]) / places.CONTROL
    try:
        return ask(control, "status").get("pid") == agent.pid and "calls" in ask(control, "scan")
    except Unreachable:
        return False


def _nothing_unsent(agent: Life) -> bool:
    return counts_of(agent.environment)["unsent"] == 0


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    zygote = Zygote(preload)
    made = World(tmp_path, zygote)
    yield made
    for each in made.everybody:
        each.end()
    zygote.close()


def plan(world: World) -> list[tuple[Life, Aim]]:
    """Every aim as often as every other, in any order."""
    kills = [(world.collector, aim) for aim in islice(cycle(COLLECTOR_AIMS), KILLS)]
    kills += zip(cycle(world.agents), islice(cycle(AGENT_AIMS), KILLS), strict=False)
    world.chance.shuffle(kills)
    return kills


@pytest.mark.kill
@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_killed_anywhere_nothing_is_lost_and_nothing_doubled(world: World, tmp_path: Path) -> None:
    for each in world.everybody:
        each.start()
    for victim, aim in plan(world):
        world.kill_at(victim, aim)
    world.drain()
    print(histogram(world))
    claims: list[Claim] = []
    for number, agent in enumerate(world.agents):
        other = uninterrupted(agent.environment, tmp_path / f"uninterrupted{number}")
        expect_same_laptop(agent.environment, other)
        claims += claims_of(other)
    copies = world.streams[0].begun | world.streams[1].begun
    expect_same_record(tmp_path / "collector" / "record.sqlite", claims, tmp_path / "whole.sqlite", len(copies))
    expect_spread(world)


def expect_spread(world: World) -> None:
    """The kills hit what they were meant to hit."""
    agents, collector = world.landed[AGENT], world.landed[COLLECTOR]
    assert min(agents.total(), collector.total()) >= KILLS
    assert world.unanswered * 3 >= collector.total()
    for phase, states in PHASES.items():
        hits = sum(count for where, count in agents.items() if set(states) & set(where.split(" and ")))
        assert hits * 10 >= agents.total(), f"only {hits} kills of agents hit {phase}"


def histogram(world: World) -> str:
    """Where the kills landed, for people."""
    lines: list[str] = []
    for role, landed in world.landed.items():
        lines.append(f"\n{landed.total()} kills of the {role}")
        lines += [f"  {where:<42}{count:>5}  {'#' * min(count, 60)}" for where, count in landed.most_common()]
    return "\n".join([*lines, f"  between receipt and answer: {world.unanswered}"])
