"""Counts: what a receiver took and what it turned away, with the reason. Since the start of the process."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.ops.histogram import Histogram


@dataclass(slots=True)
class Counts:
    """Running counts of one receiver. Reasons are fixed codes, so the tables stay small."""

    requests: int = 0
    spans: int = 0
    """Spans that became durable claims."""
    discarded: Counter[str] = field(default_factory=Counter[str])
    """Spans that can never be accepted, by reason: answered as partial success."""
    refused: Counter[str] = field(default_factory=Counter[str])
    """Requests answered with an error, by reason; a sender tries most of them again."""
    ignored: Counter[str] = field(default_factory=Counter[str])
    """Records that tell of no call and damaged values, by reason: taken, not booked, not answered."""

    seconds: Histogram = field(default_factory=Histogram)
    """From a request's arrival to its acknowledgement."""

    def add(self, spans: int, problems: Sequence[Problem], ignored: Mapping[str, int] | None = None) -> None:
        """One request whose spans are durable."""
        self.requests += 1
        self.spans += spans
        if problems:
            self.discarded.update([problem.reason for problem in problems])
        if ignored:
            self.ignored.update(ignored)

    def refuse(self, reason: str) -> None:
        """One request answered with an error."""
        self.requests += 1
        self.refused[reason] += 1

    def as_json(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "spans": self.spans,
            "discarded": dict(sorted(self.discarded.items())),
            "refused": dict(sorted(self.refused.items())),
            "ignored": dict(sorted(self.ignored.items())),
        }
