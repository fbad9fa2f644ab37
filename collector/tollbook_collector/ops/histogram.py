"""Histogram: how often something took how long. For any thread."""

import threading
from bisect import bisect_left
from collections.abc import Mapping

from tollbook_collector.ops.exposition import Sample

BOUNDS: tuple[float, ...] = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
"""Seconds, upper bounds; the target is 0.25 at the 99th percentile, the longest wait for a commit 20."""


class Histogram:
    """Counts of durations below each bound."""

    def __init__(self) -> None:
        self._counts = [0] * (len(BOUNDS) + 1)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, seconds: float) -> None:
        """Count one."""
        with self._lock:
            self._counts[bisect_left(BOUNDS, seconds)] += 1
            self._sum += seconds

    def samples(self, labels: Mapping[str, str]) -> list[Sample]:
        """As Prometheus has it: each bucket counts all that is not longer."""
        with self._lock:
            counts, total = list(self._counts), self._sum
        found: list[Sample] = []
        below = 0
        for bound, number in zip((*map(str, BOUNDS), "+Inf"), counts, strict=True):
            below += number
            found.append(Sample({**labels, "le": bound}, below, "_bucket"))
        return [*found, Sample(labels, total, "_sum"), Sample(labels, below, "_count")]
