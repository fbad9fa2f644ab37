"""Codex's spans. `handle_responses` carries the counts of one response, and no model, no conversation, no id.

Recognised by the module that wrote the span, or by `codex.*` attributes. Nothing in a span names the response, so no
call is opened; `session_task.turn` sums up a turn. Input: inclusive.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook.vocabulary import Source, Tool
from tollbook_collector.receivers.dialects.counting import Counting
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.dialects.genai import NAMES as GENAI
from tollbook_collector.receivers.dialects.genai import told_by
from tollbook_collector.receivers.plain import Record, Signal

_MODULE = "code.module.name"
NAMES = GENAI | {_MODULE, "codex.usage.total_tokens", "codex.turn.token_usage.total_tokens"}


def recognise(record: Record) -> bool:
    own = (record.text(_MODULE) or "").startswith("codex_") or record.has_any("codex.")
    return record.signal is Signal.TRACES and own


def read(record: Record) -> Sighting | Problem | None:
    if record.name != "handle_responses":
        return None
    return told_by(record, Source.OTEL, Counting.INCLUSIVE, anonymous=True, tool=Tool.CODEX, provider="openai")


DIALECT = Dialect("codex_traces", recognise, read, NAMES)
