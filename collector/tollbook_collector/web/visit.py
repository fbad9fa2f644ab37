"""Visit: somebody looks at a page. Who that is, what they may ask, and the answers they get."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from tollbook.answer import iso_time
from tollbook.problem import Problem
from tollbook_collector.api.errors import NOT_READY
from tollbook_collector.ask import Answers, Span, SpendQuestion
from tollbook_collector.auth.desk import PersonalAnswers
from tollbook_collector.auth.principal import NOBODY, Principal
from tollbook_collector.auth.table import of_spend, renamed
from tollbook_collector.auth.view import EVERYTHING, View
from tollbook_collector.month_books import Books
from tollbook_collector.web import words
from tollbook_collector.web.months import PATIENCE_SECONDS

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

NO_TEAM = "no team"
SMALL_TEAMS = "small teams"
"""Teams of so few that a sum would be somebody's own, where single people may not be shown."""


class Refused(Exception):
    """The page cannot be shown; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.reason)
        self.problem = problem


def unknown(what: str, remedy: str) -> Refused:
    """There is no such thing, as far as this visitor sees."""
    return Refused(Problem(reason="page_unknown", where="", detail=what, remedy=remedy))


def wrong(where: str, detail: str, remedy: str) -> Refused:
    """A parameter that says nothing."""
    return Refused(Problem(reason="parameter_wrong", where=where, detail=detail, remedy=remedy))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request, judged anew for everything it asks."""

    site: "Site"
    path: str
    query: Mapping[str, str]
    session: str = ""
    """What the cookie holds, while the session lasts."""
    header: str | None = None
    """The `authorization` that speaks for it."""
    judged: dict[str, tuple[Principal, View]] = field(default_factory=dict[str, tuple[Principal, View]])
    may_be_old: bool = True
    """Whether tables that take long to work out may be a little old."""
    told: list[int] = field(default_factory=list[int])
    """Of each answer that may be a little old: the moment (UTC nanoseconds) up to which everything is in it."""

    def seen(self, operation: str) -> tuple[Principal, View]:
        """Who looks, and what they see of an operation.

        Raises:
            Refused: nothing.
            Retryable, sqlite3.Error: it cannot be judged now.
        """
        service = self.site.gate.service
        if self.site.gate.answers is None:
            raise Refused(NOT_READY)
        if service is None:
            return NOBODY, EVERYTHING
        found = self.judged.get(operation) or service.seen(self.header, operation)
        if isinstance(found, Problem):
            raise Refused(found)
        self.judged[operation] = found
        return found

    def may(self, operation: str) -> bool:
        """Whether this visitor may ask for it."""
        try:
            self.seen(operation)
        except Refused:
            return False
        return True

    def answers(self, operation: str) -> Answers:
        """The answers this visitor gets to an operation.

        Raises:
            Refused, Retryable, sqlite3.Error: as `seen`.
        """
        seen = self.seen(operation)
        service, answers = self.site.gate.service, self.site.gate.answers
        if service is None:
            assert answers is not None
            return answers
        found = service.answers_of(*seen)
        found.may_be_old = self.may_be_old
        return found

    def spend(self, by: tuple[str, ...], span: Span) -> dict[str, Any]:
        """The spend table; it must not be changed."""
        answers = self.answers("spend")
        return self._noted(answers, answers.spend(SpendQuestion(by=by, span=span)))

    def spend_by_team(self, by: tuple[str, ...], span: Span) -> dict[str, Any]:
        """The spend table with teams where `by` says engineer."""
        answers = self.answers("spend")
        question = SpendQuestion(by=by, span=span)
        if not isinstance(answers, PersonalAnswers):  # without a directory nobody knows of teams
            answer = answers.spend(question)
            rows = renamed(answer["rows"], of_spend(by.index("engineer")), lambda _: NO_TEAM)
            return answer | {"rows": rows}
        return self._noted(answers, answers.spend_by_team(question, self._teams(), NO_TEAM))

    def _noted(self, answers: Answers, answer: dict[str, Any]) -> dict[str, Any]:
        """The answer, its age noted."""
        if isinstance(answers, PersonalAnswers) and answers.as_of is not None:
            self.told.append(answers.as_of)
        return answer

    @property
    def as_of(self) -> str:
        """The moment up to which everything is in every figure of the page, such as 2026-10-31T12:03:05.000Z; empty
        where no figure can be old."""
        return iso_time(min(self.told)) if self.told else ""

    def _teams(self) -> dict[str, str]:
        """Team of each name by which facts know a person."""
        service = self.site.gate.service
        assert service is not None
        principal, view = self.seen("spend")
        people = service.directory.access.people(principal.tenant)
        sizes: dict[str, int] = {}
        for person in people:
            sizes[person.team or ""] = sizes.get(person.team or "", 0) + 1
        hides = not view.names and view.sums is None
        least = service.policy.smallest_group if hides else 1
        return {
            name: person.team if sizes[person.team] >= least else SMALL_TEAMS
            for person in people
            if person.team
            for name in (person.reference, person.email)
            if name
        }

    def with_query(self, query: Mapping[str, str]) -> "Visit":
        """The same visitor, asking with other parameters."""
        return replace(self, query=query)

    def link(self, **query: str | None) -> str:
        """This page's address with other parameters beside its own."""
        parts = self.path.strip("/").split("/") if self.path != "/" else []
        kept = {name: text for name, text in self.query.items() if name not in ("table", "as")}
        return words.address(*parts, **{**kept, **query})

    def person(self, reference: str) -> str:
        """How an engineer of a fact is shown."""
        service = self.site.gate.service
        if service is None:
            return reference
        principal, _ = self.seen("spend")
        return service.directory.shown(principal.tenant, reference)

    @property
    def whole(self) -> bool:
        """Whether this visitor sees the calls of everybody, so that figures of whole bills may stand beside them."""
        if not self.may("spend"):
            return False
        _, view = self.seen("spend")
        return view.sums is None and self.site.months.are_kept

    def any_bills(self) -> bool:
        """Whether any bill of this visitor's organisation was imported."""
        principal, _ = self.seen("reconciliation")
        return self.site.months.any_bills(principal.tenant)

    def books(self, period: str, patience: float = PATIENCE_SECONDS) -> Books | Problem | None:
        """A month of this visitor's organisation, or why there is none; `None` while it is being worked out."""
        principal, _ = self.seen("reconciliation")
        told = self.site.months.books(principal.tenant, period, patience)
        if told is None:
            return None
        self.told.append(told.as_of)
        return told.books
