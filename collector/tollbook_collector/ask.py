"""Questions as records, and their answers from the store: one code for the API and the commands.

A question is read from texts (a query string, a command line) once, here; what is wrong with it is a Problem. Answers
are the documented JSON.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Protocol

from tollbook import answer
from tollbook.booked import Booked
from tollbook.problem import Problem
from tollbook.ticket import candidates
from tollbook_collector.nearest import suggestion
from tollbook_collector.work_cost import BRANCH_BY, WorkQuestion, of_branch, of_ticket

if TYPE_CHECKING:
    from tollbook_collector.finance_desk import FinanceDesk

MAX_CALLS = 1_000
"""Calls of one page."""
DEFAULT_CALLS = 100
MAX_KEYS = 4
"""Dimensions of one table."""
MAX_TEXT = 1_000
"""Characters of one parameter."""
_CALL_ID = re.compile(r"[0-9a-f]{32}")
CALL_FILTERS: tuple[str, ...] = ("ticket", "engineer", "repo", "session", "model", "tool")


class Reader(Protocol):
    """What questions need of the record."""

    def calls_of_ticket(self, key: str) -> list[Booked]: ...
    def rows(self, start_day: int | None, end_day: int | None) -> Iterator[Booked]: ...
    def documents(
        self, *, limit: int, before: str | None, start: int | None, end: int | None, **filters: str
    ) -> list[dict[str, Any]]: ...
    def document(self, call_id: str) -> dict[str, Any] | None: ...
    def counts(self) -> dict[str, Any]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """UTC days since 1970-01-01: `start` inclusive, `end` exclusive, `None` for all there is."""

    start: int | None = None
    end: int | None = None


ALWAYS = Span()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendQuestion:
    """What was spent in a span of days, by some dimensions."""

    by: tuple[str, ...]
    span: Span = ALWAYS


Sums = Callable[[SpendQuestion], dict[str, Any]]
"""The spend table of a question, from an engine that sums without reading call by call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallsQuestion:
    """Which calls there were, newest first."""

    limit: int = DEFAULT_CALLS
    before: str | None = None
    """The cursor of an earlier page."""
    span: Span = ALWAYS
    filters: Mapping[str, str]


def spend_question(by: str, start: str | None, end: str | None) -> SpendQuestion | Problem:
    """The question of `--by KEY[,KEY] --from DATE --to DATE`."""
    names = tuple(name.strip() for name in by.split(","))
    for name in names:
        if name not in answer.DIMENSIONS:
            return _wrong("by", f"{name[:40]!r} is no dimension", suggestion(name, answer.DIMENSIONS))
    if len(set(names)) < len(names) or len(names) > MAX_KEYS:
        return _wrong("by", f"{by[:80]!r} names a dimension twice, or more than {MAX_KEYS}", "Name each once.")
    span = _span(start, end)
    return span if isinstance(span, Problem) else SpendQuestion(by=names, span=span)


def calls_question(texts: Mapping[str, str]) -> CallsQuestion | Problem:
    """The question of the parameters limit, cursor, from, to and `CALL_FILTERS`, all optional."""
    limit = texts.get("limit", str(DEFAULT_CALLS))
    if not (limit.isascii() and limit.isdigit() and 1 <= int(limit[:9]) <= MAX_CALLS):
        return _wrong("limit", f"{limit[:40]!r} is not a number of 1 to {MAX_CALLS}", f"limit={DEFAULT_CALLS}")
    span = _span(texts.get("from"), texts.get("to"))
    if isinstance(span, Problem):
        return span
    cursor = texts.get("cursor")
    if cursor is not None and not _CALL_ID.fullmatch(cursor):
        return _wrong("cursor", "it is no cursor", "Take `next` of the page before.")
    filters = {name: texts[name] for name in CALL_FILTERS if name in texts}
    if "ticket" in filters:
        filters["ticket"] = ticket_key(filters["ticket"])
    return CallsQuestion(limit=int(limit), before=cursor, span=span, filters=filters)


def work_question(texts: Mapping[str, str]) -> WorkQuestion | Problem:
    """The question of the parameters ticket, or repo and branch and optionally from."""
    key = texts.get("ticket", "").strip()
    repo, branch = texts.get("repo", "").strip(), texts.get("branch", "")
    if bool(key) == bool(repo and branch) or (key and (repo or branch or "from" in texts)):
        return _wrong("ticket", "it is asked of a ticket, or of a repo and a branch", "?ticket=PAY-123")
    if key:
        return WorkQuestion(ticket=ticket_key(key))
    span = _span(texts.get("from"), None)
    return span if isinstance(span, Problem) else WorkQuestion(repo=repo, branch=branch, start=span.start)


