"""What one read could not use, counted by reason: a damaged file gives a handful of Problems, not thousands."""

from tollbook.problem import Problem
from tollbook_agent.capture.anthropic_usage import Fault

MAX_KINDS = 64
"""Different (reason, detail) pairs kept in one read; further ones are counted as `other_problems`."""

INFORMATIVE: frozenset[str] = frozenset(
    {
        "synthetic_error",
        "cost_state_seen",
        "web_search_outside_log",
        "record_type_unknown",
        "version_unknown",
        "foreign_record",
    }
)
"""Reasons that tell what a transcript does not hold, not that something in it could not be read.

`synthetic_error`: a message the client wrote itself, mostly that an API request failed; no call. `cost_state_seen`: the
client's own sums of a session, side calls included. `web_search_outside_log`: searches of the WebSearch tool, which
runs them in calls of its own.
"""
REMEDY: dict[str, str] = {
    "record_type_unknown": "A newer Claude Code? Update Tollbook; usage in records of this type is not read.",
    "line_not_json": "A line was torn when it was written; the records in it that are whole were read.",
    "no_timestamp": "The time of an earlier line, or of the file, was used.",
    "unknown_iteration": "A newer Claude Code? Update Tollbook; tokens of this kind are not counted.",
    "web_search_outside_log": "Only network capture or Claude Code's OpenTelemetry has the tokens of these searches.",
}


class Tally:
    """Counts occurrences; `problems()` makes one Problem of each kind, in the order they first occurred."""

    def __init__(self, name: str) -> None:
        self._where = f"claude-code {name}"
        self._counts: dict[Fault, int] = {}

    def add(self, fault: Fault, count: int = 1) -> None:
        """Count occurrences. A detail is the name of a field or a type, never content."""
        if fault not in self._counts and len(self._counts) >= MAX_KINDS:
            fault = Fault("other_problems", "")
        self._counts[fault] = self._counts.get(fault, 0) + count

    def problems(self) -> list[Problem]:
        """One Problem a kind; its detail ends in the number of occurrences."""
        return [
            Problem(
                reason=fault.reason,
                where=self._where,
                detail=f"{fault.detail} x{count}".strip(),
                remedy=REMEDY.get(fault.reason, ""),
            )
            for fault, count in self._counts.items()
        ]
