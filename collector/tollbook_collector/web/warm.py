"""Warm: the overview's answers are worked out before anybody asks, and again when they have changed.

What that costs is bounded: after each answer it rests `REST` times as long as it took, which is a fifth of one
processor, and of one that nobody else wants: summing up a million calls takes seconds. It rests after each and not
after all, since the record's log of writes cannot begin anew while somebody reads. So an overview that somebody opens
was begun `REST` + 2 turns' work ago at most, and is told that long.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tollbook_collector.ask import Span
from tollbook_collector.auth.principal import NOBODY
from tollbook_collector.auth.view import View
from tollbook_collector.priority import give_way
from tollbook_collector.web.pages import overview
from tollbook_collector.web.visit import Visit

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

LEAST_REST_SECONDS = 10.0
"""Between two turns."""
REST = 4
QUICK_SECONDS = 0.02
"""What is worked out as fast as this needs no rest of its own."""
_LATE = 2
"""Turns beyond the one that rests and the two that work: a machine may be busy."""
_ALL_UNNAMED = View(sums=None, calls=frozenset(), names=False)
"""Sums of everybody, as pages of every role ask for them; names nobody, so that nobody is looked at."""
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unhurried(Visit):
    """A visit that says after each answer how many seconds it took, and goes on when that returns."""

    answered: Callable[[float], None]

    def spend(self, by: tuple[str, ...], span: Span) -> dict[str, Any]:
        began = time.monotonic()
        answer = Visit.spend(self, by, span)  # super() finds no class where a dataclass has slots
        self.answered(time.monotonic() - began)
        return answer

    def spend_by_team(self, by: tuple[str, ...], span: Span) -> dict[str, Any]:
        began = time.monotonic()
        answer = Visit.spend_by_team(self, by, span)
        self.answered(time.monotonic() - began)
        return answer


def keep_warm(site: "Site", wait: Callable[[float], object] | None = None) -> None:
    """Work out what the overview of the first tenant asks for, until the collector stops. Blocks."""
    wait = wait or site.gate.closed.wait
    first = True
    while site.gate.answers is not None:
        took = _turn(site, None if first else wait)
        first = False
        if site.gate.service is not None:
            site.gate.service.memory.allow(int((REST + 2 + _LATE) * took * 10**9))
        wait(LEAST_REST_SECONDS)


def _turn(site: "Site", wait: Callable[[float], object] | None) -> float:
    """Work it out once, resting after each answer by `wait`. Seconds without the rests."""
    took = 0.0

    def rest(seconds: float) -> None:
        nonlocal took
        took += seconds
        if wait is not None and seconds > QUICK_SECONDS:
            wait(REST * seconds)

    try:
        judged = {"spend": (NOBODY, _ALL_UNNAMED)}
        visit = Unhurried(site=site, path="/", query={}, judged=judged, may_be_old=False, answered=rest)
        overview.show(visit)
    except Exception as fault:  # whatever it is: who opens the page is told, here it is only beforehand
        _LOG.info("the overview could not be worked out beforehand: %s", type(fault).__name__)
    return took


def start(site: "Site") -> None:
    """Do so in a thread that ends with the process, and gives way to those that take requests."""

    def run() -> None:
        give_way()
        keep_warm(site)

    threading.Thread(target=run, name="warm", daemon=True).start()
