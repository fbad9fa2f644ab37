"""Rate limits: a token bucket for every device or gateway, and one for every tenant.

What a request holds is known only once it is read, and reading is what a limit is to spare: a request is let in while
its bucket is not empty and then takes out what it held, so that a bucket can be in debt by one request at most.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Kind

BURST_SECONDS = 30
"""How long of its rate a sender may send at once: a first import, a backlog."""
MAX_BUCKETS = 10_000
"""Senders remembered; of more, those who sent longest ago are forgotten, and start with a full bucket."""
MAX_WAIT_SECONDS = 60
REQUEST_COST = 1
"""What a request costs besides its claims: empty ones are not free."""


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


class Buckets:
    """Buckets of one rate. For any thread."""

    def __init__(self, rate: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`rate`: claims a second, 0 for no limit. `clock` gives seconds."""
        self._rate = rate
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, sender: str) -> int:
        """Seconds a sender has to wait; 0: it may send."""
        if not self._rate:
            return 0
        with self._lock:
            level = self._filled(sender).level
        return 0 if level > 0 else min(MAX_WAIT_SECONDS, 1 + math.ceil(-level / self._rate))

    def take(self, sender: str, amount: int) -> None:
        """A sender has sent so much."""
        if self._rate:
            with self._lock:
                self._filled(sender).level -= amount

    def _filled(self, sender: str) -> _Bucket:
        most = float(self._rate * BURST_SECONDS)
        now = self._clock()
        bucket = self._buckets.get(sender)
        if bucket is None:
            bucket = self._buckets[sender] = _Bucket(most, now)
        else:
            bucket.level = min(most, bucket.level + max(0.0, now - bucket.at) * self._rate)
            bucket.at = now
        self._buckets.move_to_end(sender)
        while len(self._buckets) > MAX_BUCKETS:
            self._buckets.popitem(last=False)
        return bucket


class Limits:
    """What devices, and tenants as a whole, may send. Who has no credential, on the loopback, is not limited."""

    def __init__(self, *, device: int, tenant: int, clock: Callable[[], float] = time.monotonic) -> None:
        """Claims a second each; 0 for no limit. A gateway, which sends for many, has only the limit of its tenant."""
        self._devices = Buckets(device, clock=clock)
        self._tenants = Buckets(tenant, clock=clock)

    def wait(self, principal: Principal) -> int:
        """Seconds to wait; 0: it may send."""
        if principal.kind is None:
            return 0
        own = self._devices.wait(_sender(principal)) if principal.kind is Kind.DEVICE else 0
        return max(own, self._tenants.wait(str(principal.tenant)))

    def took(self, principal: Principal, claims: int) -> None:
        """A request of so many claims was read."""
        if principal.kind is None:
            return
        cost = claims + REQUEST_COST
        if principal.kind is Kind.DEVICE:
            self._devices.take(_sender(principal), cost)
        self._tenants.take(str(principal.tenant), cost)


def _sender(principal: Principal) -> str:
    """A device is one sender whichever of its credentials it shows."""
    return f"{principal.tenant}/{principal.device or principal.credential}"
