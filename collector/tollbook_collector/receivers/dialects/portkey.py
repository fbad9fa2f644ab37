"""Portkey's gateway: one span a request.

Recognised by a scope or attributes of its name, or by its service name together with both spellings of the provider,
which it writes side by side. Input: what the provider said, by its documentation; the numbers decide where they can.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.receivers.dialects.business import tags_of, work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_METADATA = "portkey.metadata."
NAMES = GENAI | {"service.name", "portkey.trace_id", "gen_ai.usage.cost"}


def recognise(record: Record) -> bool:
    if record.scope.lower().startswith("portkey") or record.has_any("portkey."):
        return True
    service = record.resource.get("service.name")
    spelt_twice = "gen_ai.system" in record.attributes and "gen_ai.provider.name" in record.attributes
    return isinstance(service, str) and service.startswith("portkey") and spelt_twice


def read(record: Record) -> Sighting | Problem | None:
    return told_by(
        record,
        Source.GATEWAY,
        Counting.UNSAID,
        cost_usd=record.decimal("gen_ai.usage.cost"),
        work=work_of(
            Evidence.METADATA,
            tags_of(record.texts_under(_METADATA)),
            engineer=record.text("user.email"),
            user=record.text("user.id", "gen_ai.request.user"),
        ),
    )


DIALECT = Dialect("portkey", recognise, read, NAMES, prefixes=(_METADATA,))
