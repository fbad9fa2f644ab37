"""Codex's events. `codex.sse_event` of kind `response.completed` is one response.

Recognised by the names of the events; the name of the service varies with the mode. Input: inclusive, OpenAI's own
counts; `tool_token_count` is the total. No event names the response (observed of Codex 0.169.0), so no call is opened:
it reports prewarms too, and over HTTP each response twice. A build that does name it is taken at its word.
"""

from dataclasses import replace
from datetime import datetime

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Billing, Evidence, Source, Tool
from tollbook_collector.receivers.dialects.business import work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import Counting, Reported, usage_of
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record, Signal

NAMES: frozenset[str] = frozenset(
    {
        *("event.name", "event.kind", "event.timestamp", "conversation.id", "model", "auth_mode", "user.email"),
        *("input_token_count", "output_token_count", "cached_token_count", "cache_write_token_count"),
        *("reasoning_token_count", "service_tier", "response.id", "response_id"),
    }
)
_NS_PER_US = 1_000


def recognise(record: Record) -> bool:
    return record.signal is Signal.LOGS and record.name.startswith("codex.")


def read(record: Record) -> Sighting | Problem | None:
    if record.name != "codex.sse_event" or record.text("event.kind") != "response.completed":
        return None
    text, count = record.text, record.count
    reported = Reported(
        input=count("input_token_count"),
        output=count("output_token_count"),
        cache_read=count("cached_token_count"),
        cache_write=count("cache_write_token_count"),
        reasoning=count("reasoning_token_count"),
    )
    usage = usage_of(reported, Counting.INCLUSIVE)
    if usage is None or isinstance(usage, Problem):
        return usage
    mode = text("auth_mode")
    told = Told(
        source=Source.OTEL,
        usage=usage,
        provider="openai" if mode == "ApiKey" else None,
        response_id=text("response.id", "response_id"),
        anonymous=True,
        model_requested=text("model"),
        tool=Tool.CODEX,
        billing=Billing.METERED if mode == "ApiKey" else None,
        service_tier=text("service_tier"),
        session_id=text("conversation.id"),
        work=work_of(Evidence.METADATA, {}, engineer=text("user.email")),
    )
    return sighting_of(_timed(record), told)


def _timed(record: Record) -> Record:
    """The record at the event's own time: Codex leaves the time of the record empty."""
    if record.ended_at:
        return record
    try:
        moment = datetime.fromisoformat(record.text("event.timestamp") or "")
    except ValueError:
        return record
    if moment.tzinfo is None:
        return record
    since = moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    at_ns = ((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) * _NS_PER_US
    return replace(record, started_at=at_ns, ended_at=at_ns) if at_ns > 0 else record


DIALECT = Dialect("codex_logs", recognise, read, NAMES)
