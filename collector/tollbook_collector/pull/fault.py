"""Why a pull cannot go on: raised by clients, turned into a Problem where the channels are driven."""

from typing import NoReturn

from tollbook.problem import Problem


class PullFault(Exception):
    """Nothing of the span was taken. The Problem never holds a key, a header or a provider's own words."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


class Restart(Exception):
    """The answer changed while its pages were read: the span is asked for again."""


def give_up(reason: str, where: str, detail: str, remedy: str, *, permanent: bool = True) -> NoReturn:
    """End the pull of a report."""
    raise PullFault(Problem(reason=reason, where=where, detail=detail, remedy=remedy, permanent=permanent))
