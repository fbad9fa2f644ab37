"""LiteLLM's proxy, the `otel` callback of its first engine.

Recognised by `hidden_params`, `metadata.usage_object`, `metadata.user_api_key_*` or `gen_ai.cost.*`. One call is the
span `litellm_request`; some versions put the same attributes on the proxy's root span, which then names the same call
by `litellm.call_id`. `raw_gen_ai_request` repeats it in the provider's words.

Input: inclusive (LiteLLM adds cache reads and writes to `prompt_tokens`). The span has no counts of the cache by
default; `metadata.usage_object` has, lifetimes included, in Python's notation.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Source
from tollbook_collector.receivers.dialects import litellm, provider_block
from tollbook_collector.receivers.dialects.counting import Counting, semconv
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import OPERATION, told_by
from tollbook_collector.receivers.plain import Record
from tollbook_collector.receivers.plain_document import document, part

_KEY = "metadata.user_api_key_"
DOCUMENTS = frozenset(
    {"hidden_params", "metadata.usage_object", "metadata.requester_metadata", "metadata.spend_logs_metadata"}
)
NAMES = GENAI | {
    OPERATION,
    "gen_ai.cost.total_cost",
    "gen_ai.cost.original_cost",
    "litellm.cache_hit",
    "litellm.call_id",
    "litellm.provider.model",
    "metadata.user_agent",
    *(
        _KEY + name
        for name in (
            *("alias", "user_id", "user_email", "team_id", "team_alias", "org_id", "org_alias", "project_id"),
            *("project_alias", "end_user_id"),
        )
    ),
}
_RAW = "raw_gen_ai_request"


def recognise(record: Record) -> bool:
    own = record.has_any("hidden_params", "metadata.usage_object", _KEY, "gen_ai.cost.")
    return own or (record.scope == "litellm" and record.name == _RAW)


def read(record: Record) -> Sighting | Problem | None:
    if record.name == _RAW or record.truth("litellm.cache_hit"):
        return None  # an answer from the gateway's own cache is billed by nobody
    text = record.text
    hidden = document(text("hidden_params"))
    asked = document(text("metadata.requester_metadata"))
    logged = document(text("metadata.spend_logs_metadata"))
    block = provider_block.reported(document(text("metadata.usage_object")))
    reported, counting = (semconv(record), Counting.INCLUSIVE) if block is None else block
    named = litellm.first_text((text("litellm.provider.model"), hidden.get("litellm_model_name")))
    return told_by(
        record,
        Source.GATEWAY,
        counting,
        reported,
        host=litellm.host_of(hidden.get("api_base")),
        request_id=litellm.provider_request_id(part(hidden, "additional_headers")),
        gateway_call=litellm.call_name(text("litellm.call_id")),
        billed_as=named,
        tool=litellm.tool_of(text("metadata.user_agent")),
        session_id=text("gen_ai.conversation.id")
        or litellm.first_text((asked.get("session_id"), logged.get("session_id"))),
        cost_usd=record.decimal("gen_ai.cost.total_cost", "gen_ai.cost.original_cost"),
        work=litellm.together(
            litellm.key_owner(
                team=record.text_above(f"{_KEY}team_alias"),
                team_id=record.text_above(f"{_KEY}team_id"),
                user=text(f"{_KEY}user_id"),
                email=text(f"{_KEY}user_email"),
                end_user=text(f"{_KEY}end_user_id"),
                alias=text(f"{_KEY}alias"),
                organization=text(f"{_KEY}org_alias", f"{_KEY}org_id"),
                extra={"project": text(f"{_KEY}project_alias", f"{_KEY}project_id")},
            ),
            litellm.requester(asked, logged),
        ),
    )


DIALECT = Dialect("litellm_v1", recognise, read, NAMES, documents=DOCUMENTS)
