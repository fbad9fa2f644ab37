"""The service of a running collector: who may send, ask and enrol, over one record file."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tollbook.problem import Problem
from tollbook_collector.ask import Answers, Receivers
from tollbook_collector.auth import enrolment
from tollbook_collector.auth.desk import PersonalAnswers
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.principal import DEFAULT_TENANT, Principal
from tollbook_collector.auth.tenants import Tenants
from tollbook_collector.auth.view import Policy, View, view_of
from tollbook_collector.memory import Memory
from tollbook_collector.outcomes.served_keys import ServedKeys
from tollbook_collector.store.finance.tickets import PostedTickets


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """All that the API needs to answer whoever asks. For any thread."""

    directory: Directory
    tenants: Tenants
    pepper: bytes
    policy: Policy
    price_book: str
    home: Path | None = None
    """Where the books are; without one, nobody sees any."""
    posted: PostedTickets | None = None
    """What bills say of tickets."""
    receivers: Receivers | None = None
    keys: ServedKeys | None = None
    ports: dict[str, int]
    """Where the receivers listen: a device that enrols is told."""
    memory: Memory = field(default_factory=Memory)
    """Of sums, for whoever asks for the same."""

    def answers(self, header: str | None, operation: str) -> Answers | Problem:
        """Answers for the sender of an `authorization` header, or why there are none.

        Raises:
            Retryable, sqlite3.Error: it cannot be judged now.
        """
        seen = self.seen(header, operation)
        return seen if isinstance(seen, Problem) else self.answers_of(*seen)

    def seen(self, header: str | None, operation: str) -> tuple[Principal, View] | Problem:
        """Who the sender of an `authorization` header is and what they see of an operation, or why nothing.

        Raises:
            Retryable, sqlite3.Error: it cannot be judged now.
        """
        principal = self.directory.who(header)
        if isinstance(principal, Problem):
            return principal
        people = self.directory.access.people(principal.tenant) if principal.teams else ()
        view = view_of(principal, operation, people, self.policy)
        return view if isinstance(view, Problem) else (principal, view)

    def answers_of(self, principal: Principal, view: View) -> PersonalAnswers:
        """Answers for somebody who was judged."""
        tenant, tenants = principal.tenant, self.tenants
        answers = PersonalAnswers(
            tenants.record(tenant),
            principal,
            view,
            self.directory,
            price_book=self.price_book,
            reader=tenants.reader(tenant),
            receivers=self.receivers,
            home=self.home,
            posted=self.posted,
            memory=self.memory,
        )
        if self.keys is not None:
            answers.keys = self.keys.answer if principal.tenant == DEFAULT_TENANT else self.keys.configured
        return answers

    def enrol(self, header: str | None, asked: dict[str, Any]) -> dict[str, Any] | Problem:
        """See `enrolment.enrol`."""
        found = enrolment.enrol(self.directory, self.pepper, header, asked)
        return found if isinstance(found, Problem) else found | {"ports": self.ports}

    def renew(self, header: str | None, asked: dict[str, Any]) -> dict[str, Any] | Problem:
        """See `enrolment.renew`."""
        found = enrolment.renew(self.directory, self.pepper, header)
        return found if isinstance(found, Problem) else found | {"ports": self.ports}
