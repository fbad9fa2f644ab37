"""What one pull request or ticket cost, beside how much of the money the figure speaks of.

Ratios divide a sum by a count, once; they are never averaged, and nothing is divided by zero. Two figures per pull
request are given together: the attributed one flatters, the loaded one carries abandoned work, what was never seen,
seats and shared cost.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from tollbook.money import split_even
from tollbook_collector.allocate.report import ratio
from tollbook_collector.allocate.result import Allocation, Piece
from tollbook_collector.allocate.rows import MEASURES, AllocationRow
from tollbook_collector.allocate.rules import Days
from tollbook_collector.outcomes.hierarchy import Outcomes
from tollbook_collector.outcomes.links import Links
from tollbook_collector.outcomes.records import Issue


class Where(StrEnum):
    """Where the money of a period went; together they are all of it."""

    MERGED = "merged"
    """Work of pull requests merged, in whatever period."""
    CLOSED_UNMERGED = "closed_unmerged"
    OPEN = "open"
    NO_PULL_REQUEST = "no_pull_request"
    UNTRACKED = "untracked"
    SEATS = "seats"
    SHARED = "shared"
    """What splits brought."""
    OTHER = "other"
    """Taxes, credits and adjustments that no work is behind."""


DIRECT = (Where.MERGED, Where.CLOSED_UNMERGED, Where.OPEN, Where.NO_PULL_REQUEST, Where.UNTRACKED)
"""What coverage is measured over: seats and shared cost are not anybody's pull request."""
PR_STATES = {"merged": Where.MERGED, "closed": Where.CLOSED_UNMERGED, "open": Where.OPEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitCost:
    """A sum over a count. `each_nano_usd` is `None` for a count of zero."""

    cost_nano_usd: int
    units: int
    scale: int = 1
    """What one unit counts as: 100 where units are hundredths."""

    @property
    def each_nano_usd(self) -> int | None:
        """Rounded half-even to the nano-dollar."""
        if self.units == 0:
            return None
        whole, rest = divmod(abs(self.cost_nano_usd) * self.scale, self.units)
        whole += rest * 2 > self.units or (rest * 2 == self.units and whole % 2 == 1)
        return -whole if self.cost_nano_usd < 0 else whole


@dataclass(frozen=True, slots=True, kw_only=True)
class PerPull:
    """The cost of a merged pull request, both ways, and where all the money went."""

    measure: str
    merged: int
    merged_with_cost: int
    attributed: UnitCost
    """Lifetime cost of the pull requests merged in the period, over those that have any."""
    loaded: UnitCost
    """All cost of the period, over the merged pull requests."""
    where: Mapping[Where, int]
    """Nano-dollars of the period; they sum to the loaded cost."""
    by_pull: Mapping[str, int]
    """Lifetime cost of each pull request merged in the period."""

    @property
    def coverage(self) -> str | None:
        """The share of the direct cost that is linked to a pull request."""
        base = sum(self.where[each] for each in DIRECT)
        return ratio(base - self.where[Where.NO_PULL_REQUEST] - self.where[Where.UNTRACKED], base)

    @property
    def waste(self) -> str | None:
        """The share of all cost that went into pull requests closed without a merge."""
        return ratio(self.where[Where.CLOSED_UNMERGED], self.loaded.cost_nano_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class PerTicket:
    """The cost of a ticket done in the period. Sub-tasks count in the ticket above them."""

    measure: str
    done: int
    done_with_cost: int
    lifetime: UnitCost
    """Lifetime cost of the tickets done in the period, over all of them."""
    incurred_nano_usd: int
    """What the period spent on any ticket."""
    total_nano_usd: int
    """All that the period spent."""
    per_point: UnitCost
    """Only tickets with points; units are points times 100."""
    without_points: int
    by_ticket: Mapping[str, int]

    @property
    def coverage(self) -> str | None:
        """The share of the period's cost that reached a ticket."""
        return ratio(self.incurred_nano_usd, self.total_nano_usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What is asked: a period, a measure, and, where wanted, one team."""

    days: Days
    measure: str
    team: str | None = None
    period: str | None = None
    """The month that `days` are of. Money is of the month whose bill it is on, whatever day the bill gives it."""

    def takes(self, row: AllocationRow) -> bool:
        """Whether a row's money is of the period."""
        if row.period is not None and self.period is not None:
            return row.period == self.period
        return self.days.holds(row.day)


def default_measure(allocation: Allocation) -> str:
    """effective where any bill has come, else list."""
    known = any(row.effective_nano_usd is not None for row in allocation.rows)
    return "effective" if known else "list"


def _pieces(allocation: Allocation, ask: Ask) -> list[tuple[Piece, AllocationRow, int]]:
    """The pieces of the team with their rows and money, of every day."""
    measure, at = MEASURES.index(ask.measure), allocation.dimensions.index("team")
    return [
        (piece, allocation.rows[piece.row], piece.amounts[measure] or 0)
        for piece in allocation.pieces
        if ask.team is None or piece.places[at].value == ask.team
    ]


def per_pull(allocation: Allocation, outcomes: Outcomes, ask: Ask) -> PerPull:
    """Cost per merged pull request. The rows are all of history: a pull request's cost is that of its lifetime."""
    links = Links(outcomes)
    ticket_at = allocation.dimensions.index("ticket")
    where = dict.fromkeys(Where, 0)
    merged = {
        pull.name: 0
        for pull in outcomes.pulls
        if pull.state == "merged" and pull.closed_day is not None and ask.days.holds(pull.closed_day)
    }
    linked: set[str] = set()
    for piece, row, money in _pieces(allocation, ask):
        inside = ask.takes(row)
        place = _apart(piece, row)
        pulls = () if place is not None else links.of(row.day, row.repo, row.branch, piece.places[ticket_at].value)
        if inside and not pulls:
            where[place or Where.NO_PULL_REQUEST] += money
        if not pulls:
            continue
        states = {pull.name: PR_STATES[pull.state] for pull in pulls}
        for name, part in split_even(money, tuple(states)).items():
            if inside:
                where[states[name]] += part
            if name in merged and money:
                merged[name] += part
                linked.add(name)
    return PerPull(
        measure=ask.measure,
        merged=len(merged),
        merged_with_cost=len(linked),
        attributed=UnitCost(cost_nano_usd=sum(merged.values()), units=len(linked)),
        loaded=UnitCost(cost_nano_usd=sum(where.values()), units=len(merged)),
        where=where,
        by_pull=merged,
    )


def _apart(piece: Piece, row: AllocationRow) -> Where | None:
    """Where money goes that no work can be linked to; `None` for ordinary work."""
    if piece.path:
        return Where.SHARED
    if row.kind == "purchase":
        return Where.SEATS
    if row.untracked:
        return Where.UNTRACKED
    # A discount that reconciliation has spread over the work it is for goes where the work goes.
    return None if row.kind == "usage" or row.repo or row.ticket else Where.OTHER


def per_ticket(allocation: Allocation, outcomes: Outcomes, ask: Ask) -> PerTicket:
    """Cost per ticket done in the period. The rows are all of history."""
    ticket_at = allocation.dimensions.index("ticket")
    done = {issue.key: issue for issue in outcomes.issues.values() if issue.level == 0 and _done_in(issue, ask.days)}
    costs = dict.fromkeys(sorted(done), 0)
    touched: set[str] = set()
    incurred = total = 0
    for piece, row, money in _pieces(allocation, ask):
        ticket = piece.places[ticket_at].value
        if ask.takes(row):
            total += money
            incurred += money if ticket is not None else 0
        if ticket is None:
            continue
        story = next((each for each in outcomes.chain(ticket, row.day) if each.level == 0), None)
        key = outcomes.current_key(story.key if story is not None else ticket)
        if key in costs and money:
            costs[key] += money
            touched.add(key)
    pointed = {key: issue.points for key, issue in done.items() if issue.points}
    return PerTicket(
        measure=ask.measure,
        done=len(done),
        done_with_cost=len(touched),
        lifetime=UnitCost(cost_nano_usd=sum(costs.values()), units=len(done)),
        incurred_nano_usd=incurred,
        total_nano_usd=total,
        per_point=UnitCost(
            cost_nano_usd=sum(costs[key] for key in pointed),
            units=sum(pointed.values()),
            scale=100,
        ),
        without_points=len(done) - len(pointed),
        by_ticket=costs,
    )


def _done_in(issue: Issue, days: Days) -> bool:
    return issue.status == "done" and issue.done_day is not None and days.holds(issue.done_day)
