"""OpenInference (Arize), the instrumentations and every emitter that follows its names.

Recognised by `openinference.span.kind`. Only the kinds LLM, EMBEDDING and RERANKER are calls; AGENT and CHAIN may
repeat their totals. Input: inclusive by the specification; some instrumentations passed on Anthropic's own, exclusive
count, which shows where the cache is larger than the input.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook.work import Work
from tollbook_collector.receivers.dialects.business import listed, tags_of, work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import Counting, Reported, usage_of
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record
from tollbook_collector.receivers.plain_document import document

KIND = "openinference.span.kind"
CALLS = frozenset({"LLM", "EMBEDDING", "RERANKER"})
_COUNT, _PROMPT, _COMPLETION = (
    "llm.token_count.",
    "llm.token_count.prompt_details.",
    "llm.token_count.completion_details.",
)
_ASKED = ("llm.request.model_name", "llm.input_model_name", "llm.model_name", "embedding.model_name")
_ANSWERED = ("llm.response.model_name", "llm.output_model_name")
NAMES: frozenset[str] = frozenset(
    {
        *(KIND, "llm.provider", "llm.system", "llm.cost.total", "session.id", "user.id", "user.email", "tag.tags"),
        *_ASKED,
        *_ANSWERED,
        *(f"{_COUNT}{name}" for name in ("prompt", "completion", "total")),
        *(f"{_PROMPT}{name}" for name in ("cache_read", "cache_write", "cache_creation", "cache_input")),
        *(f"{_COMPLETION}reasoning", "gen_ai.response.id", "llm.response.id", "server.address", "error.type"),
    }
)
DOCUMENTS = frozenset({"metadata"})


def recognise(record: Record) -> bool:
    return KIND in record.attributes


def read(record: Record) -> Sighting | Problem | None:
    return told_by(record, Source.OTEL)


def told_by(record: Record, source: Source) -> Sighting | Problem | None:
    """The call of a record in these names, as this or another emitter wrote it."""
    if (record.text(KIND) or "").upper() not in CALLS:
        return None
    text, count = record.text, record.count
    reported = Reported(
        input=count(f"{_COUNT}prompt"),
        output=count(f"{_COUNT}completion"),
        cache_read=count(f"{_PROMPT}cache_read"),
        cache_write=count(f"{_PROMPT}cache_write", f"{_PROMPT}cache_creation"),
        reasoning=count(f"{_COMPLETION}reasoning"),
        total=count(f"{_COUNT}total"),
    )
    usage = usage_of(reported, Counting.UNSAID)
    if isinstance(usage, Problem):
        return usage
    response = text("gen_ai.response.id", "llm.response.id")
    if usage is None and response is None and not record.failed:
        return None
    told = Told(
        source=source,
        usage=usage,
        provider=text("llm.provider", "llm.system"),
        host=text("server.address"),
        response_id=response,
        model_requested=text(*_ASKED),
        model=text(*_ANSWERED),
        session_id=record.text_above("session.id"),
        cost_usd=record.decimal("llm.cost.total"),
        work=_work(record),
    )
    return sighting_of(record, told)


def _work(record: Record) -> Work:
    metadata = document(record.text_above("metadata"))
    tags = tags_of([*listed(record.attributes.get("tag.tags")), *metadata.items()])
    engineer, user = record.text_above("user.email"), record.text_above("user.id")
    return work_of(Evidence.METADATA, tags, engineer=engineer, user=user)


DIALECT = Dialect("openinference", recognise, read, NAMES, documents=DOCUMENTS)
