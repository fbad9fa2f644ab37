"""Which pull requests a piece of work belongs to: by its branch, else by its ticket.

Work is linked to a pull request that was open or not yet closed for more than two days: a branch name may be used
again. Work that fits several is split over them evenly, so that no dollar is counted twice.
"""

from collections.abc import Iterable

from tollbook_collector.outcomes.hierarchy import Outcomes
from tollbook_collector.outcomes.records import Pull

DAYS_AFTER_CLOSE = 2
"""Work may go on this long after its pull request was closed; Anthropic's own attribution uses two days too."""


class Links:
    """Finds pull requests by branch and by ticket."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._by_branch: dict[tuple[str, str], list[Pull]] = {}
        self._by_ticket: dict[str, list[Pull]] = {}
        for pull in outcomes.pulls:
            self._by_branch.setdefault((pull.repo, pull.branch), []).append(pull)
            for ticket in outcomes.tickets_of(pull):
                self._by_ticket.setdefault(ticket, []).append(pull)

    def of(self, day: int, repo: str | None, branch: str | None, ticket: str | None) -> tuple[Pull, ...]:
        """The pull requests of some work, by the strongest evidence there is; none is an answer."""
        if repo is not None and branch is not None:
            found = _alive(self._by_branch.get((repo, branch), ()), day)
            if found:
                return found
        if ticket is None:
            return ()
        pulls = self._by_ticket.get(self._outcomes.current_key(ticket), ())
        return _alive((pull for pull in pulls if repo is None or pull.repo == repo), day)


def _alive(pulls: Iterable[Pull], day: int) -> tuple[Pull, ...]:
    return tuple(pull for pull in pulls if pull.closed_day is None or day <= pull.closed_day + DAYS_AFTER_CLOSE)
