"""Answers for whoever asks: as far as their role goes, with people named as they may be shown."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from tollbook.answer import iso_time
from tollbook.prices import default_book
from tollbook.problem import Problem
from tollbook.ticket_months import ticket_months
from tollbook_collector.ask import Answers, CallsQuestion, Receivers, SpendQuestion
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.records import Entry, Event
from tollbook_collector.auth.scoped import ScopedReader
from tollbook_collector.auth.table import WITHHELD, Name, Row, of_spend, of_ticket, renamed
from tollbook_collector.auth.view import View
from tollbook_collector.bills.models import model_keys
from tollbook_collector.finance import calls_of
from tollbook_collector.finance_desk import FinanceDesk
from tollbook_collector.memory import Memory
from tollbook_collector.ops.devices import device_lines, incomplete_people
from tollbook_collector.store.finance.tickets import PostedTickets
from tollbook_collector.store.reader.reader import Reader
from tollbook_collector.store.record.errors import EngineError, RecordError
from tollbook_collector.store.record.sqlite import Record
from tollbook_collector.vendor_table import CUT, SEEN_BY, seen_tokens, vendor_table
from tollbook_collector.work_cost import WorkQuestion, with_bills

_models = cache(lambda: model_keys(default_book()))
MAX_AUDIT = 1_000
"""Lines of the audit log in one answer."""

type Shown = Callable[[str], str]


class PersonalAnswers(Answers):
    """Answers for one principal."""

    def __init__(
        self, record: Record, principal: Principal, view: View, directory: Directory, *, price_book: str,
        reader: Reader, receivers: Receivers | None = None, home: Path | None = None,
        posted: PostedTickets | None = None, memory: Memory | None = None,
    ) -> None:  # fmt: skip
        """`memory` is one that every answer of this collector shares; without one nothing is remembered."""
        super().__init__(
            ScopedReader(record, view, self._references),
            price_book=price_book,
            sums=lambda question: reader.spend(question, view.sums),
            # What all senders of a server sent together is nothing that one tenant may see.
            receivers=receivers if principal.kind is None else None,
        )
        self._reader = reader
        self._pages = record
        self._home = home
        self._posted = posted
        self._principal = principal
        self._view = view
        self._directory = directory
        self._memory = memory
        self.may_be_old = False
        """Whether tables that take long may be a little old (`memory.OLDEST_NS`), while newer ones are worked out."""
        self.as_of: int | None = None
        """The moment (UTC nanoseconds) up to which everything is in all tables told so far."""

    def ticket(self, key: str) -> dict[str, Any]:
        """What a ticket cost, of the calls that are seen."""
        answer = super().ticket(key)
        lacking = self._lacking()
        calls = sum(row["calls"] for row in answer["by"]["engineer"] if row["key"] in lacking)
        if calls:
            answer["flags"].append({"flag": "device_incomplete", "calls": calls})
        answer["by"]["engineer"] = self._people(answer["by"]["engineer"], of_ticket, f"ticket {key[:40]}")
        if self._view.part:
            answer["flags"].append({"flag": self._view.part, "calls": answer["calls"]})
        if self._posted is not None:
            posted = self._posted.of(self._principal.tenant, answer["ticket"], self._view.sums)
            answer |= ticket_months(answer["by"]["day"], *posted)
        return answer

    def spend(self, question: SpendQuestion) -> dict[str, Any]:
        """The spend table, of the calls that are seen."""
        answer = self._remembered(question)
        answer["flags"] += self._missing(question)
        if self._view.part:
            answer["flags"].append({"flag": self._view.part, "calls": answer["total"]["calls"]})
        if "engineer" in question.by:
            answer["rows"] = self._people(answer["rows"], of_spend(question.by.index("engineer")), "spend")
        self._add_vendor(question, answer)
        return answer

    def spend_by_team(self, question: SpendQuestion, teams: Mapping[str, str], other: str) -> dict[str, Any]:
        """The spend table with each engineer's team in the engineer's place: names nobody. `teams` has the names by
        which facts know people; who is in none of them is in `other`."""
        answer = self._remembered(question)
        name = of_spend(question.by.index("engineer"))
        answer["rows"] = renamed(answer["rows"], name, lambda one: teams.get(one, other))
        return answer

    def _remembered(self, question: SpendQuestion) -> dict[str, Any]:
        """The table with engineers as facts name them, for the caller to change: its flags, and rows that name
        engineers."""
        if self._memory is None:
            return super().spend(question)
        counts = self._record.counts()
        change = tuple(counts[name] for name in ("calls", "claims", "aliases", "last_booked_at", "price_book"))
        key = self._principal.tenant, self._view.sums, question
        ask = super().spend
        now_ns = self._directory.now_ns
        found, age_ns = self._memory.told(key, change, lambda: ask(question), may_be_old=self.may_be_old)
        self.as_of = now_ns - age_ns if self.as_of is None else min(self.as_of, now_ns - age_ns)
        own: dict[str, Any] = {"flags": list(found["flags"])}
        if "engineer" in question.by:
            own["rows"] = [row | {"key": list(row["key"]), "usage": dict(row["usage"])} for row in found["rows"]]
        return found | own

    def _add_vendor(self, question: SpendQuestion, answer: dict[str, Any]) -> None:
        """What only vendors' usage reports know of the same days and the same people. It is in no sum."""
        span, allowed, tenant = question.span, self._view.sums, self._principal.tenant
        try:
            every = () if self._posted is None else self._posted.vendor_rows(tenant)
        except (
            RecordError,
            EngineError,
        ):  # the bills' file is another one than the calls': these are known all the same
            answer["flags"].append({"flag": "vendor_rows_unavailable", "calls": 0})
            return
        rows = [
            row
            for row in every
            if (span.start is None or row.key.day >= span.start) and (span.end is None or row.key.day < span.end)
            if allowed is None or (row.key.owner is not None and self._references(row.key.owner) & allowed)
        ]
        if not rows:
            return
        people = {row.key.owner for row in rows if row.key.owner is not None}
        named = "engineer" in question.by and self._view.names and len(people) >= self._view.smallest_group
        if named:
            self._note(map(self._known_as, people), "spend")
        hidden = WITHHELD if "engineer" in question.by else None
        seen = self._reader.spend(SpendQuestion(by=SEEN_BY, span=span), allowed)
        answer["vendor"], left_out = vendor_table(
            rows,
            seen_tokens(seen, self._known_as, _models()),
            by_day="day" in question.by,
            person=self._known_as,
            model=_models(),
            shown=lambda owner: self._shown_owner(owner) if named and owner else hidden if owner else None,
        )
        if left_out:
            answer["flags"].append({"flag": CUT, "calls": left_out})

    def _known_as(self, engineer: str | None) -> str | None:
        """One name for a person, whom reports know by address and facts by reference or address."""
        if engineer is None:
            return None
        person = self._directory.person_of(self._principal.tenant, engineer.lower())
        return engineer.lower() if person is None else person.reference

    def _shown_owner(self, owner: str) -> str:
        return self._directory.shown(self._principal.tenant, self._known_as(owner) or owner)

    def work_cost(self, question: WorkQuestion) -> dict[str, Any]:
        """What some work cost, of the calls that are seen. Bills are of everybody: who sees a part sees none."""
        answer = super().work_cost(question)
        if self._view.part:
            answer["flags"].append({"flag": self._view.part, "calls": answer["calls"]})
        posted, tenant = self._posted, self._principal.tenant
        if posted is None or self._view.sums is not None:
            return answer
        return with_bills(answer, lambda months: posted.of_work(tenant, question, months))

    def calls(self, question: CallsQuestion) -> dict[str, Any]:
        """A page of calls."""
        answer = super().calls(question)
        self._note({call["engineer"] for call in answer["calls"]}, "calls")
        for call in answer["calls"]:
            self._show(call)
        return answer

    def call(self, call_id: str) -> dict[str, Any] | Problem:
        """One call."""
        answer = super().call(call_id)
        if not isinstance(answer, Problem):
            self._note({answer["engineer"]}, "call")
            self._show(answer)
        return answer

    def finance(self) -> FinanceDesk | Problem:
        """The bills and the ledger of the tenant."""
        if self._home is None:
            return super().finance()
        access, tenant, directory = self._directory.access, self._principal.tenant, self._directory

        def note(action: str, detail: str) -> None:
            event = Event(actor=self._principal.credential or "operator", action=action, object="books", detail=detail)
            access.note(tenant, event, directory.now_ns)

        def shown(person: str) -> str:
            return directory.shown(tenant, person)

        names = shown if self._view.names else None
        return FinanceDesk(self._home, tenant, calls_of(self._pages), names=names, note=note)

    def devices(self) -> dict[str, Any]:
        """The devices of the people that are seen, and what is not known because of them."""
        access, tenant = self._directory.access, self._principal.tenant
        now_ns, allowed = self._directory.now_ns, self._view.sums
        seen = [one for one in access.devices(tenant) if allowed is None or one.beat.person in allowed]
        known = [one for one in access.credentials(tenant) if allowed is None or one.person in allowed]
        shown = self._view.names and self._view.smallest_group <= 1

        def name(person: str) -> str:
            return self._directory.shown(tenant, person) if shown else WITHHELD

        return {"devices": device_lines(seen, known, now_ns, name)}

    def _missing(self, question: SpendQuestion) -> list[dict[str, Any]]:
        """The flag of a table with calls of people whose devices have not told everything."""
        lacking, allowed = self._lacking(), self._view.sums
        if lacking and allowed is not None:
            lacking &= allowed
        if not lacking:
            return []
        theirs = self._reader.spend(SpendQuestion(by=("channel",), span=question.span), lacking)["total"]["calls"]
        return [{"flag": "device_incomplete", "calls": theirs}] if theirs else []

    def _lacking(self) -> frozenset[str]:
        """Engineers whose figures lack something, as facts name them."""
        return incomplete_people(self._directory.access.devices(self._principal.tenant), self._directory.now_ns)

    def audit(self, after: int) -> dict[str, Any] | Problem:
        """The audit log after an entry, and whether all of it is as it was written."""
        access, tenant = self._directory.access, self._principal.tenant
        found = access.entries(tenant, after, MAX_AUDIT + 1)
        page = found[:MAX_AUDIT]
        return {
            "entries": [audit_line(entry, lambda one: self._directory.shown(tenant, one)) for entry in page],
            "next": page[-1].sequence if len(found) > MAX_AUDIT else None,
            "faults": access.audit_faults(tenant),
        }

    def _references(self, email: str) -> frozenset[str]:
        """An engineer as facts may name them: by reference, or by address from before there were references."""
        person = self._directory.person_of(self._principal.tenant, email.strip().lower())
        return frozenset({email} if person is None else {email, person.reference})

    def _show(self, call: dict[str, Any]) -> None:
        if call["engineer"] is not None:
            call["engineer"] = self._directory.shown(self._principal.tenant, call["engineer"])

    def _people(self, rows: list[Row], name: Name, detail: str) -> list[Row]:
        """A table by engineer with the names that may be shown, rows of one name summed up."""
        people = {engineer for row in rows if (engineer := name(row, None)) is not None}
        shown = self._view.names and len(people) >= self._view.smallest_group
        if shown:
            self._note(people, detail)
        tenant = self._principal.tenant
        return renamed(rows, name, lambda one: self._directory.shown(tenant, one) if shown else WITHHELD)

    def _note(self, people: Iterable[str | None], detail: str) -> None:
        """Write down that somebody was looked at."""
        seen = sorted({one for one in people if one} - {self._principal.person, self._principal.email})
        if not seen or not self._view.noted:
            return
        tenant = self._principal.tenant
        # An address from before there were references becomes one here: the log must not have to be changed.
        named = seen[0] if "@" not in seen[0] else self._directory.reference(tenant, seen[0].lower())
        event = Event(
            actor=self._principal.credential or "operator",
            action="person_lookup",
            object=named if len(seen) == 1 else f"{len(seen)} people",
            detail=detail,
        )
        self._directory.access.note(tenant, event, self._directory.now_ns)


def audit_line(entry: Entry, shown: Shown) -> dict[str, Any]:
    """An entry of the audit log as JSON; references are shown as people are."""
    event = entry.event
    return {
        "sequence": entry.sequence,
        "at": iso_time(entry.at),
        "actor": event.actor,
        "action": event.action,
        "object": shown(event.object),
        "detail": event.detail,
        "chain": entry.chain,
    }
