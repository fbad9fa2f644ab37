"""All dialects, in the order they are asked: what writes names of its own before what follows a convention."""

from tollbook_collector.receivers.dialects import (
    bifrost,
    claude_code_logs,
    claude_code_traces,
    cloudflare,
    codex_logs,
    codex_traces,
    envoy,
    gemini_cli,
    genai,
    kong,
    litellm_v1,
    litellm_v2,
    logfire,
    openinference,
    openlit,
    openllmetry,
    portkey,
    tollbook_plain,
    vercel_ai,
    vercel_ai_legacy,
)
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import EVENT_NAME, Allowed, Record

DIALECTS: tuple[Dialect, ...] = (
    tollbook_plain.DIALECT,
    claude_code_logs.DIALECT,
    claude_code_traces.DIALECT,
    codex_logs.DIALECT,
    codex_traces.DIALECT,
    gemini_cli.DIALECT,
    litellm_v2.DIALECT,
    litellm_v1.DIALECT,
    bifrost.DIALECT,
    cloudflare.DIALECT,
    kong.DIALECT,
    portkey.DIALECT,
    vercel_ai_legacy.DIALECT,
    envoy.DIALECT,
    openinference.DIALECT,
    openlit.DIALECT,
    openllmetry.DIALECT,
    logfire.DIALECT,
    vercel_ai.DIALECT,
    genai.DIALECT,
)

ALLOWED = Allowed(
    names=frozenset({EVENT_NAME}).union(*(dialect.names for dialect in DIALECTS)),
    prefixes=tuple(sorted({prefix for dialect in DIALECTS for prefix in dialect.prefixes})),
    documents=frozenset[str]().union(*(dialect.documents for dialect in DIALECTS)),
)
"""Everything that is ever taken out of a record."""


def dialect_of(record: Record) -> Dialect | None:
    """The first dialect that recognises a record."""
    return next((dialect for dialect in DIALECTS if dialect.recognise(record)), None)
