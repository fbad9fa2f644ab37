"""Pages of finance: bills, reconciliation, allocation, exports; and what is posted there."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tollbook.problem import Problem
from tollbook_collector.api.routes import Parameter, Route, Texts
from tollbook_collector.ask import Answers
from tollbook_collector.finance_desk import FinanceDesk
from tollbook_collector.outcomes.unit_answer import UNITS

MAX_UPLOAD = 256 * 1024 * 1024
"""Bytes of a bill that is posted; larger ones are imported by the command."""
REFUSED = ("refused",)
"""Stands in the description for the codes of a bill, month or rule that is wrong."""

_TEXT = {"type": "string"}
_PERIOD = Parameter("period", "path", "The month (UTC).", "2026-10", {"type": "string", "pattern": r"^\d{4}-\d{2}$"})
_BY = Parameter("by", "query", "A dimension of the rules.", "team", _TEXT)
_VALUE = Parameter("value", "query", "A value of the dimension; without it, money that has none.", "payments", _TEXT)
_EXPLAIN = Parameter("explain", "query", "true: with shares, weights and lines of bills.", "true", {"enum": ["true"]})
_PER = Parameter("per", "query", "The unit.", "ticket", {"type": "string", "enum": list(UNITS)})
_TEAM = Parameter("team", "query", "Only the cost of this team.", "payments", _TEXT)
_FORMAT = Parameter("format", "query", "Of the rows.", "csv", {"type": "string", "enum": ["csv", "json"]})
_NAME = Parameter("name", "query", "The name of the file.", "cost_report.json", _TEXT)
_SCOPE = Parameter("scope", "query", "The organisation, where the file does not name it.", "acme", _TEXT)

type _Ask = Callable[[FinanceDesk, Texts], Any]


def _desk(ask: _Ask) -> Callable[[Answers, Texts], Any]:
    """The answer of a desk, or why there is none."""

    def answer(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
        desk = answers.finance()
        return desk if isinstance(desk, Problem) else ask(desk, texts)

    return answer


def _page(path: str, operation: str, summary: str, parameters: tuple[Parameter, ...], schema: str, ask: _Ask) -> Route:
    return Route(path, operation, summary, parameters, schema, REFUSED, _desk(ask))


FINANCE_ROUTES: tuple[Route, ...] = (
    _page("/api/v1/bills", "bills", "Every bill document", (), "Bills", lambda desk, texts: desk.bills()),
    _page(
        "/api/v1/reconciliations/{period}",
        "reconciliation",
        "A month's bills against what was seen",
        (_PERIOD, _EXPLAIN),
        "Reconciliation",
        lambda desk, texts: desk.reconciliation(texts["period"], explained=texts.get("explain") == "true"),
    ),
    _page("/api/v1/ledger", "ledger", "What is wrong with the ledger", (), "Ledger", lambda desk, texts: desk.faults()),
    _page(
        "/api/v1/allocations/{period}",
        "allocation",
        "A month's money by a dimension of the rules",
        (_PERIOD, _BY),
        "Allocation",
        lambda desk, texts: desk.allocation(texts["period"], texts.get("by", "team")),
    ),
    _page(
        "/api/v1/allocations/{period}/explanation",
        "explanation",
        "Which rules brought a value its money",
        (_PERIOD, _BY, _VALUE),
        "Explanation",
        lambda desk, texts: desk.explanation(texts["period"], texts.get("by", "team"), texts.get("value")),
    ),
    _page(
        "/api/v1/unit-costs/{period}",
        "unit_cost",
        "What one pull request, ticket, epic or initiative cost",
        (_PERIOD, _PER, _TEAM),
        "UnitCost",
        lambda desk, texts: desk.unit_cost(texts["period"], texts.get("per", "ticket"), texts.get("team")),
    ),
    _page(
        "/api/v1/exports/focus/{period}",
        "focus",
        "FOCUS 1.3 rows of a month",
        (_PERIOD, _FORMAT),
        "Focus",
        lambda desk, texts: desk.focus(texts["period"], texts.get("format", "csv")),
    ),
)


class FinancePost(NamedTuple):
    """One page that changes the books. Its body is a file, or empty."""

    path: str
    operation: str
    summary: str
    parameters: tuple[Parameter, ...]
    schema: str
    answer: Callable[[FinanceDesk, Texts, bytes], Any]


def _take(desk: FinanceDesk, texts: Texts, raw: bytes) -> Any:
    return desk.take(texts.get("name", "bill"), raw, texts.get("scope"))


def _post(desk: FinanceDesk, texts: Texts, raw: bytes) -> Any:
    return desk.post(texts["period"])


def _close(desk: FinanceDesk, texts: Texts, raw: bytes) -> Any:
    return desk.close(texts["period"])


FINANCE_POSTS: tuple[FinancePost, ...] = (
    FinancePost(
        "/api/v1/bills",
        "bill_import",
        "A bill, as its provider made it, is taken or refused as a whole",
        (_NAME, _SCOPE),
        "Imported",
        _take,
    ),
    FinancePost(
        "/api/v1/reconciliations/{period}",
        "reconcile",
        "A month is reconciled, and what changed is posted",
        (_PERIOD,),
        "Reconciliation",
        _post,
    ),
    FinancePost(
        "/api/v1/periods/{period}/close",
        "period_close",
        "A month is closed for good",
        (_PERIOD,),
        "Closed",
        _close,
    ),
)
