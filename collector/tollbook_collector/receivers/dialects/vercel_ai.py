"""The AI SDK of Vercel, its present telemetry.

Recognised by the scope `gen_ai` or by `ai.settings.*`. `invoke_agent {model}` sums up its `chat {model}` children and
carries what the application said of the user. Input: inclusive, as of version 6 of the SDK.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook.work import Work
from tollbook_collector.receivers.dialects.business import tags_of, work_of
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record, Scalar

CONTEXT = "ai.settings.context."
_USERS = ("userEmail", "userId", "user_id", "user")


def recognise(record: Record) -> bool:
    return record.scope == "gen_ai" or record.has_any("ai.settings.")


def read(record: Record) -> Sighting | Problem | None:
    return told_by(record, Source.OTEL, Counting.INCLUSIVE, work=work_under(record, CONTEXT))


def work_under(record: Record, prefix: str) -> Work:
    """What an application said of its call, on the call or on what is around it."""
    given: dict[str, Scalar] = dict(record.texts_under(prefix))
    user = next((str(given[name]) for name in _USERS if name in given), None)
    tags = tags_of((name, value) for name, value in given.items() if name not in _USERS)
    return work_of(Evidence.METADATA, tags, user=user)


DIALECT = Dialect("vercel_ai", recognise, read, GENAI, prefixes=(CONTEXT,))