def ticket_key(text: str) -> str:
    """The key as it is stored: `pay-123` means PAY-123; what is no tracker's key stays as it is."""
    text = text.strip()
    return text.upper() if candidates(text) == (text.upper(),) else text


def _span(start: str | None, end: str | None) -> Span | Problem:
    days: dict[str, int | None] = {}
    for name, text in (("from", start), ("to", end)):
        try:
            days[name] = None if text is None else answer.day_number(text)
        except ValueError:
            return _wrong(name, f"{str(text)[:40]!r} is not a date", "Write it as 2026-10-01 (UTC).")
    first, last = days["from"], days["to"]
    if first is not None and last is not None and first >= last:
        return _wrong("to", f"{end} is not after {start}", "`to` is exclusive: the day after the last one.")
    return Span(start=first, end=last)


def _wrong(name: str, what: str, remedy: str) -> Problem:
    return Problem(reason="parameter_wrong", where=name, detail=what, remedy=remedy)


Receivers = Callable[[], dict[str, Any]]
"""Gives the counts of a running server's receivers, by their names."""


class Answers:
    """Answers questions from one open record."""

    def __init__(
        self,
        record: Reader,
        *,
        price_book: str,
        sums: Sums | None = None,
        receivers: Receivers | None = None,
        trouble: Callable[[], Problem | None] = lambda: None,
    ) -> None:
        """`sums` is a faster way to what `record.rows` say; `trouble` says why nothing can be booked now."""
        self.trouble = trouble
        self._record = record
        self._sums = sums
        self._price_book = price_book
        self._receivers = receivers
        self.keys: Callable[[], Mapping[str, Any]] | None = None
        """Gives a server's list of project keys."""

    def ticket(self, key: str) -> dict[str, Any]:
        """What a ticket cost. A ticket nobody worked on is an answer of no calls."""
        key = ticket_key(key)
        rows = self._record.calls_of_ticket(key)
        return answer.ticket(rows, key, source="collector", price_book=self._price_book)

    def spend(self, question: SpendQuestion) -> dict[str, Any]:
        """The spend table. `vendor` has what only vendors' reports know: nothing, where nobody keeps bills."""
        if self._sums is not None:
            return self._sums(question) | {"vendor": []}
        span = question.span
        rows = self._record.rows(span.start, span.end)
        return answer.spend(rows, question.by, _day(span.start), _day(span.end)) | {"vendor": []}

    def work_cost(self, question: WorkQuestion) -> dict[str, Any]:
        """What a ticket or a branch cost, without anybody's name."""
        if question.ticket is not None:
            return of_ticket(Answers.ticket(self, question.ticket), question)
        asked = SpendQuestion(by=BRANCH_BY, span=Span(start=question.start))
        return of_branch(Answers.spend(self, asked), question, self._price_book)

    def calls(self, question: CallsQuestion) -> dict[str, Any]:
        """A page of calls, newest first; `next` is the cursor of the next page, `None` at the end."""
        span = question.span
        found = self._record.documents(
            limit=question.limit + 1, before=question.before, start=span.start, end=span.end, **question.filters
        )
        page = found[: question.limit]
        return {"calls": page, "next": page[-1]["call_id"] if len(found) > len(page) else None}

    def call(self, call_id: str) -> dict[str, Any] | Problem:
        """One call by its present or any former id."""
        found = self._record.document(call_id) if _CALL_ID.fullmatch(call_id) else None
        if found is not None:
            return found
        return Problem(
            reason="call_unknown",
            where="call_id",
            detail="no call has or had this id",
            remedy="A call id is 32 hexadecimal digits; the list of calls has them all.",
        )

    def finance(self) -> "FinanceDesk | Problem":
        """The bills and the ledger; only who knows people knows who may see them."""
        return Problem(reason="forbidden", where="", detail="there are no books here", remedy="Ask the collector.")

    def project_keys(self) -> Mapping[str, Any]:
        """The project keys whose tickets count; only a server knows them."""
        return {"project_keys": None, "source": None} if self.keys is None else self.keys()

    def devices(self) -> dict[str, Any]:
        """The agents by their heartbeats; only who knows people knows devices."""
        return {"devices": []}

    def audit(self, after: int) -> dict[str, Any] | Problem:
        """The audit log after an entry; only who knows people has one."""
        return Problem(reason="forbidden", where="", detail="there is no audit log here", remedy="Ask the collector.")

    def status(self) -> dict[str, Any]:
        """What the record holds, and what a running server has received; `None` where no server answers."""
        return {
            "version": version("tollbook-collector"),
            "record": self._record.counts(),
            "receivers": None if self._receivers is None else self._receivers(),
        }


def _day(day: int | None) -> str | None:
    return None if day is None else answer.day_text(day)
