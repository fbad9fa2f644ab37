"""A sink of a receiver that keeps what it is given, and answers as a test wants."""

import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.prepared import Prepared


@dataclass
class Sink:
    """`hold` keeps futures open, `refuse` is raised, and `fail` is what the futures end with."""

    claims: list[Claim] = field(default_factory=list[Claim])
    problems: list[Problem] = field(default_factory=list[Problem])
    waiting: list["Future[None]"] = field(default_factory=list["Future[None]"])
    hold: bool = False
    refuse: Exception | None = None
    fail: Exception | None = None
    arrived: threading.Event = field(default_factory=threading.Event)

    def submit(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem]) -> "Future[None]":
        if self.refuse is not None:
            raise self.refuse
        future: Future[None] = Future()
        self.waiting.append(future)
        if self.fail is not None:
            future.set_exception(self.fail)
            return future
        self.claims += [one for one in claims if isinstance(one, Claim)]
        self.problems += problems
        if not self.hold:
            future.set_result(None)
        self.arrived.set()
        return future
