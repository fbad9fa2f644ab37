"""The routes of the API: one table that the server serves and the OpenAPI document is printed from."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tollbook.answer import DIMENSIONS
from tollbook.problem import Problem
from tollbook_collector.ask import (
    CALL_FILTERS,
    DEFAULT_CALLS,
    MAX_CALLS,
    Answers,
    calls_question,
    spend_question,
    work_question,
)

Texts = Mapping[str, str]


class Parameter(NamedTuple):
    """One parameter of a path or a query."""

    name: str
    place: str
    """`path` or `query`."""
    summary: str
    example: str | int
    schema: Mapping[str, Any]


class Route(NamedTuple):
    """One page of the API. `answer` gets the parameters as texts, `None` for Answers where the store is not needed."""

    path: str
    operation: str
    summary: str
    parameters: tuple[Parameter, ...]
    schema: str
    """The name of the answer's schema."""
    errors: tuple[str, ...]
    """Codes of errors it may answer with, besides those every page has."""
    answer: Callable[[Answers, Texts], Mapping[str, Any] | Problem]
    needs_store: bool = True
    personal: bool = True
    """Whether the answer depends on who asks."""


def _ticket(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    return answers.ticket(texts["key"])


def _spend(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    question = spend_question(texts.get("group_by", "ticket"), texts.get("from"), texts.get("to"))
    return question if isinstance(question, Problem) else answers.spend(question)


def _work_cost(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    question = work_question(texts)
    return question if isinstance(question, Problem) else answers.work_cost(question)


def _calls(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    question = calls_question(texts)
    return question if isinstance(question, Problem) else answers.calls(question)


def _call(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    return answers.call(texts["call_id"])


def _status(answers: Answers, texts: Texts) -> Mapping[str, Any]:
    return answers.status()


def _devices(answers: Answers, texts: Texts) -> Mapping[str, Any]:
    return answers.devices()


def _project_keys(answers: Answers, texts: Texts) -> Mapping[str, Any]:
    return answers.project_keys()


def _audit(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    after = texts.get("after", "0")
    if not (after.isascii() and after.isdigit() and len(after) <= MAX_DIGITS):
        remedy = "Take `next` of the page before."
        return Problem(reason="parameter_wrong", where="after", detail="it is no number of an entry", remedy=remedy)
    return answers.audit(int(after))


def _alive(answers: Answers, texts: Texts) -> Mapping[str, Any]:
    return {"status": "alive"}


def _ready(answers: Answers, texts: Texts) -> Mapping[str, Any] | Problem:
    return answers.trouble() or {"status": "ready"}


MAX_DIGITS = 15
_TEXT = {"type": "string"}
_DATE = {"type": "string", "format": "date"}
_FROM = Parameter("from", "query", "First UTC day.", "2026-10-01", _DATE)
_TO = Parameter("to", "query", "The UTC day after the last one.", "2026-11-01", _DATE)
_GROUP_BY = Parameter(
    "group_by", "query", "Dimensions, separated by commas: " + ", ".join(DIMENSIONS) + ".", "ticket,repo", _TEXT
)
_LIMIT = Parameter(
    "limit",
    "query",
    "Calls of the page.",
    20,
    {"type": "integer", "minimum": 1, "maximum": MAX_CALLS, "default": DEFAULT_CALLS},
)
_CURSOR = Parameter("cursor", "query", "`next` of the page before.", "", _TEXT)
_EXAMPLES = {
    "ticket": "PAY-123",
    "engineer": "ada@example.com",
    "repo": "acme/payments",
    "session": "5f0c9f4e-8a9f-4d0c-9f7e-0d1a2b3c4d5e",
    "model": "claude-sonnet-4-5-20250929",
    "tool": "claude-code",
}
_FILTERS = tuple(
    Parameter(name, "query", f"Only calls of this {name}.", _EXAMPLES[name], _TEXT) for name in CALL_FILTERS
)
_AFTER = Parameter("after", "query", "Entries after this one.", 0, {"type": "integer", "minimum": 0, "default": 0})
_WORK = (
    Parameter("ticket", "query", "The key of a ticket, in any case; or repo and branch.", "PAY-123", _TEXT),
    Parameter("repo", "query", "A repository, with branch.", "acme/payments", _TEXT),
    Parameter("branch", "query", "A branch of the repository.", "feature/PAY-123-retries", _TEXT),
    _FROM,
)
_KEY = Parameter("key", "path", "The key of a ticket, in any case.", "PAY-123", _TEXT)
_CALL_ID = Parameter("call_id", "path", "The present or any former id of a call.", "", _TEXT)

ROUTES: tuple[Route, ...] = (
    Route("/api/v1/tickets/{key}", "ticket", "What a ticket cost", (_KEY,), "Ticket", (), _ticket),
    Route("/api/v1/spend", "spend", "What was spent, by dimension", (_GROUP_BY, _FROM, _TO), "Spend", (), _spend),
    Route("/api/v1/work-cost", "work_cost", "What a ticket or a branch cost", _WORK, "WorkCost", (), _work_cost),
    Route(
        "/api/v1/calls",
        "calls",
        "Every merged call, newest first",
        (_LIMIT, _CURSOR, *_FILTERS, _FROM, _TO),
        "Calls",
        (),
        _calls,
    ),
    Route("/api/v1/calls/{call_id}", "call", "One merged call", (_CALL_ID,), "Call", ("call_unknown",), _call),
    Route("/api/v1/status", "status", "What the record holds", (), "Status", (), _status),
    Route("/api/v1/devices", "devices", "The agents by their heartbeats", (), "Devices", (), _devices),
    Route(
        "/api/v1/project-keys",
        "project_keys",
        "The project keys whose tickets count",
        (),
        "ProjectKeys",
        (),
        _project_keys,
    ),
    Route("/api/v1/audit", "audit", "The audit log, oldest first", (_AFTER,), "Audit", (), _audit),
    Route("/livez", "livez", "Whether the process answers", (), "Health", (), _alive, False, False),
    Route(
        "/readyz", "readyz", "Whether claims can be booked, and if not, why", (), "Health", (), _ready, personal=False
    ),
)
