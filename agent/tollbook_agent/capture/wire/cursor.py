"""Cursor's agent stream (`AgentService/Run`, `RunSSE`): turns, each the total of many calls that Cursor's servers make.

The layout is second-hand, from public write-ups of mid-2026 builds: `interaction_update` (1) of a server's message
holds `turn_ended` (14) {1 input, 2 output, 3 cache read, 4 cache write, 5 reasoning} and `routed_model` (24) {1 display
name}. Builds of January 2026 sent an empty `turn_ended`. What is not of this layout gives a turn with unknown usage.

Whether input includes cache reads and writes is nowhere said. A published turn of 388,564 in with 346,112 read suggests
that it does, so it is taken apart as inclusive wherever that leaves no part negative, and as disjoint otherwise. The
bill is Cursor's Admin API; this is what attributes it.

`RunSSE` is reported to call its binary body `text/event-stream`: host and path decide, never the content type.
"""

from msgspec import Struct

from tollbook.identity import Id
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook_agent.capture.anthropic_usage import MAX_TEXT, Fault, fault_of
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.connect import Envelopes
from tollbook_agent.capture.wire.cursor_protobuf import NotProtobuf, fields, messages
from tollbook_agent.capture.wire.exchange import NOTHING, Found, Reader, Request, Response
from tollbook_agent.capture.wire.openai_call import name
from tollbook_agent.capture.wire.openai_payer import path_of
from tollbook_agent.capture.wire.openai_usage import UNKNOWN, Counted

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""
WHERE = "cursor"
_HOST = ".cursor.sh"
_PATHS = frozenset({"/agent.v1.AgentService/Run", "/agent.v1.AgentService/RunSSE"})
_UPDATE, _TURN_ENDED, _ROUTED_MODEL, _DISPLAY_NAME = 1, 14, 24, 1
_BEGUN = frozenset({1, 8, _ROUTED_MODEL})
"""The updates that show a turn at work: text, its token counter, the model. A heartbeat (13) comes at any time."""
_COUNTS = range(1, 6)
_COMPLETED, _INTERRUPTED = "completed", "interrupted"
_BASIS = {"billing": Basis.DEFAULT, "provider": Basis.DEFAULT}
"""Included or on demand is not in the traffic, nor is the maker of the model: only its display name."""


def open_exchange(request: Request) -> Reader | None:
    """A reader for an agent stream of Cursor's; `None` for everything else it sends."""
    ours = request.method == "POST" and request.host.lower().endswith(_HOST) and path_of(request) in _PATHS
    return CursorReader(request) if ours else None


class _Seen(Struct):
    """What the stream said since the last turn ended; the model stays until another is named."""

    model: str | None = None
    begun: bool = False


class CursorReader:
    """Reads one agent stream. What the client sends holds prompts and is not looked at."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._accepted = False
        self._envelopes = Envelopes()
        self._seen = _Seen()
        self._began_at = request.at_ns
        self._turns = 0
        self._unreadable = 0

    def request_data(self, data: bytes) -> None:
        """Passed over."""

    def response(self, head: Response) -> None:
        """The response begins; an error is no turn."""
        self._accepted = 200 <= head.status < 300

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """The next bytes of the response's body."""
        if not self._accepted:
            return NOTHING
        observations: list[Observation] = []
        problems: list[Problem] = []
        for message in self._envelopes.feed(data):
            if message.is_end:
                continue
            try:
                ended = self._updated(message.data)
            except NotProtobuf:
                self._unreadable += 1
                continue
            for counted in ended:
                self._give(counted, _COMPLETED, Quality.FINAL, at_ns, observations, problems)
        return Found(tuple(observations), tuple(problems)) if observations or problems else NOTHING

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes. A turn that had begun and never ended is booked with unknown usage."""
        observations: list[Observation] = []
        problems: list[Problem] = []
        for reason, count in (("message_not_unpacked", self._envelopes.skipped), ("not_protobuf", self._unreadable)):
            if count:
                problems.append(Problem(reason=reason, where=WHERE, detail=f"{count} messages"))
        if self._seen.begun:
            self._give(UNKNOWN, _INTERRUPTED, Quality.PARTIAL, at_ns, observations, problems)
        return Found(tuple(observations), tuple(problems)) if observations or problems else NOTHING

    def _updated(self, data: bytes) -> list[Counted]:
        """The turns that a message ends; the model it names is remembered."""
        ended: list[Counted] = []
        for update in messages(data, _UPDATE):
            for field in fields(update):
                self._seen.begun = self._seen.begun or field.number in _BEGUN
                if field.number == _TURN_ENDED and isinstance(field.value, bytes):
                    ended.append(_counted(field.value))
                elif field.number == _ROUTED_MODEL and isinstance(field.value, bytes):
                    self._seen.model = _display_name(field.value) or self._seen.model
        return ended

    def _give(
        self,
        counted: Counted,
        status: str,
        quality: Quality,
        at_ns: int,
        observations: list[Observation],
        problems: list[Problem],
    ) -> None:
        """A turn as an observation. A request id names the first turn of a stream; later ones are numbered."""
        if counted.usage is None and status == _COMPLETED:
            fault = counted.fault or Fault("usage_layout_unknown", "")
            problems.append(Problem(reason=fault.reason, where=WHERE, detail=fault.detail))
        request_id = name(self._request.headers.get("x-request-id"))
        model, self._seen = self._seen.model, _Seen(model=self._seen.model)
        began_at, self._began_at = self._began_at, max(self._began_at, at_ns)
        self._turns += 1
        if request_id is None:
            problems.append(Problem(reason="call_without_id", where=WHERE))
            return
        own = Id(IdKind.REQUEST, request_id)
        sighting = Sighting(
            source=Source.PROXY,
            tool=Tool.CURSOR,
            ids=(own if self._turns == 1 else Id(IdKind.DERIVED, f"cursor:{request_id}:{self._turns}"),),
            started_at=began_at,
            ended_at=max(began_at, at_ns),
            quality=quality,
            usage=counted.usage,
            channel=Channel.CURSOR,
            provider=Provider.CURSOR,
            billing=Billing.METERED,
            model=model,
            status=status,
            purpose=Purpose.TURN,
            reader_epoch=READER_EPOCH,
            basis=_BASIS,
        )
        observations.append(Observation(sighting=sighting))


def _counted(data: bytes) -> Counted:
    """The counts of a turn that ended; unknown where the layout is another."""
    counts: dict[int, int] = {}
    try:
        for field in fields(data):
            if field.number in _COUNTS:
                if not isinstance(field.value, int):
                    return UNKNOWN
                counts[field.number] = field.value
    except NotProtobuf:
        return UNKNOWN
    if not counts:
        return UNKNOWN
    given, output, read, written, reasoning = (counts.get(number, 0) for number in _COUNTS)
    fault = fault_of(given, output, read, written, reasoning)
    if fault is None and reasoning > output:
        fault = Fault("parts_exceed_total", "")
    if fault is not None:
        return Counted(None, fault)
    fresh = given - read - written
    usage = Usage(
        input=given if fresh < 0 else fresh,
        cache_read=read,
        cache_write=written,
        output=output,
        reasoning=reasoning,
    )
    return Counted(usage)


def _display_name(data: bytes) -> str | None:
    """The name of a model as Cursor shows it."""
    for text in messages(data, _DISPLAY_NAME):
        if 0 < len(text) <= MAX_TEXT:
            return text.decode("utf-8", "replace")
    return None
