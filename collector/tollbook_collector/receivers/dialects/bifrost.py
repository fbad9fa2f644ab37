"""Bifrost's gateway.

Recognised by `bifrost.*` attributes. One attempt is a `chat {model}` span; the root names the route and has no counts.
Attempts of one request share `bifrost.request.id`, so the attempt is part of the gateway's id of a call.

Input: inclusive by its documentation, and not for every provider sure; the numbers decide where they can. Lifetimes of
cache writes are under two names, one for each of OpenAI's interfaces.
"""

from dataclasses import replace

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, Source
from tollbook_collector.receivers.dialects.business import both, tags_of, work_of
from tollbook_collector.receivers.dialects.counting import Counting, semconv
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record

_DIMENSION = "x-bf-dim-"
_CHAT, _RESPONSES = "gen_ai.usage.prompt_token_details.", "gen_ai.usage.input_token_details."
_TAGS = ("virtual_key.name", "business_unit.name", "project.name", "app")
NAMES = GENAI | {
    *(f"{prefix}cached_write_tokens{life}" for prefix in (_CHAT, _RESPONSES) for life in ("", "_5m", "_1h")),
    *(f"{prefix}cached_read_tokens" for prefix in (_CHAT, _RESPONSES)),
    *(f"bifrost.{kind}.{part}" for kind in ("team", "customer", "user") for part in ("id", "name")),
    *(f"bifrost.{name}" for name in _TAGS),
    "bifrost.user.email",
    "bifrost.provider.name",
    "bifrost.request.id",
    "bifrost.retries",
    "bifrost.fallback_index",
    "bifrost.alias",
    "gen_ai.usage.cost",
}


def recognise(record: Record) -> bool:
    return record.has_any("bifrost.")


def read(record: Record) -> Sighting | Problem | None:
    text, count = record.text, record.count
    reported = semconv(record)
    reported = replace(
        reported,
        cache_read=reported.cache_read or count(f"{_CHAT}cached_read_tokens", f"{_RESPONSES}cached_read_tokens"),
        cache_write=reported.cache_write or count(f"{_CHAT}cached_write_tokens", f"{_RESPONSES}cached_write_tokens"),
        cache_write_5m=count(f"{_CHAT}cached_write_tokens_5m", f"{_RESPONSES}cached_write_tokens_5m"),
        cache_write_1h=count(f"{_CHAT}cached_write_tokens_1h", f"{_RESPONSES}cached_write_tokens_1h"),
    )
    named = text("bifrost.request.id")
    attempt = f"{count('bifrost.retries') or 0}.{count('bifrost.fallback_index') or 0}"
    return told_by(
        record,
        Source.GATEWAY,
        Counting.UNSAID,
        reported,
        provider=text("gen_ai.provider.name", "bifrost.provider.name", "gen_ai.system"),
        gateway_call=f"bifrost:{named}#{attempt}" if named else None,
        model_requested=text("bifrost.alias", "gen_ai.request.model"),
        billed_as=text("gen_ai.request.model"),
        cost_usd=record.decimal("gen_ai.usage.cost"),
        work=both(
            work_of(
                Evidence.GATEWAY_KEY,
                tags_of((name.removesuffix(".name"), record.text_above(f"bifrost.{name}")) for name in _TAGS),
                engineer=record.text_above("bifrost.user.email"),
                user=record.text_above("bifrost.user.name", "bifrost.user.id"),
                team=record.text_above("bifrost.team.name", "bifrost.team.id"),
                customer=record.text_above("bifrost.customer.name", "bifrost.customer.id"),
            ),
            work_of(Evidence.METADATA, tags_of(record.texts_under(_DIMENSION))),
        ),
    )


DIALECT = Dialect("bifrost", recognise, read, NAMES, prefixes=(_DIMENSION,))
