"""Meter: what the writers of this process have booked, how far behind senders are. Since the start of the process."""

import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.booking import Booking
from tollbook_collector.ops.exposition import Family, Sample
from tollbook_collector.ops.histogram import Histogram
from tollbook_collector.ops.readiness import Readiness
from tollbook_collector.prepared import Prepared
from tollbook_collector.store.record.errors import Retryable
from tollbook_collector.store.record.writer import Book

MAX_DEVICES = 1_000
"""Devices whose lag and last word are shown; of more, those that were heard of longest ago are forgotten."""
_PREFIX = "tollbook_collector_"
_COUNTED = {
    "claims_accepted": "Claims that are durable, repeats included.",
    "claims_duplicate": "Claims that said nothing new: exact repeats.",
    "calls_new": "Calls that no claim told of before.",
    "calls_merged": "Calls that one more claim changed, united or split.",
    "calls_unpriced": "Calls booked or changed that the price book knows no price for.",
    "records_discarded": "Records that can never be a claim.",
    "commits": "Transactions.",
    "commits_failed": "Transactions that came to nothing: disk full, store busy, disk failed.",
}


class Meter:
    """Counts. For any thread."""

    def __init__(self, *, clock: Callable[[], int] = time.time_ns) -> None:
        """`clock` gives UTC nanoseconds."""
        self._clock = clock
        self._lock = threading.Lock()
        self._counts = Counter(dict.fromkeys(_COUNTED, 0))
        self._commit = Histogram()
        self._lag: OrderedDict[tuple[int, str], float] = OrderedDict()
        self._heard: OrderedDict[tuple[int, str], float] = OrderedDict()

    def booked(self, claims: int, booking: Booking, seconds: float) -> None:
        """One commit."""
        self._commit.observe(seconds)
        with self._lock:
            self._counts.update(
                claims_accepted=claims,
                claims_duplicate=booking.unchanged_claims,
                calls_new=booking.new_calls,
                calls_merged=booking.changed_calls,
                calls_unpriced=booking.unpriced,
                records_discarded=booking.discarded,
                commits=1,
            )

    def failed(self) -> None:
        """One commit that came to nothing."""
        with self._lock:
            self._counts["commits_failed"] += 1

    def arrived(self, tenant: int, device: str, ended_at: int) -> None:
        """A device sent a call that ended at a moment (UTC nanoseconds)."""
        behind = max(0, self._clock() - ended_at) / 1e9
        with self._lock:
            _remember(self._lag, (tenant, device), behind)
        self.heard(tenant, device)

    def heard(self, tenant: int, device: str) -> None:
        """A device sent calls or a heartbeat."""
        with self._lock:
            _remember(self._heard, (tenant, device), self._clock() / 1e9)

    def families(self) -> list[Family]:
        """As Prometheus has it."""
        with self._lock:
            counts, lag, heard = Counter(self._counts), _by_device(self._lag), _by_device(self._heard)
        return [
            *(
                Family(f"{_PREFIX}{name}_total", "counter", summary, [Sample({}, counts[name])])
                for name, summary in _COUNTED.items()
            ),
            Family(f"{_PREFIX}commit_seconds", "histogram", "Duration of a transaction.", self._commit.samples({})),
            Family(
                f"{_PREFIX}device_lag_seconds",
                "gauge",
                "From the end of the newest call of a device's last request to its arrival.",
                lag,
            ),
            Family(
                f"{_PREFIX}device_last_heard_timestamp_seconds",
                "gauge",
                "When a device last sent calls or a heartbeat, Unix time.",
                heard,
            ),
        ]


def _remember(figures: OrderedDict[tuple[int, str], float], device: tuple[int, str], figure: float) -> None:
    figures[device] = figure
    figures.move_to_end(device)
    while len(figures) > MAX_DEVICES:
        figures.popitem(last=False)


def _by_device(figures: OrderedDict[tuple[int, str], float]) -> list[Sample]:
    return [Sample({"tenant": str(tenant), "device": device}, value) for (tenant, device), value in figures.items()]


class MeteredBook:
    """A record whose commits are counted, and tell whether the next ones can succeed."""

    def __init__(self, book: Book, meter: Meter, readiness: Readiness) -> None:
        self._book, self._meter, self._readiness = book, meter, readiness

    def book(self, claims: Sequence[Claim | Prepared], problems: Sequence[Problem] = (), *, now_ns: int) -> Booking:
        """See the record.

        Raises:
            Retryable: nothing was booked.
        """
        begun = time.perf_counter()
        try:
            booking = self._book.book(claims, problems, now_ns=now_ns)
        except Retryable as fault:
            self._meter.failed()
            self._readiness.failed(fault)
            raise
        self._meter.booked(len(claims), booking, time.perf_counter() - begun)
        self._readiness.succeeded()
        return booking
