"""What one read could not use, counted by reason: a damaged file gives a handful of Problems, not thousands."""

from tollbook.problem import Problem

MAX_KINDS = 64
"""Different (reason, detail) pairs kept in one read; further ones are counted as `other_problems`."""

INFORMATIVE: frozenset[str] = frozenset({"inherited_row", "usage_unknown"})
"""Reasons that tell what a rollout does not hold, not that something in it could not be read."""
REMEDY: dict[str, str] = {
    "record_type_unknown": "A newer Codex? Update Tollbook; usage in records of this type is not read.",
    "line_not_json": "A line was torn when it was written; the running totals of later lines usually make up for it.",
    "time_missing": "The time of a neighbouring line, or of the file, was used.",
}


class Tally:
    """Counts occurrences; `problems()` makes one Problem of each kind, in the order they first occurred."""

    def __init__(self, name: str) -> None:
        self._where = f"codex {name}"
        self._counts: dict[tuple[str, str], int] = {}

    def add(self, reason: str, detail: str = "") -> None:
        """Count one occurrence. `detail` is a type name, never content."""
        kind = (reason, detail)
        if kind not in self._counts and len(self._counts) >= MAX_KINDS:
            kind = ("other_problems", "")
        self._counts[kind] = self._counts.get(kind, 0) + 1

    def problems(self) -> list[Problem]:
        """One Problem a kind; its detail ends in the number of occurrences."""
        return [
            Problem(
                reason=reason,
                where=self._where,
                detail=f"{detail} x{count}".strip(),
                remedy=REMEDY.get(reason, ""),
            )
            for (reason, detail), count in self._counts.items()
        ]
