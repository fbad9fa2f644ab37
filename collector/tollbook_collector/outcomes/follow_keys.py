"""A running collector follows the list of project keys that laptops fetch: its own calls are judged by the same one."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from tollbook.ticket import TicketRule
from tollbook_collector.store.record.errors import RecordError

TURN_SECONDS = 15.0
"""How long after an import the list is looked at, at most."""
STOP_SECONDS = 30.0
"""How long stopping waits for the slice that is being booked anew."""

_LOG = logging.getLogger(__name__)


class Judged(Protocol):
    """A record, whose calls a rule judges."""

    @property
    def rule(self) -> TicketRule: ...

    def take_rule(self, rule: TicketRule) -> None: ...

    def book_anew(self, going_on: Callable[[], bool]) -> bool: ...


class KeysFollower:
    """Looks at the list now and then, until `close`. Calls that come are judged by the new list at once; those that
    were booked before are booked anew beside them, a slice at a time, so that none waits longer than for a slice."""

    def __init__(self, record: Judged, rule: Callable[[], TicketRule], *, turn_seconds: float = TURN_SECONDS) -> None:
        """`rule` gives the rule as it should be now."""
        self._record = record
        self._rule = rule
        self._turn_seconds = turn_seconds
        self._behind = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="project-keys", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread after the slice it is at; the next start goes on from there."""
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def turn(self) -> None:
        """Take a list that has changed, and finish what it asks for."""
        rule = self._rule()
        if rule != self._record.rule:
            self._record.take_rule(rule)
            self._behind = True
        if self._behind and self._record.book_anew(lambda: not self._stop.is_set()):
            self._behind = False

    def _run(self) -> None:
        while not self._stop.wait(self._turn_seconds):
            try:
                self.turn()
            except (OSError, RecordError) as fault:
                _LOG.warning("calls wait to be judged by the new project keys: %s", fault)
            except Exception:
                _LOG.exception("calls wait to be judged by the new project keys")
