"""OpenLIT's instrumentations.

Recognised by the SDK's name in the resource or a scope of its name. Input: **exclusive** for Anthropic, whose own count
it passes on under the convention's name (its `total_tokens` adds no cache either); inclusive for all others.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Provider, Source
from tollbook_collector.receivers.dialects.business import work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.dialects.payer import payer_of
from tollbook_collector.receivers.plain import Record

_SDK, _SESSION = "telemetry.sdk.name", "coding_agent.session.id"
NAMES = GENAI | {_SDK, _SESSION, "gen_ai.usage.cost", "gen_ai.application_name"}


def recognise(record: Record) -> bool:
    return record.resource.get(_SDK) == "openlit" or record.scope.startswith("openlit")


def read(record: Record) -> Sighting | Problem | None:
    text = record.text
    named, model = text("gen_ai.provider.name", "gen_ai.system"), text("gen_ai.request.model", "gen_ai.response.model")
    anthropic = payer_of(named, None, model).provider is Provider.ANTHROPIC
    return told_by(
        record,
        Source.OTEL,
        Counting.EXCLUSIVE if anthropic else Counting.INCLUSIVE,
        session_id=record.text_above("gen_ai.conversation.id", _SESSION, "session.id"),
        cost_usd=record.decimal("gen_ai.usage.cost"),
        work=work_of(Evidence.METADATA, {}, user=text("gen_ai.request.user", "user.id", "enduser.id")),
    )


DIALECT = Dialect("openlit", recognise, read, NAMES)
