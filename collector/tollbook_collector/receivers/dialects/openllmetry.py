"""OpenLLMetry (Traceloop).

Recognised by `traceloop.*`, `llm.request.type` or the scope of one of its instrumentations. Workflows, tasks, agents
and tools sum up calls. Input: mostly inclusive; on one path the Anthropic instrumentation writes the exclusive count,
which shows where the cache is larger than the input or the total adds it.
"""

import re

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.receivers.dialects.business import tags_of, work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_SCOPE = re.compile(
    r"opentelemetry\.instrumentation\.(?:anthropic|openai|bedrock|cohere|mistralai|groq|vertexai)(?:\.v\d)?"
)
_GIVEN = "traceloop.association.properties."
_KIND, _TYPE = "traceloop.span.kind", "llm.request.type"
_CALLS = frozenset({"chat", "completion", "embedding", "rerank"})
_OWN = frozenset({"user_id", "session_id"})
NAMES = GENAI | {_KIND, _TYPE, "traceloop.workflow.name", "gen_ai.usage.cost"}


def recognise(record: Record) -> bool:
    return record.has_any("traceloop.", _TYPE) or _SCOPE.fullmatch(record.scope) is not None


def read(record: Record) -> Sighting | Problem | None:
    text = record.text
    if text(_KIND) or text(_TYPE) not in (None, *_CALLS):
        return None
    given = dict(record.texts_under(_GIVEN))
    tags = tags_of((name, value) for name, value in given.items() if name not in _OWN)
    user, session = given.get("user_id"), given.get("session_id")
    return told_by(
        record,
        Source.OTEL,
        Counting.UNSAID,
        session_id=text("gen_ai.conversation.id") or (session if isinstance(session, str) else None),
        cost_usd=record.decimal("gen_ai.usage.cost"),
        work=work_of(Evidence.METADATA, tags, user=user if isinstance(user, str) else None),
    )


DIALECT = Dialect("openllmetry", recognise, read, NAMES, prefixes=(_GIVEN,))
