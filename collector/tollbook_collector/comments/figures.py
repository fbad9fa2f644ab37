"""Where the figures of a comment come from: the record on this machine, or a running collector."""

from collections.abc import Mapping
from typing import Any, Protocol

from tollbook.answer import day_text
from tollbook.problem import Problem
from tollbook.ticket import TicketRule, candidates, judge
from tollbook_collector.ask import Answers
from tollbook_collector.comments.cost import WorkCost, work_cost_of
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import PullFault
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import shaped
from tollbook_collector.work_cost import WorkQuestion

MOST_TICKETS = 10
"""Tickets of one pull request."""
PER_MINUTE = 600
"""Requests to a collector."""
WORK, KEYS = "/api/v1/work-cost", "/api/v1/project-keys"


class Figures(Protocol):
    """Answers for comments."""

    def cost(self, question: WorkQuestion) -> WorkCost:
        """What some work cost."""
        ...

    def project_keys(self) -> frozenset[str] | None:
        """The keys that count; `None`: there is no list."""
        ...


class LocalFigures:
    """From an open record."""

    def __init__(self, answers: Answers, keys: frozenset[str] | None) -> None:
        self._answers, self._keys = answers, keys

    def cost(self, question: WorkQuestion) -> WorkCost:
        """What some work cost."""
        return work_cost_of(self._answers.work_cost(question), "the record")

    def project_keys(self) -> frozenset[str] | None:
        """The keys of the settings, or of imported issues."""
        return self._keys


class ServedFigures:
    """From a running collector, with a credential that may ask it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def cost(self, question: WorkQuestion) -> WorkCost:
        """What some work cost."""
        asked = {"ticket": question.ticket, "repo": question.repo, "branch": question.branch}
        if question.start is not None:
            asked["from"] = day_text(question.start)
        query = [(name, text) for name, text in asked.items() if text is not None]
        return work_cost_of(self._client.get(WORK, query).document, WORK)

    def project_keys(self) -> frozenset[str] | None:
        """The keys that the collector gives out."""
        found = shaped(KEYS, self._client.get(KEYS).document).get("project_keys")
        return frozenset(map(str, found)) if isinstance(found, list) else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]


def bearer(key: Key | None) -> Mapping[str, str]:
    """How a request to a collector shows its token; a collector on the loopback may ask for none."""
    return {} if key is None else {"authorization": f"Bearer {key.reveal()}"}


def tickets_of(branch: str, title: str, keys: frozenset[str] | None) -> tuple[str, ...]:
    """The tickets that a pull request names in its branch, then in its title."""
    rule = TicketRule(project_keys=keys)
    found: dict[str, Any] = dict.fromkeys([*judge(candidates(branch), rule), *judge(candidates(title), rule)])
    return tuple(found)[:MOST_TICKETS]


def explained(fault: PullFault) -> Problem:
    """The problem of a fault, with what to do about a key for comments."""
    problem = fault.problem
    remedy = problem.remedy
    if problem.reason == "key_refused":
        remedy = "The key is wrong, revoked, or may not do this: docs/comments.md says what each one needs."
    elif problem.reason == "redirected":
        remedy = "If the API has moved, give its new address: --api-url, or --url for a collector."
    elif problem.reason == "request_refused":
        remedy = "Check the addresses and names on the command line; docs/comments.md has an example of each."
    elif not problem.permanent:
        remedy = "Run it again later: what is there already is looked for first, so that nothing is said twice."
    return Problem(
        reason=problem.reason, where=problem.where, detail=problem.detail, permanent=problem.permanent, remedy=remedy
    )
