"""Codex's `codex.sse_event` of a completed response. Pure.

It names conversation, model and counts, and no id of the response (observed of Codex 0.169.0). So it never opens a
call: it is matched with a call that another observer knows by an id (`capture.link`), or it is counted and dropped.
A prewarm reports zeros; over HTTP each response is reported twice, once without counts.
"""

import hashlib
from datetime import datetime

from tollbook.identity import Id
from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Basis, Billing, IdKind, Provider, Quality, Source, Tool
from tollbook_agent.capture.anthropic_usage import fault_of
from tollbook_agent.capture.link import Counts, Loose
from tollbook_agent.capture.logs.codex_vector import Vector
from tollbook_agent.capture.otlp.event import Event

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""
COMPLETED = "response.completed"
WHERE = "codex.sse_event"
_API_KEY = "ApiKey"
"""Codex's name of signing in with a key: such calls are metered, whoever bills for them."""
_BASIS = {"provider": Basis.SHAPE, "billing": Basis.SHAPE}
_NS_PER_US = 1_000


def read(event: Event) -> tuple[Loose | None, list[Problem]]:
    """What one event says, still without a call; `None` for a stage of a stream, a prewarm or a damaged event."""
    if event.text("event.kind") != COMPLETED:
        return None, []
    counts = [event.count(name) for name in ("input_token_count", "output_token_count")]
    if None in counts:
        return None, []
    fresh, output = (count or 0 for count in counts)
    cached = event.count("cached_token_count") or 0
    written = event.count("cache_write_token_count") or 0
    reasoning = event.count("reasoning_token_count") or 0
    if not (fresh or output):
        return None, [_problem("prewarm")]
    fault = fault_of(fresh, cached, written, output, reasoning)
    usage = None if fault else Vector(fresh, cached, written, output, reasoning).usage()
    if usage is None:
        return None, [_problem(fault.reason if fault else "counts_contradict")]
    at_ns, conversation = _at_ns(event), event.text("conversation.id")
    if not at_ns or not conversation:
        return None, [_problem("event_without_time" if conversation else "event_without_conversation")]
    model = event.text("model")
    seen = Counts(fresh, cached, written, output, reasoning)
    sighting = Sighting(
        source=Source.OTEL,
        tool=Tool.CODEX,
        ids=(Id(IdKind.LINK, _name(conversation, model, seen, at_ns)),),
        started_at=at_ns,
        ended_at=at_ns,
        quality=Quality.FINAL,
        usage=usage,
        provider=Provider.OPENAI if model and model.startswith("gpt-") else None,
        billing=Billing.METERED if event.text("auth_mode") == _API_KEY else None,
        model=model,
        reader_epoch=READER_EPOCH,
        basis=_BASIS,
    )
    return Loose(sighting=sighting, conversation=conversation, model=model, counts=seen, at_ns=at_ns), []


def _name(conversation: str, model: str | None, counts: Counts, at_ns: int) -> str:
    """Names the event: an exporter that sends it again says the same."""
    text = "\0".join((conversation, model or "", ".".join(map(str, counts)), str(at_ns)))
    return "codex-otel:" + hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _at_ns(event: Event) -> int:
    """When the response was complete, UTC nanoseconds; 0 where it is not told. Codex leaves the record's time empty."""
    text = event.text("event.timestamp")
    try:
        moment = None if text is None else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return max(event.at_ns, 0)
    since = moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return max(((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * _NS_PER_US, 0)


def _problem(reason: str) -> Problem:
    return Problem(reason=reason, where=WHERE)
