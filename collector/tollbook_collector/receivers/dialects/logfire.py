"""Logfire's instrumentations, and pydantic-ai's own.

Recognised by a scope of their names, by `logfire.*` attributes or by `operation.cost`. Runs of an agent sum up calls,
and pending spans come before the span they announce. Input: `gen_ai.usage.raw`, the provider's own block, decides;
without it inclusive since March 2026 and exclusive for Anthropic before, which shows in the numbers.
The partial counts of Claude's agent SDK are unreliable and passed over.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Source
from tollbook_collector.receivers.dialects import provider_block
from tollbook_collector.receivers.dialects.counting import Counting, semconv
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import OPERATION, told_by
from tollbook_collector.receivers.plain import Record
from tollbook_collector.receivers.plain_document import document

_RAW, _TYPE, _COST = "gen_ai.usage.raw", "logfire.span_type", "operation.cost"
_SCOPES = ("logfire", "pydantic-ai", "pydantic_ai")
NAMES = GENAI | {_TYPE, _COST, "gen_ai.usage.details.cache_read_tokens", "gen_ai.usage.details.cache_write_tokens"}
DOCUMENTS = frozenset({_RAW})


def recognise(record: Record) -> bool:
    return record.scope.startswith(_SCOPES) or record.has_any("logfire.", _COST, _RAW)


def read(record: Record) -> Sighting | Problem | None:
    run = record.name.startswith(("agent run", "invoke_agent")) or not record.text(OPERATION, "gen_ai.request.model")
    if run or record.text(_TYPE) == "pending_span":
        return None
    block = provider_block.reported(document(record.text(_RAW)))
    reported, counting = (semconv(record), Counting.UNSAID) if block is None else block
    return told_by(record, Source.OTEL, counting, reported, cost_usd=record.decimal(_COST))


DIALECT = Dialect("logfire", recognise, read, NAMES, documents=DOCUMENTS)
