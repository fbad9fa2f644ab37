"""Pulling on a schedule, inside a running server: one thread beside everything else, which holds nothing up.

It opens the finance file for itself each time, so that commands and the server take turns on it; what is wrong is
logged by its reason, never with a provider's words, and the next turn tries again.
"""

import logging
import threading
from collections.abc import Callable, Generator
from contextlib import contextmanager

from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook_collector.config import Settings
from tollbook_collector.finance import Finance
from tollbook_collector.pull.bills import Around, pull_bills
from tollbook_collector.pull.outcomes import pull_outcomes
from tollbook_collector.pull.settings import TRACKERS
from tollbook_collector.pull.spans import Wish
from tollbook_collector.store.finance.sqlite import FILE_NAME, FinanceFile

FIRST_WAIT_SECONDS = 60.0
"""After the start: a server that starts again and again does not ask providers each time."""
STOP_SECONDS = 5.0
"""Waited for at the end; a request that takes longer is cut off, and its span pulled again."""
_HOUR_SECONDS = 3_600.0
_LOG = logging.getLogger(__name__)


def pull_all(settings: Settings, stopped: Callable[[], bool] = lambda: False) -> list[Problem]:
    """Pull from every source of the settings once; what was wrong."""
    around = Around(home=settings.home, stopped=stopped)
    file = FinanceFile(settings.home / FILE_NAME)
    try:
        finance = Finance(file, calls=lambda start, end: (), book=default_book())
        bills = [source for source in settings.pulls if source.channel not in TRACKERS]
        trackers = [source for source in settings.pulls if source.channel in TRACKERS]
        problems = [problem for one in pull_bills(finance, bills, Wish(), around) for problem in one.problems]
        done = pull_outcomes(file, trackers, None, around)
        return problems + [problem for one in done for problem in one.problems]
    finally:
        file.close()


@contextmanager
def scheduled(settings: Settings, pull: Callable[..., list[Problem]] = pull_all) -> Generator[None]:
    """Pull every so many hours for as long as the context lasts; nothing where the settings do not ask for it."""
    if not settings.pull_every_hours or not settings.pulls:
        yield
        return
    stop = threading.Event()

    def run() -> None:
        wait = FIRST_WAIT_SECONDS
        while not stop.wait(wait):
            wait = settings.pull_every_hours * _HOUR_SECONDS
            try:
                for problem in pull(settings, stop.is_set):
                    _LOG.warning("pull: %s: %s", problem.where, problem.reason)
            except Exception as fault:  # whatever it is, spans are booked all the same, and the next turn tries again
                _LOG.error("pull: a fault: %s", type(fault).__name__)

    thread = threading.Thread(target=run, name="pull", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(STOP_SECONDS)
