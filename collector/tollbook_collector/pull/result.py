"""What a pull did: by source and report, for the command's answer."""

from dataclasses import dataclass, field
from typing import Any

from tollbook.answer import day_text
from tollbook.problem import Problem
from tollbook_collector.bills.admit import Admission
from tollbook_collector.pull.spans import Span


@dataclass(slots=True, kw_only=True)
class Pulled:
    """One report of one source. Filled while it is pulled."""

    source: str
    report: str
    asked: Span | None = None
    until: int | None = None
    """The watermark afterwards."""
    admissions: list[Admission] = field(default_factory=list[Admission])
    requests: int = 0
    retries: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])

    @property
    def taken(self) -> list[Admission]:
        """The documents that are new, or replace another."""
        return [one for one in self.admissions if one.taken]

    def as_json(self) -> dict[str, Any]:
        """The documented row of `bills pull --json`."""
        empty = self.asked is None or self.asked.first_day >= self.asked.end_day
        return {
            "source": self.source,
            "report": self.report,
            "from": None if empty or self.asked is None else day_text(self.asked.first_day),
            "to": None if empty or self.asked is None else day_text(self.asked.end_day),
            "until": None if self.until is None else day_text(self.until),
            "requests": self.requests,
            "retries": self.retries,
            "documents": len(self.admissions),
            "taken": len(self.taken),
            "lines": sum(one.document.records for one in self.taken),
            "problems": [
                {"reason": one.reason, "where": one.where, "detail": one.detail, "remedy": one.remedy}
                for one in self.problems
            ],
        }
