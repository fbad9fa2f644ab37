"""Writes a session of the demo as a recent Claude Code does (the shapes are those observed of 2.1.330)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from tests.support.demo_claude_head import VERSION, head, line_of, request_shape
from tests.support.demo_claude_usage import cost_state, usage_of
from tests.support.demo_story import HOME, Call, Session
from tests.support.demo_text import Dice, code, listing, numbered, prose

SIGNATURE = 1100
"""Characters of a thinking block's signature."""
_EDIT = 1300
_SPEECH = 560
Record = dict[str, Any]


def session_id(name: str) -> str:
    """The id of a session."""
    return Dice(f"session {name}").uuid4()


def agent_id(name: str) -> str:
    """The id of a subagent."""
    return "a" + Dice(f"agent {name}").hexadecimal(16)


def stamp(at: datetime) -> str:
    """ISO 8601 as Claude Code writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


class Claude:
    """The lines of one session, or of one subagent."""

    def __init__(self, session: Session, agents: Sequence[Session]) -> None:
        self._session = session
        self._agents = agents
        self._dice = Dice(f"claude {session.name}")
        self._cwd = f"{HOME}/{session.repo}"
        self._parent: str | None = None
        self._answers = session.moments()
        self._prompt_id = Dice(f"prompt {session.parent or session.name}").uuid4()
        self.records: list[Record] = []

    def write(self) -> list[Record]:
        """All records of the file, in order."""
        begin = self._answers[0] - timedelta(seconds=9)
        session, dice = self._session, self._dice
        if session.parent is None:
            for operation in ("enqueue", "dequeue"):
                said = {"content": session.prompt} if operation == "enqueue" else {}
                moved = {"type": "queue-operation", "operation": operation, "timestamp": stamp(begin)}
                self.records.append({**moved, "sessionId": self._id(), **said})
        user = {"promptId": self._prompt_id, "type": "user", "message": {"role": "user", "content": session.prompt}}
        self._chain(begin, user)
        for attachment in head(dice, self._cwd, session, begin):
            self._chain(begin, {"attachment": attachment, "type": "attachment"})
        shape = request_shape(dice)
        self._aside(begin, {"type": "api-request-shape", "shapeHash": dice.hexadecimal(64), "shape": shape})
        for number, (call, at) in enumerate(zip(session.calls, self._answers, strict=True)):
            self._respond(number, call, at)
        if session.parent is None:
            self._end()
        return self.records

    def _id(self) -> str:
        return session_id(self._session.parent or self._session.name)

    def _aside(self, at: datetime, record: Record) -> None:
        """A record beside the conversation."""
        agent = {"agentId": agent_id(self._session.name)} if self._session.parent else {}
        kind = {"type": record.pop("type"), "sessionId": self._id(), **agent}
        self.records.append({**kind, **record, "timestamp": stamp(at), "version": VERSION})

    def _chain(self, at: datetime, record: Record, after: Record | None = None) -> str:
        """A record of the conversation: linked to the one before it. Gives its id."""
        agent = agent_id(self._session.name) if self._session.parent else None
        made = self._dice.uuid4()
        frame = line_of(self._session, self._cwd, self._id(), agent)
        first, last = frame
        linked = {"parentUuid": self._parent, **first, **record, "uuid": made, "timestamp": stamp(at)}
        self.records.append({**linked, **(after or {}), **last})
        self._parent = made
        return made

    def _respond(self, number: int, call: Call, at: datetime) -> None:
        """The request, a line for each block of the response, and what its tool gave back."""
        dice, session = self._dice, self._session
        request = dice.uuid4()
        source = "agent:builtin:general-purpose" if session.parent else "repl_main_thread"
        parameters = {"model": session.model, "max_tokens": 128000, "thinking": {"type": "adaptive"}}
        tail = [dice.hexadecimal(64), dice.hexadecimal(64)]
        asked = {"type": "api-request", "id": request, "querySource": source, "params": parameters, "tail": tail}
        self._aside(at - timedelta(seconds=8), asked)
        message, request_id = f"msg_01{dice.base62(22)}", f"req_011C{dice.base62(20)}"
        usage = usage_of(call)
        contents = self._contents(number, call)
        stop = "tool_use" if call.reads else "end_turn"
        for block, content in enumerate(contents):
            said = {"id": message, "type": "message", "role": "assistant", "model": session.model, "content": [content]}
            said |= {"stop_reason": stop, "stop_sequence": None, "stop_details": None, "usage": usage}
            written = at - timedelta(milliseconds=1300 * (len(contents) - 1 - block))
            line = {"message": said, "apiBlockIndex": block, "requestId": request_id, "requestRef": request}
            cached = "1h" if call.cache_write_1h else "5m"
            line |= {"requestedModel": session.model, "promptCacheRequested": cached, "type": "assistant"}
            after = {"effort": "medium", "perTurnEffort": "medium", "madeBy": "model"}
            last = self._chain(written, line, after)
        if call.reads:
            self._result(number, call, contents[-1], last, at)  # pyright: ignore[reportPossiblyUnboundVariable]

    def _contents(self, number: int, call: Call) -> list[Record]:
        """The blocks of a response: thinking, text, a tool's call; the last ones of these."""
        dice = self._dice
        blocks: list[Record] = []
        if call.blocks > (2 if call.reads else 1):
            blocks.append({"type": "thinking", "thinking": "", "signature": dice.base64(SIGNATURE)})
        blocks.append({"type": "text", "text": prose(dice, _SPEECH)})
        if call.reads:
            name, given = self._tool(number, call)
            blocks.append({"type": "tool_use", "id": f"toolu_01{dice.base62(22)}", "name": name, "input": given})
        return blocks[-call.blocks :]

    def _tool(self, number: int, call: Call) -> tuple[str, Record]:
        if self._agents and number == 0:
            prompt = self._agents[0].prompt
            return "Agent", {"description": "look at the pipeline", "prompt": prompt, "subagent_type": "Explore"}
        if number == self._session.switches_after:
            branch = self._session.calls[number + 1].branch
            return "Bash", {"command": f"git push -q && git checkout -q {branch}", "description": "Switch branch"}
        path = f"{self._cwd}/src/{self._dice.pick(('basket', 'refund', 'ledger'))}.py"
        if call.blocks > 2:
            old = code(self._dice, _EDIT)
            return "Edit", {"file_path": path, "old_string": old, "new_string": code(self._dice, _EDIT)}
        if number % 2:
            return "Grep", {"pattern": "quantize", "path": self._cwd, "output_mode": "content"}
        return "Read", {"file_path": path}

    def _result(self, number: int, call: Call, used: Record, source: str, at: datetime) -> None:
        """What the tool printed, as the model gets it and as the program keeps it."""
        dice, size = self._dice, call.reads * 1000
        if used["name"] == "Agent":
            text, kept = self._agent_result(size)
        elif used["name"] == "Read":
            written = code(dice, size)
            lines = written.count("\n") + 1
            file = {"filePath": used["input"]["file_path"], "content": written, "numLines": lines, "startLine": 1}
            text, kept = numbered(written), {"type": "text", "file": {**file, "totalLines": lines}}
        else:
            text = listing(dice, size)
            kept = {"stdout": text, "stderr": "", "interrupted": False, "isImage": False}
        block = {"tool_use_id": used["id"], "type": "tool_result", "content": text, "is_error": False}
        user = {"promptId": self._prompt_id, "type": "user", "message": {"role": "user", "content": [block]}}
        decided = {"decision": "accept", "source": "config", "reasonType": "mode"}
        after = {"toolUseResult": kept, "sourceToolAssistantUUID": source, "permissionDecision": decided}
        self._chain(at + timedelta(seconds=25), user, after)

    def _agent_result(self, size: int) -> tuple[str, Record]:
        """A subagent's answer. The usage beside it is that of its last request only, which is in its own file too."""
        agent = self._agents[0]
        text = prose(self._dice, size)
        kept: Record = {"status": "completed", "agentId": agent_id(agent.name), "agentType": "Explore", "content": text}
        last = agent.calls[-1]
        kept |= {"totalTokens": last.input + last.cache_read + last.output, "totalToolUseCount": 2}
        return text, kept | {"resolvedModel": agent.model, "usage": usage_of(last)}

    def _end(self) -> None:
        """What stands at the end of a turn."""
        at, identity = self._answers[-1] + timedelta(seconds=1), {"sessionId": self._id()}
        self._chain(at, {"type": "system", "subtype": "turn_duration", "durationMs": 61_000, "isMeta": False})
        self.records.append({"type": "last-prompt", "lastPrompt": self._session.prompt, **identity})
        self.records.append({"type": "atis-latch", "atis": "", **identity})
        self.records.append(cost_state(self._id(), [self._session, *self._agents]))
