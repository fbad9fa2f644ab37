"""Reader of Codex's rollouts: bytes of a `rollout-*.jsonl` into one sighting for each response of a model.

A `token_usage_record` is one completed response with its own id (since 2026). A `token_count` holds running totals of
the thread; its increase is a response unless a record said the same. Both carry a derived id, thread and running total,
so that the two, repeats and copies in forks join into one call whatever order they are read in.
"""

import re
from collections.abc import Callable
from typing import Any

from tollbook.identity import Id, classify
from tollbook.problem import Problem
from tollbook.vocabulary import IdKind
from tollbook_agent.capture.logs.codex_lines import MAX_LINE, rows
from tollbook_agent.capture.logs.codex_records import (
    SessionMeta,
    SettingsApplied,
    TaskStarted,
    TokenCount,
    TokenUsage,
    TurnContext,
    UsageRecord,
)
from tollbook_agent.capture.logs.codex_sighting import Context, observe
from tollbook_agent.capture.logs.codex_state import EMPTY, CodexState, Phase, Progress
from tollbook_agent.capture.logs.codex_surroundings import Surroundings
from tollbook_agent.capture.logs.codex_tally import INFORMATIVE, Tally
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
    reader.run(data)
    return reader.found, reader.tally.problems(), reader.after()


class _Reader:
    """The fold over the rows of one read."""

    def __init__(self, state: CodexState, tally: Tally, *, name: str, fallback_time: int) -> None:
        self._now = Surroundings(state)
        self.tally = tally
        self.found: list[Observation] = []
        self._file = _SUFFIX.sub("", name)
        self._fallback_time = fallback_time
        self._clock, self._marks, self._untold = state.progress.clock, state.progress.marks, state.progress.untold
        self._unpaired = state.progress.unpaired
        self._met = {*self._marks.tips, *self._marks.past}
        """At least all totals that the marks know: a new total is told from these without a look at each mark."""
        self._latest: TokenUsage | None = None
        """The total in the latest row with usage; nearly all that are repeated are repeated at once."""
        self._heard: list[str | None] = []
        """When the rows were written since the clock was last read: most rows only move it on."""

    def after(self) -> CodexState:
        """The state to go on from."""
        self._read_clock()
        progress = Progress(clock=self._clock, marks=self._marks, untold=self._untold, unpaired=self._unpaired)
        return self._now.state(progress)

    def run(self, data: bytes) -> None:
        """Apply all rows of whole lines."""
        now, heard = self._now, self._heard.append
        take: dict[type, Callable[[Any, float | None], None]] = {
            UsageRecord: self._record,
            TokenCount: self._count,
            SessionMeta: now.meta,
            TurnContext: now.turn_context,
            SettingsApplied: now.settings,
            TaskStarted: now.task,
        }
        for some in rows(data, self.tally):
            for row in some:
                heard(row.timestamp)
                payload = row.payload
                take[type(payload)](payload, row.ordinal)

    def _read_clock(self) -> bool:
        """Move the clock to the latest row that says when it was written; whether that is the very latest row."""
        heard, latest = self._heard, True
        while heard:
            written = nanoseconds(heard.pop())
            if written is not None:
                self._clock = written
                heard.clear()
                return latest
            latest = False
        return False

    def _record(self, record: UsageRecord, ordinal: float | None) -> None:
        """One completed response."""
        now = self._now
        spent = record.usage.vector() if record.usage else None
        total = self._total_of(record, spent)
        if total is not None and not self._is_met(total):
            self._advance(total, spent)
        self._unpaired = spent
        if now.is_inherited(ordinal):
            self.tally.add("inherited_row")
            return
        thread = record.thread_id or self._thread()
        counted = None if spent is None or spent == ZERO else total
        ids = (classify(IdKind.RESPONSE, record.response_id),) if record.response_id else ()
        if counted is not None:
            ids = (*ids, _derived(thread, counted))
        if not ids:
            self.tally.add("record_malformed", "token_usage_record")
            return
        context = now.context()
        self._emit(context, ids, spent, None, record.turn_id, record.session_id)
        self._untold = None if context.session.told or thread != self._thread() else counted

    def _is_met(self, total: Vector) -> bool:
        """Whether the marks know a total."""
        return total in self._met and self._marks.seen(total)

    def _advance(self, total: Vector, last: Vector | None) -> Vector | None:
        """Mark a total that was not met before; its increase, `None` where that is unknown."""
        self._met.add(total)
        self._marks, spent = self._marks.advance(total, last)
        return spent

    def _total_of(self, record: UsageRecord, spent: Vector | None) -> Vector | None:
        """The thread's total after a record; where it is not written, what the total must come to."""
        self._latest = record.thread_token_usage
        if record.thread_token_usage:
            return record.thread_token_usage.vector()
        tips = self._marks.tips
        if spent is None or (not tips and self._copies()):
            return None
        return (tips[-1] if tips else ZERO).plus(spent)

    def _count(self, count: TokenCount, ordinal: float | None) -> None:
        """A running total: a response if it was not met before."""
        inherited = self._now.is_inherited(ordinal)
        if not inherited and count.rate_limits and count.rate_limits.plan_type:
            self._now.name_plan()
        info = count.info
        if info is None:
            return
        whole, used = info.total_token_usage, info.last_token_usage
        if whole is None:
            self.tally.add("usage_without_total")
        elif whole == self._latest or self._is_met(whole.vector()):
            if self._untold is not None and used:
                self._retell(whole.vector(), used.vector())
            self._unpaired = None
        else:
            total = whole.vector()
            if used is not None and used.vector() == self._unpaired:
                self._pair(total, inherited)
                self._latest = whole
                return
            ids = self._derived_ids(total)
            spent = self._advance(total, used.vector() if used else None)
            if spent is None and not self._copies():
                spent = total
            if inherited:
                self.tally.add("inherited_row")
            elif spent != ZERO:
                self._emit(self._now.context(), ids, spent, info.model)
        self._latest = whole

    def _pair(self, total: Vector, inherited: bool) -> None:
        """The count of a response that a record told of under another total: after a compaction Codex 0.169 counts the
        compaction itself in the one and not in the other."""
        self._advance(total, self._unpaired)
        self._unpaired = None
        if inherited:
            self.tally.add("inherited_row")

    def _retell(self, total: Vector, last: Vector) -> None:
        """A total met before is no response; but it may bring the plan that the record before it could not know."""
        context = self._now.context()
        if total == self._untold and context.session.told:
            self._emit(context, (_derived(self._thread(), total),), last)
            self._untold = None

    def _copies(self) -> bool:
        return self._now.thread is not None and self._now.thread.copies

    def _thread(self) -> str:
        return (self._now.thread.id if self._now.thread else "") or self._file

    def _derived_ids(self, total: Vector) -> tuple[Id, ...]:
        """The thread and its total; where the row may be a copy, the same for every ancestor.

        The ancestor's own rows carry the ancestor's id, copies in siblings the same ids: they join without anybody
        comparing files, and when the ancestor is deleted the siblings still join each other. In a fork that refers to
        its ancestor's history instead of copying it, only the first total can be a repeat of the ancestor's last.
        """
        phase = self._now.phase
        if phase is Phase.OPEN or (phase is Phase.OWN and self._copies() and not self._marks.tips):
            return tuple(_derived(thread, total) for thread in (self._thread(), *self._now.ancestors))
        return (_derived(self._thread(), total),)

    def _emit(
        self,
        context: Context,
        ids: tuple[Id, ...],
        spent: Vector | None,
        model: str | None = None,
        turn: str | None = None,
        session: str | None = None,
    ) -> None:
        """Report a response; counts that are unknown or contradict each other are reported as unknown."""
        usage = spent.usage() if spent is not None else None
        if usage is None:
            self.tally.add("usage_unknown" if spent is None else "usage_negative")
        if not self._read_clock():
            self.tally.add("time_missing")
        when = self._fallback_time if self._clock is None else self._clock
        self.found.append(observe(context, ids, usage, when, model, turn, session))


def _derived(thread: str, total: Vector) -> Id:
    return Id(IdKind.DERIVED, total.named(thread))


__all__ = ["EMPTY", "INFORMATIVE", "MAX_LINE", "CodexState", "read"]
