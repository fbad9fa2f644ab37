"""Reader of Codex's rollouts: bytes of a `rollout-*.jsonl` into one sighting for each response of a model.

A `token_usage_record` is one completed response with its own id (since 2026). A `token_count` holds running totals of
the thread; its increase is a response unless a record said the same. Both carry a derived id, thread and running total,
so that the two, repeats and copies in forks join into one call whatever order they are read in.
"""

import re
from dataclasses import replace

from tollbook.identity import Id, classify
from tollbook.problem import Problem
from tollbook.vocabulary import IdKind
from tollbook_agent.capture.logs.codex_lines import MAX_LINE, Line, rows
from tollbook_agent.capture.logs.codex_records import (
    SessionMeta,
    SettingsApplied,
    TaskStarted,
    TokenCount,
    TurnContext,
    UsageRecord,
)
from tollbook_agent.capture.logs.codex_sighting import Context, Response, context, observe
from tollbook_agent.capture.logs.codex_state import EMPTY, CodexState, Phase, Progress
from tollbook_agent.capture.logs.codex_tally import INFORMATIVE, Tally
from tollbook_agent.capture.logs.codex_thread import (
    after_meta,
    after_settings,
    after_task,
    after_turn_context,
    is_inherited,
)
from tollbook_agent.capture.logs.codex_time import nanoseconds
from tollbook_agent.capture.logs.codex_vector import ZERO, Vector
from tollbook_agent.capture.observation import Observation

_SUFFIX = re.compile(r"\.jsonl(?:\.zst)?$")


def read(
    data: bytes, state: CodexState, *, name: str, fallback_time: int
) -> tuple[list[Observation], list[Problem], CodexState]:
    """Read whole lines of one rollout, from where `state` left off.

    `name` is the file's base name: it stands in Problems, and for the thread where the file names none. `fallback_time`
    (UTC nanoseconds) stands in where no line has a time yet. Any division of a file at line ends gives the same
    sightings. Never raises for what `data` holds.
    """
    reader = _Reader(state, Tally(name), name=name, fallback_time=fallback_time)
    for line in rows(data, reader.tally):
        reader.take(line)
    return reader.found, reader.tally.problems(), reader.after()


