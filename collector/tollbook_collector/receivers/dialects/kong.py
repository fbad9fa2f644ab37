"""Kong's AI gateway.

Recognised by the span `kong.gen_ai` or by `kong.*` attributes. Input: it has no counts of the cache, so what it calls
input may or may not hold them; its counts yield to those of any observer that knows more. The consumer stands on its
metrics only.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Quality, Source
from tollbook_collector.receivers.dialects.business import work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_CONSUMER = "kong.auth.consumer.name"
NAMES = GENAI | {_CONSUMER}


def recognise(record: Record) -> bool:
    return record.name.startswith("kong.gen_ai") or record.has_any("kong.")


def read(record: Record) -> Sighting | Problem | None:
    work = work_of(Evidence.GATEWAY_KEY, {}, user=record.text_above(_CONSUMER))
    return told_by(record, Source.GATEWAY, Counting.UNSAID, quality=Quality.PARTIAL, work=work)


DIALECT = Dialect("kong", recognise, read, NAMES)
