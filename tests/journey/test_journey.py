"""From usage logs to what a ticket cost: two laptops, one collector, real processes, the numbers worked out by hand."""

import json
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.serve_bench import Command
from tests.support.demo import lay_out
from tests.support.journey_laptop import Laptop
from tests.support.journey_money import BY_MODEL, CALLS, PAY_123, PAY_123_CALLS, TOTAL
from tests.support.make_demo import RECORDINGS
from tollbook.answer import DIMENSIONS

TICKET = "PAY-123"
CROSS = "ticket,model,repo,day"
"""As many dimensions at once as the collector takes."""
SPAN = ("2026-10-27", "2026-11-03")
"""From a day with calls to another one, which is not in it."""


class World:
    """A collector, and laptops whose agents have sent it everything."""

    def __init__(self, folder: Path) -> None:
        self.collector = Command(folder / "collector")
        self.laptops: list[Laptop] = []
        try:
            for name in ("one", "two"):
                self.add(lay_out(folder / name, RECORDINGS))
        except BaseException:
            self.end()
            raise

    def add(self, environment: dict[str, str]) -> Laptop:
        """One more laptop, and wait until the collector has what it knows."""
        laptop = Laptop(environment | {"TOLLBOOK_COLLECTOR": self.collector.first_line["otlp_grpc"]})
        self.laptops.append(laptop)
        laptop.start()
        laptop.wait_until_sent()
        return laptop

    def end(self) -> None:
        for laptop in self.laptops:
            laptop.end()
        self.collector.end()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Generator[World]:
    made = World(tmp_path_factory.mktemp("world"))
    yield made
    codes = [laptop.stop() for laptop in made.laptops]
    made.end()
    assert set(codes) == {0}


def amounts(spend: dict[str, Any]) -> dict[str, int]:
    """Nano-dollars by the one key of a spend table."""
    return {row["key"][0]: row["list_nano_usd"] for row in spend["rows"]}


def test_every_call_is_booked_once(world: World) -> None:
    for laptop in world.laptops:
        assert laptop.counts()["calls"] == CALLS
    record = world.collector.get("/api/v1/status")["record"]
    assert (record["calls"], record["claims"], record["orphans"]) == (CALLS, len(world.laptops) * CALLS, 0)
    assert record["discarded"] == {}
    calls = world.collector.get("/api/v1/calls?limit=1000")["calls"]
    assert len({call["call_id"] for call in calls}) == len({call["ids"].popitem() for call in calls}) == CALLS


def test_a_ticket_costs_what_was_worked_out_by_hand_wherever_it_is_asked_for(world: World) -> None:
    laptop = world.laptops[0]
    at_laptop = json.loads(laptop.run("ticket", TICKET, "--json"))
    assert (at_laptop["source"], at_laptop["calls"], at_laptop["list_nano_usd"]) == ("laptop", PAY_123_CALLS, PAY_123)
    assert at_laptop["list_usd"] == "0.374891800"
    assert at_laptop["evidence"] == {"branch": PAY_123_CALLS}
    from_api = world.collector.get(f"/api/v1/tickets/{TICKET}")
    assert from_api == at_laptop | {"source": "collector"}
    assert json.loads(world.collector.run("ticket", TICKET, "--json")) == from_api
    enrolled = Laptop(laptop.environment | {"TOLLBOOK_API": world.collector.first_line["api"]})
    assert json.loads(enrolled.run("ticket", TICKET, "--json")) == from_api


def test_spend_is_the_same_by_every_dimension(world: World) -> None:
    for by in (*DIMENSIONS, CROSS):
        for first, last in ((None, None), SPAN):
            query = "" if first is None else f"&from={first}&to={last}"
            at_collector = world.collector.get(f"/api/v1/spend?group_by={by}{query}")
            assert at_collector.pop("vendor") == [], "no vendor's report was imported; a laptop knows of none"
            assert sum(row["list_nano_usd"] for row in at_collector["rows"]) == at_collector["total"]["list_nano_usd"]
            for laptop in world.laptops:
                assert laptop.spend(by, first, last) == at_collector, by
    first, last = SPAN
    told = world.laptops[1].run("spend", "--json", "--by", CROSS, "--from", first, "--to", last)
    at_collector = world.collector.get(f"/api/v1/spend?group_by={CROSS}&from={first}&to={last}")
    assert json.loads(told) == {name: value for name, value in at_collector.items() if name != "vendor"}


def test_models_cost_what_was_worked_out_by_hand(world: World) -> None:
    spend = world.collector.get("/api/v1/spend?group_by=model")
    assert amounts(spend) == BY_MODEL
    assert (spend["total"]["calls"], spend["total"]["list_nano_usd"]) == (CALLS, TOTAL)
    assert json.loads(world.collector.run("spend", "--by", "model", "--json")) == spend


def test_calls_are_the_same_one_by_one(world: World) -> None:
    at_collector = world.collector.get("/api/v1/calls?limit=1000")["calls"]
    assert {call.pop("device") for call in at_collector} <= {laptop.device for laptop in world.laptops}
    for laptop in world.laptops:
        calls = [json.loads(line) for line in laptop.run("calls", "--json").splitlines()]
        assert {call.pop("device") for call in calls} == {laptop.device}
        assert calls == at_collector


def test_another_observer_of_the_same_logs_changes_no_total(world: World) -> None:
    before = [world.collector.get(path) for path in (f"/api/v1/tickets/{TICKET}", f"/api/v1/spend?group_by={CROSS}")]
    laptop = world.laptops[0]
    home = laptop.environment["TOLLBOOK_HOME"]
    world.add(laptop.environment | {"TOLLBOOK_HOME": f"{home}-of-another"})
    record = world.collector.get("/api/v1/status")["record"]
    assert (record["calls"], record["claims"]) == (CALLS, 3 * CALLS)
    after = [world.collector.get(path) for path in (f"/api/v1/tickets/{TICKET}", f"/api/v1/spend?group_by={CROSS}")]
    assert after == before
    assert json.loads(world.collector.run("verify", "--json")) == {"faults": []}