class _Reader:
    """The fold over the rows of one read."""

    def __init__(self, state: CodexState, tally: Tally, *, name: str, fallback_time: int) -> None:
        self._state = state
        self.tally = tally
        self.found: list[Observation] = []
        self._file = _SUFFIX.sub("", name)
        self._fallback_time = fallback_time
        self._clock, self._marks, self._untold = state.progress.clock, state.progress.marks, state.progress.untold
        self._known: Context | None = None

    def after(self) -> CodexState:
        """The state to go on from."""
        progress = Progress(clock=self._clock, marks=self._marks, untold=self._untold)
        return replace(self._state, progress=progress)

    def take(self, line: Line) -> None:
        """Apply one row."""
        payload, timestamp, ordinal = line
        written = nanoseconds(timestamp)
        if written is not None:
            self._clock = written
        match payload:
            case UsageRecord():
                self._record(payload, ordinal, timed=written is not None)
            case TokenCount():
                self._count(payload, ordinal, timed=written is not None)
            case SessionMeta():
                self._become(after_meta(self._state, payload, ordinal))
            case TurnContext():
                self._become(after_turn_context(self._state, payload, ordinal))
            case SettingsApplied():
                self._become(after_settings(self._state, payload))
            case TaskStarted():
                self._become(after_task(self._state, payload, ordinal))

    def _become(self, state: CodexState) -> None:
        if state is not self._state:
            self._state, self._known = state, None

    @property
    def _context(self) -> Context:
        """What the state says of a response, worked out when the first one needs it."""
        if self._known is None:
            self._known = context(self._state)
        return self._known

    def _record(self, record: UsageRecord, ordinal: float | None, *, timed: bool) -> None:
        """One completed response."""
        spent = record.usage.vector() if record.usage else None
        total = self._total_of(record, spent)
        if total is not None and not self._marks.seen(total):
            self._marks, _ = self._marks.advance(total, spent)
        if is_inherited(self._state, ordinal):
            self.tally.add("inherited_row")
            return
        thread = record.thread_id or self._thread()
        ids = [classify(IdKind.RESPONSE, record.response_id)] if record.response_id else []
        counted = total if spent not in (None, ZERO) else None
        if counted is not None:
            ids.append(_derived(thread, counted))
        if not ids:
            self.tally.add("record_malformed", "token_usage_record")
            return
        self._emit(tuple(ids), spent, timed=timed, turn=record.turn_id, session=record.session_id)
        self._untold = None if self._told() or thread != self._thread() else counted

    def _total_of(self, record: UsageRecord, spent: Vector | None) -> Vector | None:
        """The thread's total after a record; where it is not written, what the total must come to."""
        if record.thread_token_usage:
            return record.thread_token_usage.vector()
        tips = self._marks.tips
        if spent is None or (not tips and self._copies()):
            return None
        return (tips[-1] if tips else ZERO).plus(spent)

    def _count(self, count: TokenCount, ordinal: float | None, *, timed: bool) -> None:
        """A running total: a response if it was not met before."""
        inherited = is_inherited(self._state, ordinal)
        if count.rate_limits and count.rate_limits.plan_type and not inherited and not self._state.plan:
            self._become(replace(self._state, plan=True))
        info = count.info
        if info is None:
            return
        if info.total_token_usage is None:
            self.tally.add("usage_without_total")
            return
        total = info.total_token_usage.vector()
        last = info.last_token_usage.vector() if info.last_token_usage else None
        if self._marks.seen(total):
            self._repeat(total, last, timed=timed)
            return
        ids = self._derived_ids(total)
        self._marks, spent = self._marks.advance(total, last)
        if spent is None and not self._copies():
            spent = total
        if inherited:
            self.tally.add("inherited_row")
        elif spent != ZERO:
            self._emit(ids, spent, timed=timed, model=info.model)

    def _repeat(self, total: Vector, last: Vector | None, *, timed: bool) -> None:
        """A total met before is no response; but it may bring the plan that the record before it could not know."""
        if last is not None and total == self._untold and self._told():
            self._emit((_derived(self._thread(), total),), last, timed=timed)
            self._untold = None

    def _told(self) -> bool:
        """Whether the file told who pays."""
        return self._context.told

    def _copies(self) -> bool:
        return self._state.thread is not None and self._state.thread.copies

    def _thread(self) -> str:
        return (self._state.thread.id if self._state.thread else "") or self._file

    def _derived_ids(self, total: Vector) -> tuple[Id, ...]:
        """The thread and its total; where the row may be a copy, the same for every ancestor.

        The ancestor's own rows carry the ancestor's id, copies in siblings the same ids: they join without anybody
        comparing files, and when the ancestor is deleted the siblings still join each other. In a fork that refers to
        its ancestor's history instead of copying it, only the first total can be a repeat of the ancestor's last.
        """
        phase = self._state.phase
        may_be_copy = phase is Phase.OPEN or (phase is Phase.OWN and self._copies() and not self._marks.tips)
        threads = (self._thread(), *self._state.ancestors) if may_be_copy else (self._thread(),)
        return tuple(_derived(thread, total) for thread in threads)

    def _emit(
        self,
        ids: tuple[Id, ...],
        spent: Vector | None,
        *,
        timed: bool,
        model: str | None = None,
        turn: str | None = None,
        session: str | None = None,
    ) -> None:
        """Report a response; counts that are unknown or contradict each other are reported as unknown."""
        usage = spent.usage() if spent else None
        if spent is None:
            self.tally.add("usage_unknown")
        elif usage is None:
            self.tally.add("usage_negative")
        if not timed:
            self.tally.add("time_missing")
        when = self._fallback_time if self._clock is None else self._clock
        response = Response(ids=ids, usage=usage, when=when, model=model, turn=turn, session=session)
        self.found.append(observe(self._context, response))


def _derived(thread: str, total: Vector) -> Id:
    return Id(IdKind.DERIVED, f"{thread}:{total.text()}")


__all__ = ["EMPTY", "INFORMATIVE", "MAX_LINE", "CodexState", "read"]
