"""What a sender is told of the records that can never be accepted."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from tollbook.problem import Problem


class Rejection(NamedTuple):
    """The partial success of an answer; the same for gRPC and HTTP."""

    records: int
    message: str


def rejection(problems: Sequence[Problem]) -> Rejection | None:
    """How many records were discarded, and why; `None` where there are none."""
    if not problems:
        return None
    reasons = Counter(problem.reason for problem in problems)
    counted = ", ".join(f"{reason} {count}" for reason, count in reasons.most_common())
    first = problems[0]
    return Rejection(len(problems), f"discarded for ever: {counted}. First: {first.reason}. {first.remedy}".rstrip())
