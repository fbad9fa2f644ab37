"""OpenTelemetry's GenAI conventions as they stand, old and new spellings: any emitter that has no dialect of its own.

Input: the convention says that `gen_ai.usage.input_tokens` holds all input, cached too. Emitters that hold their own
view are not told apart by anything but their numbers: more cache than input, or a total that adds the caches, proves
that the input excludes them.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.receivers.dialects.business import work_of
from tollbook_collector.receivers.dialects.call import Told, sighting_of
from tollbook_collector.receivers.dialects.counting import SEMCONV_NAMES, Counting, Reported, semconv, usage_of
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record, Signal

OPERATION = "gen_ai.operation.name"
DETAILS = "gen_ai.client.inference.operation.details"
"""The event of one call. It is written inside the call's span and names the same."""
CALLS: frozenset[str] = frozenset(
    {"chat", "text_completion", "generate_content", "embeddings", "completion", "responses", "messages", "rerank"}
)
"""Operations that are one call of a model. All others (`invoke_agent`, `execute_tool`, ...) sum up
calls or make none."""
NAMES: frozenset[str] = SEMCONV_NAMES | {
    OPERATION,
    "gen_ai.provider.name",
    "gen_ai.system",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "gen_ai.response.id",
    "gen_ai.conversation.id",
    "gen_ai.agent.name",
    "gen_ai.request.user",
    "openai.response.service_tier",
    "gen_ai.openai.response.service_tier",
    "session.id",
    "user.id",
    "user.email",
    "enduser.id",
    "server.address",
    "error.type",
}


def recognise(record: Record) -> bool:
    if record.signal is Signal.LOGS:
        return record.name == DETAILS
    return OPERATION in record.attributes or record.has_any("gen_ai.usage.", "gen_ai.system", "gen_ai.provider.name")


def read(record: Record) -> Sighting | Problem | None:
    return told_by(record, Source.OTEL, Counting.UNSAID)


def told_by(
    record: Record,
    source: Source,
    counting: Counting,
    reported: Reported | None = None,
    **more: object,
) -> Sighting | Problem | None:
    """The call of a record that follows the conventions; `more` replaces what a dialect knows better."""
    if record.attributes.get(OPERATION, "chat") not in CALLS:
        return None
    usage = usage_of(semconv(record) if reported is None else reported, counting)
    if isinstance(usage, Problem):
        return usage
    if usage is None and not record.failed and record.text("gen_ai.response.id") is None:
        return None
    told: dict[str, object] = {
        "provider": record.text("gen_ai.provider.name", "gen_ai.system"),
        "host": record.text("server.address"),
        "response_id": record.text("gen_ai.response.id"),
        "model_requested": record.text("gen_ai.request.model"),
        "model": record.text("gen_ai.response.model"),
        "service_tier": record.text("openai.response.service_tier", "gen_ai.openai.response.service_tier"),
        "session_id": record.text_above("gen_ai.conversation.id", "session.id"),
    }
    if "work" not in more:
        user = record.text_above("enduser.id", "user.id", "gen_ai.request.user")
        told["work"] = work_of(Evidence.METADATA, {}, engineer=record.text_above("user.email"), user=user)
    return sighting_of(record, Told(source=source, usage=usage, **(told | more)))  # pyright: ignore[reportArgumentType]


DIALECT = Dialect("genai", recognise, read, NAMES)
