"""Claude Code's transcripts: bytes to observations.

One sighting for each response and stretch of lines that agree (`claude_draft`); a reader of several files or pieces
joins them by the response's id. Calls without a line in a transcript (titles, compaction, searches of the WebSearch
tool, interrupted retries) are not here: other sources or the bill have them.
"""

import re

from msgspec import MsgspecError

from tollbook.problem import Problem
from tollbook_agent.capture.anthropic_usage import Fault
from tollbook_agent.capture.logs.claude_careful import NOT_JSON, read_carefully
from tollbook_agent.capture.logs.claude_clock import Clock
from tollbook_agent.capture.logs.claude_draft import Draft, is_price
from tollbook_agent.capture.logs.claude_meaning import is_version
from tollbook_agent.capture.logs.claude_records import EVENT, KNOWN_TYPES, LINE, Event, Line, Message
from tollbook_agent.capture.logs.claude_scan import BLANK, MAX_RESULT_LINES, Found, Scan, type_at
from tollbook_agent.capture.logs.claude_state import EMPTY, MAX_SESSIONS, UNKNOWN, ClaudeState, Whereabouts
from tollbook_agent.capture.logs.claude_tally import INFORMATIVE, Tally
from tollbook_agent.capture.logs.claude_times import nanoseconds
from tollbook_agent.capture.observation import Observation

__all__ = ["EMPTY", "INFORMATIVE", "ClaudeState", "read"]

MAX_SEARCHES = 1000
"""Of one use of the WebSearch tool; more is damage."""
SYNTHETIC = "<synthetic>"
"""The model of messages the client wrote itself, such as errors: no call."""
_CONTENT = b'"content":['
_WEB_SEARCH = b'"WebSearch"'
_NAME_WITHIN = 256
"""Bytes from the begin of a message's content to the name of the tool its first block uses."""
_KIND = re.compile(r"[\w-]{1,40}", re.ASCII)
_REPOSITORY = re.compile(r"[\w.-]{1,100}(?:/[\w.-]{1,100}){1,3}", re.ASCII)
_UNREADABLE = (MsgspecError, UnicodeDecodeError, RecursionError, ArithmeticError)
"""What decoding raises on bytes that are not as expected."""


def read(
    data: bytes, state: ClaudeState, *, name: str, fallback_time: int
) -> tuple[list[Observation], list[Problem], ClaudeState]:
    """Read whole lines of one transcript.

    Args:
        data: whole lines, from where the last piece of the file ended.
        state: what the last piece left, `EMPTY` at the beginning of a file.
        name: the file's name without its folder, for Problems.
        fallback_time: UTC nanoseconds (the file was last written then), for a response that has no time and that
            nothing with a time stands before.

    Returns:
        The observations in the order of the file, what could not be read, and the state for the next piece. However a
        file is cut into pieces, the sightings join to the same claims. Never raises.
    """
    reader = _Reader(data, state, name, fallback_time)
    reader.run()
    return reader.done()


