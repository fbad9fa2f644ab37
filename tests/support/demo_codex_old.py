"""Writes a session of the demo as Codex 0.98 did: running totals only, no id of a response, and every total twice."""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.support.demo_codex import added, begin_of, counts, stamp, thread_id
from tests.support.demo_codex_head import commit_of
from tests.support.demo_story import HOME, REMOTES, Call, Session
from tests.support.demo_text import Dice, code, listing, prose

VERSION = "0.98.0"
CONTEXT_WINDOW = 258_400
_INSTRUCTIONS = 2400
_SPEECH = 260
_SEALED = 480
Record = dict[str, Any]


class OldCodex:
    """The lines of one thread."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dice = Dice(f"codex {session.name}")
        self._cwd = f"{HOME}/{session.repo}"
        self._sum: dict[str, int] = {}
        self.records: list[Record] = []

    def write(self) -> list[Record]:
        """All records of the file, in order."""
        session, begin = self._session, begin_of(self._session)
        git = {"commit_hash": commit_of(session.branch), "branch": session.branch}
        whose = {"id": thread_id(session), "timestamp": stamp(begin), "cwd": self._cwd, "originator": "codex_cli_rs"}
        told = {"cli_version": VERSION, "source": "cli", "model_provider": "openai"}
        instructions = {"base_instructions": {"text": prose(self._dice, _INSTRUCTIONS)}}
        git["repository_url"] = REMOTES[session.repo]
        self._add(begin, "session_meta", {**whose, **told, **instructions, "git": git})
        self._say(begin, "user", session.prompt)
        self._count(begin + timedelta(seconds=1), None)
        for number, (call, at) in enumerate(zip(session.calls, session.moments(), strict=True)):
            self._respond(number, call, at)
        return self.records

    def _add(self, at: datetime, kind: str, payload: Record) -> None:
        self.records.append({"timestamp": stamp(at), "type": kind, "payload": payload})

    def _say(self, at: datetime, role: str, text: str) -> None:
        event = "user_message" if role == "user" else "agent_message"
        self._add(at, "event_msg", {"type": event, "message": text})
        content = [{"type": "input_text" if role == "user" else "output_text", "text": text}]
        self._add(at, "response_item", {"type": "message", "role": role, "content": content})

    def _count(self, at: datetime, call: Call | None) -> None:
        """Without a call: a heartbeat, which has no counts."""
        info: Record | None = None
        if call is not None:
            info = {"total_token_usage": self._sum, "last_token_usage": _old(call)}
            info["model_context_window"] = CONTEXT_WINDOW
        self._add(at, "event_msg", {"type": "token_count", "info": info, "rate_limits": None})

    def _respond(self, number: int, call: Call, at: datetime) -> None:
        dice = self._dice
        context = {"cwd": self._cwd, "approval_policy": "never", "model": self._session.model, "summary": "auto"}
        self._add(at - timedelta(seconds=9), "turn_context", context)
        sealed: Record = {"type": "reasoning", "summary": [], "encrypted_content": dice.base64(_SEALED)}
        self._add(at - timedelta(seconds=2), "response_item", sealed)
        self._say(at - timedelta(seconds=1), "assistant", prose(dice, _SPEECH))
        self._sum = added(self._sum, _old(call))
        self._count(at, call)
        if call.reads:
            called = f"call_{dice.base62(24)}"
            asked = {"type": "function_call", "name": "shell", "arguments": json.dumps({"command": ["git", "diff"]})}
            self._add(at + timedelta(milliseconds=10), "response_item", {**asked, "call_id": called})
            self._count(at + timedelta(milliseconds=30), call)
            text = listing(dice, call.reads * 1000) if number % 2 else code(dice, call.reads * 1000)
            printed = {"type": "function_call_output", "call_id": called, "output": text}
            self._add(at + timedelta(seconds=4), "response_item", printed)


def _old(call: Call) -> dict[str, int]:
    """This version did not know of cache writes."""
    used = counts(call)
    del used["cache_write_input_tokens"]
    return used
