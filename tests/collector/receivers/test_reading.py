"""What reads beside the event loop: what is given up is left alone, what came of several requests comes at once."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.collector.claim_maker import make_claim
from tests.collector.held_sink import Sink
from tollbook.problem import Problem
from tollbook_collector.receivers.door import Came, RateLimited
from tollbook_collector.receivers.reading import Reading, Unbooked
from tollbook_collector.receivers.routing import Taken

SECONDS = 10
TAKEN = Taken(claims=(make_claim(1),), problems=())
NOT_OTLP = Problem(reason="not_otlp", where="otlp", detail="the bytes are no request", remedy="Send OTLP.")


class Gate:
    """A request whose reading waits until it may."""

    def __init__(self, sink: Sink, found: Taken | Problem = TAKEN) -> None:
        self.entered, self.may = threading.Event(), threading.Event()
        self._came = Came(found, sink)

    def __call__(self) -> Came:
        self.entered.set()
        assert self.may.wait(SECONDS)
        return self._came


def run(test: Callable[[Reading, Sink], Awaitable[None]], *, commit_seconds: float = SECONDS) -> None:
    """Run a test with one thread that reads."""

    async def around() -> None:
        reading = Reading(1, "test-read", commit_seconds=commit_seconds)
        try:
            async with asyncio.timeout(SECONDS):
                await test(reading, Sink())
        finally:
            reading.close()

    asyncio.run(around())


async def entered(gate: Gate) -> None:
    assert await asyncio.to_thread(gate.entered.wait, SECONDS)


def test_what_is_given_up_before_its_turn_is_not_read() -> None:
    async def test(reading: Reading, sink: Sink) -> None:
        first, second = Gate(sink), Gate(sink)
        answered = reading.ask(first)
        given_up = reading.ask(second)
        await entered(first)
        given_up.cancel()
        first.may.set()
        assert await answered == TAKEN
        assert await reading.ask(lambda: Came(TAKEN, sink)) == TAKEN
        assert not second.entered.is_set()

    run(test)


def test_what_is_given_up_while_it_is_read_is_not_booked() -> None:
    async def test(reading: Reading, sink: Sink) -> None:
        gate = Gate(sink)
        given_up = reading.ask(gate)
        await entered(gate)
        given_up.cancel()
        gate.may.set()
        assert await reading.ask(lambda: Came(TAKEN, sink)) == TAKEN
        assert len(sink.waiting) == 1

    run(test)


def test_what_one_commit_answers_comes_at_one_wake_up(monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(reading: Reading, sink: Sink) -> None:
        sink.hold = True
        answered = [reading.ask(lambda: Came(TAKEN, sink)) for _ in range(5)]
        last = Gate(sink)
        reading.ask(last)
        await entered(last)  # so the five are with the sink
        loop, woken = asyncio.get_running_loop(), list[Any]()
        wake = loop.call_soon_threadsafe

        def counted(*arguments: Any, **options: Any) -> Any:
            woken.append(arguments)
            return wake(*arguments, **options)

        monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
        committing = threading.Thread(target=lambda: [one.set_result(None) for one in sink.waiting[:5]])
        committing.start()
        committing.join(SECONDS)  # the event loop is kept from looking until all are answered
        assert await asyncio.gather(*answered) == [TAKEN] * 5
        assert len(woken) == 1
        last.may.set()

    run(test)


def test_who_waited_too_long_is_sent_away() -> None:
    """And what the writer says of them after that is passed over."""

    async def test(reading: Reading, sink: Sink) -> None:
        sink.hold = True
        late = await reading.ask(lambda: Came(TAKEN, sink))
        assert isinstance(late, Unbooked)
        assert (late.reason, type(late.fault)) == ("store_busy", TimeoutError)
        sink.waiting[0].set_result(None)
        assert await reading.ask(lambda: Came(NOT_OTLP, sink)) == NOT_OTLP  # waits for no commit

    run(test, commit_seconds=0.01)


@pytest.mark.parametrize("fault", [RateLimited(7), MemoryError()])
def test_a_fault_is_told_and_the_thread_goes_on(fault: Exception) -> None:
    async def test(reading: Reading, sink: Sink) -> None:
        def fail() -> Came:
            raise fault

        told = await reading.ask(fail)
        assert told is fault or told == Unbooked("our_fault", fault)
        assert await reading.ask(lambda: Came(TAKEN, sink)) == TAKEN

    run(test)


def test_closing_reads_what_waits() -> None:
    async def test(reading: Reading, sink: Sink) -> None:
        answered = [reading.ask(lambda: Came(TAKEN, sink)) for _ in range(3)]
        reading.close()
        assert len(sink.waiting) == 3
        assert await asyncio.gather(*answered) == [TAKEN] * 3

    run(test)
