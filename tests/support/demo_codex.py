"""Writes a session of the demo as a recent Codex does: a paginated rollout (shapes observed of 0.169)."""

import json
from datetime import datetime, timedelta
from typing import Any

from tests.support.demo_codex_head import commit_of, meta, opening
from tests.support.demo_story import HOME, Call, Session
from tests.support.demo_text import Dice, code, listing, prose

CONTEXT_WINDOW = 258_400
_SPEECH = 260
_SEALED = 480
Record = dict[str, Any]


def stamp(at: datetime) -> str:
    """ISO 8601 as Codex writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def begin_of(session: Session) -> datetime:
    """When the thread was made."""
    return session.moments()[0] - timedelta(seconds=14)


def thread_id(session: Session) -> str:
    """The id of a session's thread: of version 7, which begins with its time."""
    return Dice(f"thread {session.name}").uuid7(int(begin_of(session).timestamp() * 1000))


def counts(call: Call) -> dict[str, int]:
    """Tokens as OpenAI counts: the input includes what was read from and written to a cache."""
    whole = call.input + call.cache_read + call.cache_write
    return {
        "input_tokens": whole,
        "cached_input_tokens": call.cache_read,
        "cache_write_input_tokens": call.cache_write,
        "output_tokens": call.output,
        "reasoning_output_tokens": call.reasoning,
        "total_tokens": whole + call.output,
    }


def added(left: dict[str, int], right: dict[str, int]) -> dict[str, int]:
    """Class by class."""
    return {name: left.get(name, 0) + count for name, count in right.items()}


class Codex:
    """The lines of one thread."""

    def __init__(self, session: Session, root: Session | None) -> None:
        self._session = session
        self._root = root or session
        self._dice = Dice(f"codex {session.name}")
        self._cwd = f"{HOME}/{session.repo}"
        self._turn = Dice(f"turn {session.name}").uuid7(int(begin_of(session).timestamp() * 1000) + 90)
        self._sum: dict[str, int] = {}
        self.records: list[Record] = []

    def write(self) -> list[Record]:
        """All records of the file, in order."""
        session, begin = self._session, begin_of(self._session)
        root = thread_id(self._root)
        self._add(begin, "session_meta", meta(self._dice, session, thread_id(session), root, self._cwd, stamp(begin)))
        started = {"type": "task_started", "turn_id": self._turn, "root_turn_id": self._turn}
        seconds = int(begin.timestamp())
        self._add(begin, "event_msg", {**started, "started_at": seconds, "model_context_window": CONTEXT_WINDOW})
        for kind, payload in opening(self._dice, session, self._turn, thread_id(session), self._cwd):
            self._add(begin + timedelta(milliseconds=160), kind, payload)
        self._message(begin + timedelta(milliseconds=170), "user", session.prompt)
        for number, (call, at) in enumerate(zip(session.calls, session.moments(), strict=True)):
            self._respond(number, call, at)
        done = {"type": "task_complete", "turn_id": self._turn, "root_turn_id": self._turn, "duration_ms": 61_000}
        self._add(session.moments()[-1] + timedelta(milliseconds=40), "event_msg", done)
        return self.records

    def _add(self, at: datetime, kind: str, payload: Record) -> None:
        line = {"timestamp": stamp(at), "ordinal": len(self.records), "type": kind, "payload": payload}
        self.records.append(line)

    def _item(self, at: datetime, payload: Record) -> None:
        """A part of the conversation."""
        noted = {"internal_chat_message_metadata_passthrough": {"turn_id": self._turn}}
        kept = {"metadata": {"history_sequence": len(self.records), "client_authored": False}}
        self._add(at, "response_item", {**payload, **noted, **kept})

    def _message(self, at: datetime, role: str, text: str) -> None:
        kind = "input_text" if role == "user" else "output_text"
        made = f"msg_{self._dice.base36(43)}00000"
        content = [{"type": kind, "text": text}]
        item = {"type": "AgentMessage" if role == "assistant" else "UserMessage", "id": made, "content": content}
        self._completed(at, item)
        self._item(at, {"type": "message", "id": made, "role": role, "content": content})

    def _completed(self, at: datetime, item: Record) -> None:
        milliseconds = int(at.timestamp() * 1000)
        event = {"type": "item_completed", "thread_id": thread_id(self._session), "turn_id": self._turn, "item": item}
        self._add(at, "event_msg", {**event, "started_at_ms": milliseconds, "completed_at_ms": milliseconds})

    def _respond(self, number: int, call: Call, at: datetime) -> None:
        dice = self._dice
        sealed: Record = {"type": "reasoning", "id": f"rs_{dice.base36(43)}00000", "summary": [], "content": None}
        self._item(at - timedelta(seconds=3), {**sealed, "encrypted_content": dice.base64(_SEALED)})
        self._message(at - timedelta(seconds=1), "assistant", prose(dice, _SPEECH))
        called = f"call_{dice.base62(24)}"
        if call.reads:
            command = "git diff" if number else "sed -n 1,200p src/basket.py"
            asked = {"type": "function_call", "id": f"fc_{dice.base36(43)}00000", "name": "exec_command"}
            asked |= {"arguments": json.dumps({"cmd": command}), "call_id": called}
            self._item(at - timedelta(milliseconds=20), asked)
        self._usage(call, at)
        if call.reads:
            self._output(number, call, called, at + timedelta(seconds=2))
        self._total(call, at + timedelta(seconds=3))

    def _usage(self, call: Call, at: datetime) -> None:
        """The record of the response, which has its id."""
        used = counts(call)
        self._sum = added(self._sum, used)
        whose = {"thread_id": thread_id(self._session), "turn_id": self._turn, "session_id": thread_id(self._root)}
        named = {**whose, "root_turn_id": self._turn, "response_id": f"resp_{self._dice.hexadecimal(50)}"}
        sums = {"turn_token_usage": self._sum, "thread_token_usage": self._sum}
        self._add(at, "token_usage_record", {**named, "usage": used, **sums})

    def _total(self, call: Call, at: datetime) -> None:
        """The running totals, and where a plan pays its limits."""
        info: Record = {
            "total_token_usage": self._sum,
            "last_token_usage": counts(call),
            "last_usage_includes_reasoning": True,
        }
        info["model_context_window"] = CONTEXT_WINDOW
        window = {"used_percent": 12.0, "window_minutes": 300, "resets_at": int(at.timestamp()) + 9000}
        limits = {"limit_id": "codex", "primary": window, "secondary": None, "plan_type": "pro"}
        paid = limits if self._session.plan else None
        self._add(at, "event_msg", {"type": "token_count", "info": info, "rate_limits": paid})

    def _output(self, number: int, call: Call, called: str, at: datetime) -> None:
        """What a command printed, as the program keeps it and as the model gets it."""
        size = call.reads * 1000
        text = listing(self._dice, size) if number % 2 else code(self._dice, size)
        ran = {"type": "CommandExecution", "id": called, "cwd": f"file://{self._cwd}", "status": "completed"}
        self._completed(at, {**ran, "aggregated_output": text, "exit_code": 0})
        output = f"Chunk ID: {commit_of(called)[:6]}\nProcess exited with code 0\nOutput:\n{text}"
        self._item(at, {"type": "function_call_output", "call_id": called, "output": output})
