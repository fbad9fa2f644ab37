"""The log readers by name: each takes whole lines and a state, and gives observations, problems and the next state."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from tollbook.problem import Problem
from tollbook_agent.capture import spool
from tollbook_agent.capture.logs import claude_code, codex
from tollbook_agent.capture.logs.discover import SPOOL
from tollbook_agent.capture.observation import Observation


class Read(NamedTuple):
    """What one piece of a file held."""

    observations: list[Observation]
    problems: list[Problem]
    state: str
    """The reader's state after the piece, as JSON."""


class LogReader(Protocol):
    """bytes -> facts. Pure: the same bytes and state always give the same facts."""

    def __call__(self, data: bytes, state: str, *, name: str, fallback_time: int) -> Read: ...


def _json(state: dict[str, Any]) -> str:
    return json.dumps(state, separators=(",", ":"), sort_keys=True)


def _claude_code(data: bytes, state: str, *, name: str, fallback_time: int) -> Read:
    before = claude_code.ClaudeState.from_json(json.loads(state)) if state else claude_code.EMPTY
    observations, problems, after = claude_code.read(data, before, name=name, fallback_time=fallback_time)
    return Read(observations, problems, _json(after.to_json()))


def _codex(data: bytes, state: str, *, name: str, fallback_time: int) -> Read:
    before = codex.CodexState.from_json(json.loads(state)) if state else codex.EMPTY
    observations, problems, after = codex.read(data, before, name=name, fallback_time=fallback_time)
    return Read(observations, problems, _json(after.to_json()))


def _spool(data: bytes, state: str, *, name: str, fallback_time: int) -> Read:
    observations, problems = spool.read(data, name)
    return Read(observations, problems, state)


READERS: Mapping[str, LogReader] = {"claude-code": _claude_code, "codex": _codex, SPOOL: _spool}

INFORMATIVE: frozenset[str] = claude_code.INFORMATIVE | codex.INFORMATIVE
"""Reasons that tell what a log cannot hold, not that something in it was unreadable."""
