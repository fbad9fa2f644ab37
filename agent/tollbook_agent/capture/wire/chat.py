"""OpenAI's Chat Completions, plain and streamed.

A stream has its usage only where `stream_options.include_usage` was asked for: in one chunk without choices before
`[DONE]`. Without it the call is booked with unknown usage. Azure's first chunk may have an empty id and model, beside
the results of its content filter.
"""

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from tollbook.problem import Problem
from tollbook.vocabulary import Quality
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.wire.codex_caller import caller
from tollbook_agent.capture.wire.exchange import Found, Request, Response
from tollbook_agent.capture.wire.fields import Fields
from tollbook_agent.capture.wire.openai_call import INTERRUPTED, Asked, Ended, Headers, Payer, name, observe, refused
from tollbook_agent.capture.wire.openai_response import Failure, failure
from tollbook_agent.capture.wire.openai_usage import DAMAGE, UNKNOWN, chat_usage
from tollbook_agent.capture.wire.sse import Event

WHERE = "openai chat"
_DONE = b"[DONE]"
_COMPLETED = "completed"


class _Choice(Struct, frozen=True):
    """Only that it is there matters."""


class _Chunk(Struct, frozen=True):
    """One chunk of a stream."""

    id: Name | None = None
    model: Name | None = None
    service_tier: Name | None = None
    choices: list[_Choice] | None = None
    usage: Raw = field(default_factory=Raw)
    error: Raw = field(default_factory=Raw)


_decode = Decoder(_Chunk).decode


class ChatMeaning:
    """What an exchange of Chat Completions means."""

    where = WHERE

    def __init__(self, request: Request, payer: Payer) -> None:
        self.body = Fields(("model", "stream_options.include_usage"), WHERE)
        self.document = Fields(("id", "model", "service_tier"), WHERE, whole=("usage",))
        self._request = request
        self._payer = payer
        self._answer: Headers = {}
        self._id: str | None = None
        self._model: str | None = None
        self._tier: str | None = None
        self._usage = Raw()
        self._failure: Failure | None = None

    def answered(self, head: Response) -> None:
        """The server accepted the request."""
        self._answer = head.headers

    def event(self, event: Event, at_ns: int) -> Found | None:
        """Each chunk repeats id and model; the one with the usage, or else `[DONE]`, ends the call."""
        if event.data.strip() == _DONE:
            return self._whole(at_ns)
        try:
            chunk = _decode(event.data)
        except DAMAGE:
            return None
        self._id = self._id or chunk.id
        self._model = self._model or chunk.model
        self._tier = chunk.service_tier or self._tier
        if bytes(chunk.error) not in (b"", b"null"):
            self._failure = failure(chunk.error)
        if bytes(chunk.usage) not in (b"", b"null"):
            self._usage = chunk.usage
            if not chunk.choices:
                return self._whole(at_ns)
        return None

    def whole(self, at_ns: int) -> Found:
        """A plain answer."""
        self._take_document()
        return self._whole(at_ns, self.document.problem)

    def broken(self, at_ns: int) -> Found:
        """No last chunk: whatever usage was on its way is unknown."""
        asked = self._asked()
        if self._failure is not None and self._failure.refused:
            return refused(asked)
        self._take_document()
        ended = Ended(at_ns, self._id, INTERRUPTED, self._model, quality=Quality.PARTIAL)
        return observe(asked, ended, self._answer, WHERE)

    def _take_document(self) -> None:
        values = self.document.values
        self._id = self._id or name(values.get("id"))
        self._model = self._model or name(values.get("model"))
        self._tier = self._tier or name(values.get("service_tier"))
        self._usage = Raw(self.document.raw.get("usage", bytes(self._usage)))

    def _whole(self, at_ns: int, problem: Problem | None = None) -> Found:
        """The call, at its end."""
        counted = chat_usage(self._usage)
        problems = () if problem is None else (problem,)
        if counted == UNKNOWN:
            problems += (self._no_usage(),)
        ended = Ended(at_ns, self._id, _COMPLETED, self._model, self._tier, counted)
        found = observe(self._asked(), ended, self._answer, WHERE)
        return Found(found.observations, (*problems, *found.problems))

    def _no_usage(self) -> Problem:
        """Why a whole answer has no usage."""
        streamed = not self.document.complete
        if streamed and self.body.values.get("stream_options.include_usage") is not True:
            remedy = "let the program ask for it: stream_options.include_usage"
            return Problem(reason="usage_not_requested", where=WHERE, remedy=remedy)
        return Problem(reason="usage_missing", where=WHERE)

    def _asked(self) -> Asked:
        headers = self._request.headers
        who, problems = caller(headers, None, WHERE, own_headers=True)
        requested = name(self.body.values.get("model"))
        return Asked(self._payer, who, self._request.at_ns, requested, headers, problems)
