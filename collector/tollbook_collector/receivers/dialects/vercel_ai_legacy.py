"""The AI SDK of Vercel, its first telemetry (`ai.*` attributes).

Recognised by `ai.operationId` or `ai.model.*`. The outer span (`ai.generateText`) sums up; the leaf (`.doGenerate`,
`.doStream`, `.doEmbed`) is one call. Input: inclusive from version 6, which has `ai.usage.inputTokenDetails.*`; before,
inclusive but for Anthropic. Anthropic's own block, lifetimes included, stands in the provider's metadata and decides.
"""

from typing import Any

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Provider, Source
from tollbook_collector.receivers.dialects import provider_block
from tollbook_collector.receivers.dialects.counting import Counting, Reported
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.dialects.payer import payer_of
from tollbook_collector.receivers.dialects.vercel_ai import work_under
from tollbook_collector.receivers.plain import Record, whole
from tollbook_collector.receivers.plain_document import document, part

_OPERATION, _METADATA = "ai.operationId", "ai.telemetry.metadata."
_DETAILS, _OUTPUT = "ai.usage.inputTokenDetails.", "ai.usage.outputTokenDetails."
_PROVIDER_METADATA = "ai.response.providerMetadata"
_LEAVES = (".doGenerate", ".doStream", ".doEmbed")
NAMES = GENAI | {
    *(_OPERATION, "ai.model.id", "ai.model.provider", "ai.response.id", "ai.response.model"),
    *("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.outputTokens", "ai.usage.completionTokens"),
    *("ai.usage.tokens", "ai.usage.cachedInputTokens", "ai.usage.reasoningTokens"),
    *(f"{_DETAILS}{name}" for name in ("noCacheTokens", "cacheReadTokens", "cacheWriteTokens")),
    f"{_OUTPUT}reasoningTokens",
}


def recognise(record: Record) -> bool:
    return record.has_any(_OPERATION, "ai.model.")


def read(record: Record) -> Sighting | Problem | None:
    text, count = record.text, record.count
    if not (text(_OPERATION) or record.name).endswith(_LEAVES):
        return None
    named, model = text("ai.model.provider", "gen_ai.system"), text("ai.model.id", "gen_ai.request.model")
    metadata = part(document(text(_PROVIDER_METADATA)), "anthropic")
    block = provider_block.reported(part(metadata, "usage"))
    itemised = record.has_any(_DETAILS)
    anthropic = payer_of(named, None, model).provider is Provider.ANTHROPIC
    reported = Reported(
        input=count("ai.usage.inputTokens", "ai.usage.promptTokens", "gen_ai.usage.input_tokens", "ai.usage.tokens"),
        output=count("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"),
        cache_read=count(f"{_DETAILS}cacheReadTokens", "ai.usage.cachedInputTokens"),
        cache_write=count(f"{_DETAILS}cacheWriteTokens") if itemised else _written(metadata),
        reasoning=count(f"{_OUTPUT}reasoningTokens", "ai.usage.reasoningTokens"),
    )
    counting = Counting.EXCLUSIVE if anthropic and not itemised else Counting.INCLUSIVE
    if block is not None:
        reported, counting = block
    return told_by(
        record,
        Source.OTEL,
        counting,
        reported,
        provider=named,
        response_id=text("ai.response.id", "gen_ai.response.id"),
        model_requested=model,
        model=text("ai.response.model", "gen_ai.response.model"),
        work=work_under(record, _METADATA),
    )


def _written(metadata: dict[str, Any]) -> int | None:
    return whole(metadata.get("cacheCreationInputTokens"))


DIALECT = Dialect(
    "vercel_ai_legacy", recognise, read, NAMES, prefixes=(_METADATA,), documents=frozenset({_PROVIDER_METADATA})
)