class _Reader:
    """The work of one `read`."""

    def __init__(self, data: bytes, state: ClaudeState, name: str, fallback_time: int) -> None:
        self._data = data
        self._sessions = dict(state.sessions)
        self._scan = Scan(data, state.result_lines)
        self._clock = Clock(data, state.last_time, fallback_time)
        self._draft: Draft | None = None
        self._version: str | None = None
        self._version_known = True
        self._observations: list[Observation] = []
        self._tally = Tally(name)

    def run(self) -> None:
        """Read all lines of interest."""
        for why, start, end in self._scan:
            match why:
                case Found.RESPONSE:
                    self._response(start, end)
                case Found.EVENT:
                    self._event(start, end)
                case Found.RESULT:
                    self._result(start, end)
                case Found.COST_STATE:
                    self._tally.add(Fault("cost_state_seen", ""))
                case Found.UNKNOWN:
                    self._tally.add(Fault("record_type_unknown", type_at(self._data, start, end)))
                case Found.NO_JSON:
                    self._tally.add(NOT_JSON)
                case Found.TOO_LONG:
                    self._tally.add(Fault("line_too_long", ""))

    def done(self) -> tuple[list[Observation], list[Problem], ClaudeState]:
        """What `read` returns."""
        self._flush()
        last = self._clock.before(len(self._data))
        state = ClaudeState(last_time=last, sessions=self._sessions, result_lines=self._scan.result_lines)
        return self._observations, self._tally.problems(), state

    def _response(self, start: int, end: int) -> None:
        """A line that may hold a response, or several glued together."""
        raw = self._data[start:end]
        try:
            line = LINE.decode(raw)
        except _UNREADABLE:
            whole = read_carefully(raw)
            for fault in whole.faults:
                self._tally.add(fault)
            for record, faults in whole.records:
                self._record(record, faults, start)
        else:
            self._record(line, [], start)
        place = raw.find(_CONTENT)
        if raw.find(_WEB_SEARCH, place, place + _NAME_WITHIN) >= 0:
            self._scan.result_lines = MAX_RESULT_LINES

    def _record(self, line: Line, faults: list[Fault], start: int) -> None:
        """One record; `faults` is what was wrong in it."""
        kind = line.type
        if kind == "progress":
            if not _unnest(line):
                return
        elif kind != "assistant":
            self._other(kind)
            return
        for fault in faults:
            self._tally.add(fault)
        message = line.message
        if line.cursor_version is not None:
            self._tally.add(Fault("foreign_record", ""))
        elif message is None or message.role not in (None, "assistant"):
            if not faults:
                self._tally.add(Fault("unexpected_shape", "message"))
        elif line.isApiErrorMessage or message.model == SYNTHETIC:
            self._tally.add(Fault("synthetic_error", ""))
        elif not message.id and not line.requestId:
            self._tally.add(Fault("no_id", ""))
        else:
            self._call(line, message, start)

    def _other(self, kind: str | None) -> None:
        """A record that only mentions an assistant."""
        if kind is None:
            self._tally.add(Fault("foreign_record", ""))
        elif kind not in KNOWN_TYPES:
            self._tally.add(Fault("record_type_unknown", kind if _KIND.fullmatch(kind) else ""))

    def _call(self, line: Line, message: Message, start: int) -> None:
        """A line of a response: of the one before, or the first of another."""
        time = nanoseconds(line.timestamp)
        basis = None
        if time is None:
            time, basis = self._clock.guess(start)
            self._tally.add(Fault("no_timestamp", ""))
        where = self._sessions.get(line.sessionId or "", UNKNOWN) if self._sessions else UNKNOWN
        if line.costUSD is not None and not is_price(line.costUSD):
            line.costUSD = None
            self._tally.add(Fault("unexpected_shape", "costUSD"))
        if line.version != self._version:
            self._version, self._version_known = line.version, is_version(line.version)
        if not self._version_known:
            self._tally.add(Fault("version_unknown", ""))
        draft = self._draft
        if draft is not None:
            if draft.absorb(line, message, time, basis, where):
                return
            self._observations.append(draft.finish())
        self._draft = draft = Draft(line, message, time, basis, where)
        for fault in draft.faults:
            self._tally.add(fault)

    def _flush(self) -> None:
        """The draft is complete."""
        if self._draft is not None:
            self._observations.append(self._draft.finish())
            self._draft = None

    def _event(self, start: int, end: int) -> None:
        """A record about the session: it holds for the session's later calls."""
        try:
            event = EVENT.decode(self._data[start:end].lstrip(BLANK))
        except _UNREADABLE:
            self._tally.add(Fault("unexpected_shape", type_at(self._data, start, end)))
            return
        session = event.sessionId or ""
        where = self._sessions.pop(session, UNKNOWN)
        if event.type == "worktree-state":
            tree = event.worktreeSession
            where = where._replace(worktree_branch=(tree.worktreeBranch if tree else event.worktreeBranch) or None)
        elif event.type == "pr-link":
            where = self._linked(event, where)
        if where != UNKNOWN:
            self._sessions[session] = where
            if len(self._sessions) > MAX_SESSIONS:
                del self._sessions[next(iter(self._sessions))]

    def _linked(self, event: Event, where: Whereabouts) -> Whereabouts:
        """The session opened a pull request, or was linked to one."""
        repository, number = event.prRepository or "", event.prNumber
        if number is None or number <= 0 or not _REPOSITORY.fullmatch(repository):
            self._tally.add(Fault("unexpected_shape", "pr-link"))
            return where
        return where._replace(pull_request=f"{repository}#{number}")

    def _result(self, start: int, end: int) -> None:
        """The result of a tool. WebSearch searches in calls of its own, which no transcript holds."""
        try:
            result = EVENT.decode(self._data[start:end]).toolUseResult
        except _UNREADABLE:
            return  # a text that only mentions the field
        if result is not None and result.searchCount is not None and 0 < result.searchCount <= MAX_SEARCHES:
            self._tally.add(Fault("web_search_outside_log", ""), result.searchCount)


def _unnest(line: Line) -> bool:
    """Put the subagent's line inside a `progress` record in the record's place; `False` if there is none."""
    data = line.data
    if data is None or data.type != "agent_progress" or data.message is None or data.message.type != "assistant":
        return False
    nested = data.message
    line.message = nested.message
    line.timestamp = nested.timestamp or line.timestamp
    line.requestId = nested.requestId
    line.isApiErrorMessage = nested.isApiErrorMessage
    line.agentId = data.agentId or line.agentId
    line.isSidechain = True
    line.type, line.data = "assistant", None
    return True
