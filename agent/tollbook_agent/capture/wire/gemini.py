"""Gemini's `generateContent` and `streamGenerateContent`, the latter as events or as an array that grows.

Each part of a stream repeats the usage so far: the last one counts. A call is given back at the part that names why
the model stopped, and again at the end if a later part counted on: both make one claim, which keeps the greater counts.
"""

from dataclasses import replace

from msgspec import Raw, Struct, field
from msgspec.json import Decoder

from tollbook.identity import Id, classify
from tollbook.problem import Problem
from tollbook.sighting import Scope, Sighting
from tollbook.vocabulary import Billing, IdKind, Provider, Quality, Source, Tool
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.exchange import KEY_CLASS, NOTHING, Found, Reader, Request, Response
from tollbook_agent.capture.wire.gemini_objects import Objects
from tollbook_agent.capture.wire.gemini_route import GeminiRoute, gemini_route
from tollbook_agent.capture.wire.gemini_usage import gemini_usage
from tollbook_agent.capture.wire.openai_usage import DAMAGE, UNKNOWN
from tollbook_agent.capture.wire.sse import Sse

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""
WHERE = "gemini"
_COMPLETED, _INTERRUPTED = "completed", "interrupted"


class _Candidate(Struct, frozen=True, rename="camel"):
    finish_reason: Name | None = None


class _Part(Struct, frozen=True, rename="camel"):
    """One part of a stream, or a whole answer."""

    response_id: Name | None = None
    model_version: Name | None = None
    candidates: list[_Candidate] | None = None
    usage_metadata: Raw = field(default_factory=Raw)
    error: Raw = field(default_factory=Raw)


_decode = Decoder(_Part).decode


def open_exchange(request: Request) -> Reader | None:
    """A reader for a call to Gemini; `None` for what is free or not ours."""
    route = gemini_route(request)
    return None if route is None else GeminiReader(request, route)


class GeminiReader:
    """Reads one exchange. Nothing of the request's body is read: its path names the model."""

    def __init__(self, request: Request, route: GeminiRoute) -> None:
        self._request = request
        self._route = route
        self._accepted = False
        self._sse: Sse | None = None
        self._objects = Objects()
        self._id: str | None = None
        self._model: str | None = None
        self._usage = Raw()
        self._stopped = False
        self._failed = False
        self._unreadable = 0
        self._given: bytes | None = None
        self._problems: list[Problem] = []

    def request_data(self, data: bytes) -> None:
        """Passed over."""

    def response(self, head: Response) -> None:
        """The response begins; an error is no call."""
        self._accepted = 200 <= head.status < 300
        if "event-stream" in head.headers.get("content-type", "").lower():
            self._sse = Sse()

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """The next bytes of the response's body."""
        if not self._accepted:
            return NOTHING
        found = NOTHING
        for part in self._objects.feed(data) if self._sse is None else [one.data for one in self._sse.feed(data)]:
            self._read(part)
            if self._stopped and self._given is None:
                found = self._give(at_ns, _COMPLETED, Quality.FINAL)
        return found

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes. A prompt that was blocked has no reason to stop, and is billed all the same."""
        if not self._accepted:
            return NOTHING
        for event in self._sse.end() if self._sse else []:
            self._read(event.data)
        skipped = (self._sse or self._objects).skipped
        for reason, count in (("part_too_large", skipped), ("part_unreadable", self._unreadable)):
            if count:
                self._problems.append(Problem(reason=reason, where=WHERE, detail=f"{count} parts"))
        if self._stopped or (complete and self._usage and not self._failed):
            return self._give(at_ns, _COMPLETED, Quality.FINAL)
        return self._give(at_ns, _INTERRUPTED, Quality.PARTIAL)

    def _read(self, data: bytes) -> None:
        """Take what a part says; what it does not say stays."""
        try:
            part = _decode(data)
        except DAMAGE:
            self._unreadable += 1
            return
        self._id = self._id or part.response_id
        self._model = part.model_version or self._model
        self._usage = part.usage_metadata or self._usage
        self._failed = self._failed or bool(part.error)
        self._stopped = self._stopped or any(one.finish_reason for one in part.candidates or ())

    def _give(self, at_ns: int, status: str, quality: Quality) -> Found:
        """The call as it stands, unless it was given so before."""
        problems, self._problems = self._problems, []
        if self._given == bytes(self._usage):
            return Found((), tuple(problems)) if problems else NOTHING
        self._given = bytes(self._usage)
        counted, tier = gemini_usage(self._usage)
        if counted.fault is not None:
            problems.append(Problem(reason=counted.fault.reason, where=WHERE, detail=counted.fault.detail))
        elif counted == UNKNOWN and status == _COMPLETED:
            problems.append(Problem(reason="usage_missing", where=WHERE))
        if not self._id:
            problems.append(Problem(reason="call_without_id", where=WHERE))
            return Found((), tuple(problems))
        sighting = Sighting(
            source=Source.PROXY,
            tool=Tool.OTHER,
            ids=(self._response_id(self._id),),
            started_at=self._request.at_ns,
            ended_at=max(self._request.at_ns, at_ns),
            quality=quality,
            usage=counted.usage,
            channel=self._route.channel,
            provider=Provider.GOOGLE,
            billing=Billing.METERED,
            scope=self._scope(),
            model_requested=self._route.model,
            model=self._model,
            service_tier=tier,
            status=status,
            reader_epoch=READER_EPOCH,
            basis=self._route.basis,
        )
        return Found((Observation(sighting=sighting),), tuple(problems))

    def _response_id(self, value: str) -> Id:
        return classify(IdKind.RESPONSE, value)

    def _scope(self) -> Scope:
        key_class = self._request.headers.get(KEY_CLASS)
        return replace(self._route.scope, key_class=key_class) if key_class else self._route.scope
