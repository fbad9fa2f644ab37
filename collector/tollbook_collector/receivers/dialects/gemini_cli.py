"""Gemini CLI's events. `gemini_cli.api_response` is one response.

Recognised by the names of the events; its details event and its `llm_call` span tell of the same response with fewer
counts. Input: inclusive of what a cache held; prompt tokens of tool use come on top. Output excludes thoughts, which
are billed as output. No event of it names the response, so session, prompt and time do.
"""

import hashlib

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.receivers.dialects.business import work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import Counting, Reported, usage_of
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import DETAILS
from tollbook_collector.receivers.plain import Record, Signal

MAX_DURATION_MS = 24 * 3600 * 1000
"""A response that took longer is damage."""
NAMES: frozenset[str] = frozenset(
    {
        *("event.name", "event.timestamp", "session.id", "installation.id", "user.email", "model", "prompt_id"),
        *("auth_type", "response_id", "duration_ms", "input_token_count", "output_token_count"),
        *("cached_content_token_count", "thoughts_token_count", "tool_token_count"),
    }
)
_PREFIX = "gemini_cli."
_SCOPE = "gemini-cli"
_NS_PER_MS = 1_000_000
_PROVIDERS = {"vertex-ai": "gcp.vertex_ai"}
"""By `auth_type`."""


def recognise(record: Record) -> bool:
    if record.signal is Signal.TRACES:
        return record.scope.startswith(_SCOPE)
    twin = record.name == DETAILS and (record.scope.startswith(_SCOPE) or "installation.id" in record.attributes)
    return record.name.startswith(_PREFIX) or twin


def read(record: Record) -> Sighting | Problem | None:
    if record.name != f"{_PREFIX}api_response":
        return None
    text, count = record.text, record.count
    prompt, output = count("input_token_count"), count("output_token_count")
    thoughts = count("thoughts_token_count") or 0
    reported = Reported(
        input=None if prompt is None else prompt + (count("tool_token_count") or 0),
        output=None if output is None else output + thoughts,
        cache_read=count("cached_content_token_count"),
        reasoning=thoughts,
    )
    usage = usage_of(reported, Counting.INCLUSIVE)
    if usage is None or isinstance(usage, Problem):
        return usage
    duration = count("duration_ms") or 0
    told = Told(
        source=Source.OTEL,
        usage=usage,
        provider=_PROVIDERS.get(text("auth_type") or "", "gcp.gemini"),
        response_id=text("response_id"),
        derived=_name(record, usage.parts()),
        model_requested=text("model"),
        session_id=text("session.id"),
        turn_id=text("prompt_id"),
        work=work_of(Evidence.METADATA, {}, engineer=text("user.email")),
        lasted_ns=duration * _NS_PER_MS if 0 <= duration <= MAX_DURATION_MS else 0,
    )
    return sighting_of(record, told)


def _name(record: Record, counts: tuple[int, ...]) -> str:
    """Names the response: an exporter that sends the event again says the same."""
    parts = (record.text("session.id"), record.text("prompt_id"), record.text("event.timestamp"), record.ended_at)
    text = "\0".join(map(str, (*parts, *counts)))
    return "gemini-cli:" + hashlib.blake2b(text.encode(errors="replace"), digest_size=16).hexdigest()


DIALECT = Dialect("gemini_cli", recognise, read, NAMES)
