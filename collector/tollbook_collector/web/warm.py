"""Warm: the overview's answers are worked out before anybody asks, and again when they have changed.

What that costs is bounded: after each turn it rests `REST` times as long as the turn took, which is a fifth of one
processor, and of one that nobody else wants: summing up a million calls takes seconds. So an overview that somebody
opens was begun `REST` + 2 turns ago at most, and is told that long.
"""

import logging
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from tollbook_collector.auth.principal import NOBODY
from tollbook_collector.auth.view import View
from tollbook_collector.priority import give_way
from tollbook_collector.web.pages import overview
from tollbook_collector.web.visit import Visit

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

LEAST_REST_SECONDS = 10.0
REST = 4
_LATE = 2
"""Turns beyond the one that rests and the two that work: a machine may be busy."""
_ALL_UNNAMED = View(sums=None, calls=frozenset(), names=False)
"""Sums of everybody, as pages of every role ask for them; names nobody, so that nobody is looked at."""
_LOG = logging.getLogger(__name__)


def keep_warm(site: "Site", wait: Callable[[float], object] | None = None) -> None:
    """Work out what the overview of the first tenant asks for, until the collector stops. Blocks."""
    wait = wait or site.gate.closed.wait
    while site.gate.answers is not None:
        began = time.monotonic()
        try:
            judged = {"spend": (NOBODY, _ALL_UNNAMED)}
            overview.show(Visit(site=site, path="/", query={}, judged=judged, may_be_old=False))
        except Exception as fault:  # whatever it is: who opens the page is told, here it is only beforehand
            _LOG.info("the overview could not be worked out beforehand: %s", type(fault).__name__)
        took = time.monotonic() - began
        if site.gate.service is not None:
            site.gate.service.memory.allow(int((REST + 2 + _LATE) * took * 10**9))
        wait(max(LEAST_REST_SECONDS, REST * took))


def start(site: "Site") -> None:
    """Do so in a thread that ends with the process, and gives way to those that take requests."""

    def run() -> None:
        give_way()
        keep_warm(site)

    threading.Thread(target=run, name="warm", daemon=True).start()
