"""kill -9 of a collector that seals days, under load from several senders: what was acknowledged is there, once.

A batch that was not acknowledged is sent again, the very same, until it is. What the kills leave behind is compared
with a record in which every claim was booked once, undisturbed; the day files with the record they were written from.
"""

import os
import random
import sys
from collections import Counter
from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import count, cycle, islice
from pathlib import Path

import pytest

from tests.collector.store.record_state import NOW, opened, rows, state
from tests.support.collector_senders import Steady
from tests.support.journey_lives import Aim, Life, free_port
from tests.support.journey_marks import Point
from tests.support.journey_runner import SEALING_COLLECTOR, preload
from tests.support.journey_whole import people_of, with_reference
from tests.support.journey_zygote import PATIENCE_SECONDS, Zygote
from tollbook.booking import alias_keys
from tollbook.claim import Claim
from tollbook.vocabulary import Source
from tollbook_collector.ask import SpendQuestion
from tollbook_collector.store.reader.day_files import DayFiles, folder_of
from tollbook_collector.store.reader.duck import connect
from tollbook_collector.store.reader.duck_reader import DuckReader
from tollbook_collector.store.reader.record_reader import RecordReader
from tollbook_collector.store.reader.sealer import Sealer

pytest.importorskip("duckdb")

KILLS = int(os.environ.get("TOLLBOOK_KILLS", "30"))
TIMEOUT_SECONDS = 180 + 5 * KILLS
SEED = 20261123
PAIRS = 2
"""Of senders: the two of a pair tell of the same calls, one as the proxy and one as the log."""
STATEMENTS = 60
"""Of a few transactions."""
BATCHES = 8
AIMS = (
    Aim(Point.RECEIVED, trap=True, most_skipped=BATCHES),
    Aim(Point.BOOKING_HALF_WRITTEN, trap=True, most_skipped=STATEMENTS),
    Aim(Point.SEALING, trap=True, most_skipped=3),
    Aim(Point.BOOKED, trap=True, most_skipped=BATCHES),
    Aim(Point.SEAL_WRITTEN, trap=True, most_skipped=3),
    Aim(Point.BOOKING_WRITTEN, trap=True, most_skipped=BATCHES),
    Aim(Point.SEALED, trap=True, most_skipped=3),
    *map(Aim, (Point.STARTING, Point.RECEIVED, Point.BOOKING, Point.SEALING, Point.SEALED)),
)
SEALER_STATES = {"sealing", "seal written", "sealed"}
QUESTIONS = (
    SpendQuestion(by=("day", "ticket")),
    SpendQuestion(by=("engineer", "model")),
    SpendQuestion(by=("source",)),
)


