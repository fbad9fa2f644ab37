"""OpenAI's Responses over HTTP, plain and streamed: the API's and that of ChatGPT's back end, which Codex uses.

A compaction (`/responses/compact`) is a call of its own. A call is given back at `response.completed`, `.incomplete` or
`.failed`. Codex hangs up right after it.
"""

from msgspec import Struct
from msgspec.json import Decoder

from tollbook.problem import Problem
from tollbook.vocabulary import Purpose
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.wire.chat import ChatMeaning
from tollbook_agent.capture.wire.codex_caller import caller
from tollbook_agent.capture.wire.exchange import Found, Reader, Request, Response
from tollbook_agent.capture.wire.fields import Fields
from tollbook_agent.capture.wire.openai_call import Asked, Headers, Payer, name, refused
from tollbook_agent.capture.wire.openai_http import HttpReader
from tollbook_agent.capture.wire.openai_payer import Api, Route, route
from tollbook_agent.capture.wire.openai_response import (
    CREATED,
    ERROR,
    LAST_EVENTS,
    Failure,
    ResponseObject,
    broke_off,
    concluded,
    document,
    failure,
    of_document,
)
from tollbook_agent.capture.wire.openai_usage import DAMAGE
from tollbook_agent.capture.wire.sse import Event

WHERE = "openai responses"
_COMPLETED = "completed"


class _Event(Struct, frozen=True):
    """An event of the stream. `code` and `error` are those of an error, in its two forms."""

    type: Name | None = None
    response: ResponseObject | None = None
    error: Failure | None = None
    code: Name | None = None


class _Head(Struct, frozen=True):
    type: Name | None = None


_decode_event = Decoder(_Event).decode
_decode_head = Decoder(_Head).decode
_READ = LAST_EVENTS | {CREATED, ERROR}


def open_exchange(request: Request) -> Reader | None:
    """A reader for a call to OpenAI's own hosts; `None` for what is free or not ours."""
    found = route(request) if request.method == "POST" else None
    return None if found is None else reader(request, found)


def reader(request: Request, found: Route) -> Reader:
    """The reader of a routed call."""
    if found.api is Api.CHAT:
        return HttpReader(ChatMeaning(request, found.payer))
    return HttpReader(ResponsesMeaning(request, found.payer, compaction=found.api is Api.COMPACT))


class ResponsesMeaning:
    """What an exchange of the Responses API means."""

    where = WHERE

    def __init__(self, request: Request, payer: Payer, *, compaction: bool = False) -> None:
        self.body = Fields(("model",), WHERE, whole=("client_metadata",))
        self.document = document()
        self._request = request
        self._payer = payer
        self._compaction = compaction
        self._answer: Headers = {}
        self._created: ResponseObject | None = None
        self._failure: Failure | None = None

    def answered(self, head: Response) -> None:
        """The server accepted the request."""
        self._answer = head.headers

    def event(self, event: Event, at_ns: int) -> Found | None:
        """Only the first, the last and an error matter; most are told by their name and never decoded."""
        if event.name and event.name not in _READ:
            return None
        try:
            kind = event.name or _decode_head(event.data).type or ""
            read = _decode_event(event.data) if kind in _READ else None
        except DAMAGE as error:
            return self._unreadable(event.name, type(error).__name__, at_ns)
        if read is None:
            return None
        if kind == ERROR:
            self._failure = read.error or Failure(code=read.code)
        elif kind == CREATED:
            self._created = read.response
        elif read.response is not None:
            status = kind.removeprefix("response.")
            why = failure(read.response.error)
            return concluded(self._asked(), read.response, why, status, at_ns, self._answer, WHERE)
        return None

    def whole(self, at_ns: int) -> Found:
        """A plain answer: the response itself. A compaction has no status: it is there or it is not."""
        response, why = of_document(self.document)
        problem = self.document.problem
        asked = self._asked(() if problem is None else (problem,))
        return concluded(asked, response, why, _COMPLETED, at_ns, self._answer, WHERE)

    def broken(self, at_ns: int) -> Found:
        """No last word. An error that was sent instead of one may say that no model ran."""
        return self._broken((), at_ns)

    def _unreadable(self, event_name: str, detail: str, at_ns: int) -> Found | None:
        """A damaged event. Behind a damaged last one nothing more comes: the call is told by what came before it."""
        if event_name not in LAST_EVENTS:
            return None
        return self._broken((Problem(reason="event_unreadable", where=WHERE, detail=detail),), at_ns)

    def _broken(self, problems: tuple[Problem, ...], at_ns: int) -> Found:
        asked = self._asked(problems)
        if self._failure is not None and self._failure.refused:
            return refused(asked)
        return broke_off(asked, self._created or of_document(self.document)[0], at_ns, self._answer, WHERE)

    def _asked(self, problems: tuple[Problem, ...] = ()) -> Asked:
        headers = self._request.headers
        who, found = caller(headers, self.body.raw.get("client_metadata"), WHERE, own_headers=True)
        if self._compaction:
            who = who._replace(purpose=Purpose.COMPACTION)
        requested = name(self.body.values.get("model"))
        return Asked(self._payer, who, self._request.at_ns, requested, headers, (*found, *problems))
