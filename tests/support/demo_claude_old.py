"""Writes a session of the demo as Claude Code 2.1.20 did.

Versions before 2.1.97 wrote a response's first lines before its output was counted: their output tokens are those of
the begin of the stream, and no line has a stop reason.
"""

from datetime import datetime, timedelta
from typing import Any

from tests.support.demo_claude import session_id, stamp
from tests.support.demo_story import HOME, Call, Session
from tests.support.demo_text import Dice, code, listing, numbered, prose

VERSION = "2.1.20"
PLACEHOLDER = 3
"""Output tokens that the begin of a stream tells."""
_SPEECH = 900
_EDIT = 1300
Record = dict[str, Any]


class OldClaude:
    """The lines of one session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._dice = Dice(f"claude {session.name}")
        self._parent: str | None = None
        self._cwd = f"{HOME}/{session.repo}"
        self.records: list[Record] = []

    def write(self) -> list[Record]:
        """All records of the file, in order."""
        answers = self._session.moments()
        begin = answers[0] - timedelta(seconds=7)
        snapshot: Record = {"messageId": self._dice.uuid4(), "trackedFileBackups": {}, "timestamp": stamp(begin)}
        self.records.append({"type": "file-history-snapshot", "messageId": snapshot["messageId"], "snapshot": snapshot})
        self._chain(begin, {"type": "user", "message": {"role": "user", "content": self._session.prompt}})
        for number, (call, at) in enumerate(zip(self._session.calls, answers, strict=True)):
            self._respond(number, call, at)
        end = {"type": "system", "subtype": "turn_duration", "durationMs": 88_000, "isMeta": False}
        self._chain(answers[-1] + timedelta(seconds=1), end)
        return self.records

    def _chain(self, at: datetime, record: Record) -> None:
        frame = {"parentUuid": self._parent, "isSidechain": False, "userType": "external", "cwd": self._cwd}
        named = {"sessionId": session_id(self._session.name), "version": VERSION, "gitBranch": self._session.branch}
        self._parent = self._dice.uuid4()
        self.records.append({**frame, **named, **record, "uuid": self._parent, "timestamp": stamp(at)})

    def _respond(self, number: int, call: Call, at: datetime) -> None:
        dice = self._dice
        message, request = f"msg_01{dice.base62(22)}", f"req_011C{dice.base62(20)}"
        contents: list[Record] = [
            {"type": "text", "text": prose(dice, _SPEECH)} for _ in range(max(1, call.blocks - 1))
        ]
        if call.reads:
            tool = {"type": "tool_use", "id": f"toolu_01{dice.base62(22)}", "name": "Bash"}
            contents.append({**tool, "input": {"command": f"cat <<'EOF' > a.py\n{code(dice, _EDIT)}EOF"}})
        contents = contents[-call.blocks :]
        for block, content in enumerate(contents):
            last = block == len(contents) - 1
            said: Record = {"model": self._session.model, "id": message, "type": "message", "role": "assistant"}
            said |= {"content": [content], "stop_reason": None, "stop_sequence": None}
            said["usage"] = _usage(call, call.output if last else PLACEHOLDER)
            written = at - timedelta(milliseconds=2100 * (len(contents) - 1 - block))
            self._chain(written, {"message": said, "requestId": request, "type": "assistant"})
        if call.reads:
            self._result(number, call, contents[-1]["id"], at)

    def _result(self, number: int, call: Call, tool: str, at: datetime) -> None:
        """Progress of the tool, then what it printed."""
        size = call.reads * 1000
        running = {"type": "bash_progress", "output": "", "elapsedTimeSeconds": 2, "totalLines": 0}
        self._chain(at + timedelta(seconds=2), {"type": "progress", "data": running, "toolUseID": f"bash-{number}"})
        text = listing(self._dice, size) if number % 2 else numbered(code(self._dice, size))
        block = {"tool_use_id": tool, "type": "tool_result", "content": text, "is_error": False}
        kept = {"stdout": text, "stderr": "", "interrupted": False, "isImage": False}
        user = {"type": "user", "message": {"role": "user", "content": [block]}, "toolUseResult": kept}
        self._chain(at + timedelta(seconds=3), user)


def _usage(call: Call, output: int) -> Record:
    return {
        "input_tokens": call.input,
        "cache_creation_input_tokens": call.cache_write_5m,
        "cache_read_input_tokens": call.cache_read,
        "cache_creation": {"ephemeral_5m_input_tokens": call.cache_write_5m, "ephemeral_1h_input_tokens": 0},
        "output_tokens": output,
        "service_tier": "standard",
        "inference_geo": "not_available",
    }
