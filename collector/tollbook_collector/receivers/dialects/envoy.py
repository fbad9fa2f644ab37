"""Envoy's AI gateway, in either of its vocabularies: OpenInference's (its default) or OpenTelemetry's.

Recognised by its scope, or by the count `cache_creation` that only it writes among OpenInference's. Input: inclusive;
it adds the cache of providers that count it apart.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Source
from tollbook_collector.receivers.dialects import genai, openinference
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record

_SCOPES = ("envoyproxy/ai-gateway", "github.com/envoyproxy/ai-gateway", "ai-gateway", "envoy-ai-gateway", "aigateway")
_OWN_COUNT = "llm.token_count.prompt_details.cache_creation"


def recognise(record: Record) -> bool:
    if _OWN_COUNT in record.attributes:
        return True
    # Other gateways are "AI gateways" too: the vocabulary must be there as well.
    spoken = openinference.KIND in record.attributes or genai.OPERATION in record.attributes
    return spoken and record.scope.startswith(_SCOPES)


def read(record: Record) -> Sighting | Problem | None:
    if openinference.KIND in record.attributes:
        return openinference.told_by(record, Source.GATEWAY)
    return genai.told_by(record, Source.GATEWAY, Counting.INCLUSIVE)


DIALECT = Dialect("envoy", recognise, read, genai.NAMES | openinference.NAMES, documents=openinference.DOCUMENTS)
