"""Senders that never give up: each sends its own claims over gRPC, and a batch again until it is acknowledged."""

import random
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from tests.collector.claim_maker import MINUTE, make_claim
from tests.collector.serve_bench import Sender
from tollbook.claim import Claim
from tollbook.vocabulary import Source

DAYS = 8
"""The calls fall on so many days."""
RUN = 40
"""Calls of one day after one another: the other days are quiet meanwhile, and can be sealed."""
MOST_CLAIMS = 10
"""Of a batch."""
PAUSE_SECONDS = 0.02
AGAIN_SECONDS = 0.02
"""After a batch that was not acknowledged."""
DAY_MINUTES = 24 * 60


def claim_on_a_day(number: int, source: Source) -> Claim:
    """What one observer says of call `number`."""
    claim = make_claim(number, source)
    run, place = divmod(number, RUN)
    minute = run // DAYS * RUN + place
    moved = (run % DAYS * DAY_MINUTES + minute - number) * MINUTE
    return replace(claim, started_at=claim.started_at + moved, ended_at=claim.ended_at + moved)


@dataclass
class Steady:
    """One sender in a thread of its own."""

    address: str
    source: Source
    numbers: Iterator[int]
    """The calls it tells of, without end."""
    chance: random.Random
    sent: list[Claim] = field(default_factory=list[Claim])
    """What it has begun to send."""
    acknowledged: list[Claim] = field(default_factory=list[Claim])
    tries: Counter[int] = field(default_factory=Counter[int])
    """How many batches were sent how often."""

    def __post_init__(self) -> None:
        self._enough = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"steady {self.source}", daemon=True)
        self.fault: BaseException | None = None

    def start(self) -> None:
        self._thread.start()

    def enough(self) -> None:
        """Let it bring the batch it has in hand to its end, and no other."""
        self._enough.set()

    def join(self, seconds: float) -> None:
        """Wait until it has; what went wrong in it goes wrong here."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), "a batch is not acknowledged"
        if self.fault is not None:
            raise self.fault

    def _run(self) -> None:
        sender = Sender(self.address)
        try:
            while not self._enough.wait(PAUSE_SECONDS * self.chance.random()):
                self._deliver(sender)
        except BaseException as fault:
            self.fault = fault
        finally:
            sender.close()

    def _deliver(self, sender: Sender) -> None:
        """Send a batch until it is acknowledged: the very same every time."""
        size = self.chance.randint(1, MOST_CLAIMS)
        batch = [claim_on_a_day(next(self.numbers), self.source) for _ in range(size)]
        self.sent += batch
        tries = 1
        while not sender.send(batch):
            tries += 1
            threading.Event().wait(AGAIN_SECONDS)
        self.acknowledged += batch
        self.tries[tries] += 1
