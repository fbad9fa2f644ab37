"""LiteLLM's proxy, its second engine (`LITELLM_OTEL_V2=1`).

Recognised by `litellm.cost.*`, `litellm.call_type`, `litellm.request.*` or `litellm.api_key.hash`. One call is the span
`chat {model}`; the server, auth and database spans around it carry no counts. The old names of the counts that it
repeats by default are passed over.

Input: inclusive, cache counts beside it. `gen_ai.request.model` is the name of a group of deployments;
`litellm.provider.model` names what was called.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Purpose, Source
from tollbook_collector.receivers.dialects import litellm
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record
from tollbook_collector.receivers.plain_document import document

_METADATA = "litellm.metadata."
_KEY = "user_api_key_"
_SPEND_LOGS, _REQUESTER = "spend_logs_metadata.", "requester_metadata."
NAMES = GENAI | {
    "litellm.cache_hit",
    "litellm.call_id",
    "litellm.call_type",
    "litellm.provider.model",
    "litellm.request.route",
    "litellm.request.purpose",
    "litellm.cost.total",
    "litellm.team.id",
    "litellm.team.alias",
    "litellm.end_user.id",
}
DOCUMENTS = frozenset({"litellm.team.metadata"})


def recognise(record: Record) -> bool:
    return record.has_any("litellm.cost.", "litellm.call_type", "litellm.request.", "litellm.team.", _METADATA)


def read(record: Record) -> Sighting | Problem | None:
    if record.truth("litellm.cache_hit"):
        return None
    text = record.text
    metadata = dict(record.texts_under(_METADATA))
    asked = {
        name.removeprefix(_SPEND_LOGS).removeprefix(_REQUESTER): value
        for name, value in metadata.items()
        if not name.startswith((_KEY, "requester_ip"))
    }
    purpose = text("litellm.request.purpose")
    return told_by(
        record,
        Source.GATEWAY,
        Counting.INCLUSIVE,
        gateway_call=litellm.call_name(text("litellm.call_id")),
        billed_as=text("litellm.provider.model"),
        purpose=Purpose.OTHER if purpose else None,
        cost_usd=record.decimal("litellm.cost.total"),
        work=litellm.together(
            litellm.key_owner(
                team=record.text_above("litellm.team.alias"),
                team_id=record.text_above("litellm.team.id"),
                user=litellm.first_text((metadata.get(f"{_KEY}user_id"),)),
                email=litellm.first_text((metadata.get(f"{_KEY}user_email"),)),
                end_user=text("litellm.end_user.id") or litellm.first_text((metadata.get(f"{_KEY}end_user_id"),)),
                alias=litellm.first_text((metadata.get(f"{_KEY}alias"),)),
                organization=litellm.first_text((metadata.get(f"{_KEY}org_id"),)),
                extra=document(record.text_above("litellm.team.metadata")),
            ),
            litellm.requester(asked),
        ),
    )


DIALECT = Dialect("litellm_v2", recognise, read, NAMES, prefixes=(_METADATA,), documents=DOCUMENTS)
