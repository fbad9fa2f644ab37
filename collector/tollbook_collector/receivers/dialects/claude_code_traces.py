"""Claude Code's spans (beta). `claude_code.llm_request` is one call, with the same names as the event of that call and
the same request id, so that both are one claim; interactions and tools make no calls of their own.

Recognised by the names of the spans. Input: exclusive.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook_collector.receivers.dialects import claude_code
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record, Signal


def recognise(record: Record) -> bool:
    return record.signal is Signal.TRACES and record.name.startswith("claude_code.")


def read(record: Record) -> Sighting | Problem | None:
    return claude_code.call(record) if record.name == "claude_code.llm_request" else None


DIALECT = Dialect("claude_code_traces", recognise, read, claude_code.NAMES)
