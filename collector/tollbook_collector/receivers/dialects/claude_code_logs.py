"""Claude Code's events. One `api_request` is one finished response; an `api_error` is a call that gave none.

Recognised by the names of the events; before the full name stood in the body, by the scope. Input: exclusive.
"""

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook_collector.receivers.dialects import claude_code
from tollbook_collector.receivers.dialects.dialect import Dialect
from tollbook_collector.receivers.plain import Record, Signal

_CALLS = frozenset({"api_request", "api_error"})
_PREFIX = "claude_code."


def recognise(record: Record) -> bool:
    own = record.name.startswith(_PREFIX) or record.scope.startswith(claude_code.SCOPE)
    return record.signal is Signal.LOGS and own


def read(record: Record) -> Sighting | Problem | None:
    return claude_code.call(record) if record.name.removeprefix(_PREFIX) in _CALLS else None


DIALECT = Dialect("claude_code_logs", recognise, read, claude_code.NAMES)