class World:
    """A collector and those who send to it."""

    def __init__(self, folder: Path, zygote: Zygote) -> None:
        self.chance = random.Random(SEED)
        self.landed: Counter[str] = Counter()
        self.unanswered = 0
        """Kills between receipt and answer."""
        self.store = folder / "collector" / "record.sqlite"
        grpc = f"127.0.0.1:{free_port(self.chance)}"
        home = {"TOLLBOOK_COLLECTOR_HOME": str(folder / "collector"), "TOLLBOOK_COLLECTOR_PROJECT_KEYS": "PAY,OPS"}
        ports = {f"TOLLBOOK_COLLECTOR_{name}_ADDRESS": "127.0.0.1:0" for name in ("API", "OTLP_HTTP")}
        ports["TOLLBOOK_COLLECTOR_OTLP_GRPC_ADDRESS"] = grpc
        self.collector = Life("collector", SEALING_COLLECTOR, {**os.environ, **home, **ports}, folder, zygote)
        self.senders = [
            Steady(grpc, source, count(pair, PAIRS), random.Random(SEED + pair))
            for pair in range(PAIRS)
            for source in (Source.PROXY, Source.LOG)
        ]
        self._looked_at = [0] * len(self.senders)

    def kill_at(self, aim: Aim) -> None:
        """Kill it where it is aimed at; what had been acknowledged by then is there."""
        if aim.point is Point.STARTING:
            self._kill()
        self.collector.reach(aim, lambda: None, [], self.chance)
        self._kill()

    def _kill(self) -> None:
        self.landed[self.collector.kill()] += 1
        self.unanswered += self.collector.marks.requests > 0
        self._expect_acknowledged()
        self.collector.start()

    def _expect_acknowledged(self) -> None:
        """Every call of an acknowledgement since the last look, by every one of its ids."""
        for place, sender in enumerate(self.senders):
            new = sender.acknowledged[self._looked_at[place] :]
            self._looked_at[place] += len(new)
            wanted = {key for claim in new for key in alias_keys(claim)}
            known = self._aliases() if wanted else set[int]()
            assert wanted <= known, f"{len(wanted - known)} ids that were acknowledged are gone"

    def _has_sealed(self) -> bool:
        return rows(self.store, "SELECT 1 FROM day_file WHERE sealed = version LIMIT 1") != []

    def _aliases(self) -> set[int]:
        return {hash_ for (hash_,) in rows(self.store, "SELECT hash FROM alias")}

    def finish(self) -> list[Claim]:
        """Let every sender bring its batch home, and a day be sealed; everything that was sent."""
        for sender in self.senders:
            sender.enough()
        for sender in self.senders:
            sender.join(PATIENCE_SECONDS)
            assert sender.acknowledged == sender.sent
        # The last batches may have changed every day that was sealed by then.
        self.collector.wait_for(self._has_sealed, "a day that stays sealed", [])
        self.collector.stop()
        return [claim for sender in self.senders for claim in sender.sent]

    def told(self) -> str:
        """Where the kills landed and what was sent again, for people."""
        lines = [f"\n{self.landed.total()} kills of the collector, {self.unanswered} between receipt and answer"]
        lines += [f"  {where:<42}{times:>5}" for where, times in self.landed.most_common()]
        tries = sum((sender.tries for sender in self.senders), Counter[int]())
        again = tries.total() - tries[1]
        sent = sum(len(sender.sent) for sender in self.senders)
        return "\n".join([*lines, f"  {sent} claims in {tries.total()} batches, {again} of them sent again"])


@pytest.fixture
def world(tmp_path: Path) -> Generator[World]:
    zygote = Zygote(preload)
    made = World(tmp_path, zygote)
    yield made
    for sender in made.senders:
        sender.enough()
    made.collector.end()
    zygote.close()


@pytest.mark.kill
@pytest.mark.timeout(TIMEOUT_SECONDS)
@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9")
def test_a_killed_collector_keeps_what_it_acknowledged_and_takes_the_rest_again(world: World, tmp_path: Path) -> None:
    world.collector.start()
    for sender in world.senders:
        sender.start()
    aims = list(islice(cycle(AIMS), KILLS))
    world.chance.shuffle(aims)
    for aim in aims:
        world.kill_at(aim)
    claims = world.finish()
    print(world.told())
    expect_files_agree(world.store)
    expect_booked_once(world.store, claims, tmp_path / "whole.sqlite")
    assert world.landed.total() >= KILLS
    assert world.unanswered * 4 >= world.landed.total()
    sealing = sum(times for where, times in world.landed.items() if SEALER_STATES & set(where.split(" and ")))
    assert sealing * 4 >= KILLS, f"only {sealing} kills hit sealing"


def expect_booked_once(store: Path, claims: Iterable[Claim], other: Path) -> None:
    """The record is whole, and says what it would say had nothing happened."""
    people = people_of(store)
    with opened(store) as record:
        assert record.verify() == []
    with opened(other) as record:
        record.book([with_reference(claim, people) for claim in claims], now_ns=NOW)
    killed, whole = state(store), state(other)
    assert killed.calls == whole.calls
    assert killed.claims == whole.claims
    assert (killed.tickets, killed.leads) == (whole.tickets, whole.leads)


def expect_files_agree(store: Path) -> None:
    """Files and record agree as the kills left them, and when every day is sealed; no file is left without a name."""
    duck = connect(folder_of(store))
    with closing(duck), closing(RecordReader(store, 1)) as plain:
        files = DayFiles(folder_of(store), duck)
        with closing(DuckReader(files, store, 1)) as fast, closing(Sealer(files, store, quiet_seconds=0)) as sealer:
            assert fast.days(QUESTIONS[0].span)[0] > 0
            for question in QUESTIONS:
                assert fast.spend(question) == plain.spend(question)
            assert sealer.turn().open_days == 0
            assert fast.days(QUESTIONS[0].span)[1] == 0
            for question in QUESTIONS:
                assert fast.spend(question) == plain.spend(question)
            assert len(files.names()) == fast.days(QUESTIONS[0].span)[0]
