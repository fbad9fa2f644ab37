"""What the rows around the usage say of it: whose thread it is, which lines are copied, model, tier, folder."""

from dataclasses import replace

from tollbook_agent.capture.logs.codex_records import SessionMeta, SettingsApplied, TaskStarted, TurnContext
from tollbook_agent.capture.logs.codex_sighting import Context, Session, context, place, session
from tollbook_agent.capture.logs.codex_state import MAX_ANCESTORS, CodexState, Phase, Progress
from tollbook_agent.capture.logs.codex_thread import git_of, is_copied, thread_of
from tollbook_agent.capture.observation import Place

_TIERS: dict[str, str] = {"fast": "priority"}
"""Codex's older word for the tier that OpenAI calls `priority`."""


class Surroundings:
    """A `CodexState` while rows are read: moved on in place, because rows that change it are as many as responses.

    What it means for a response is worked out when the first one needs it, and kept until it changes.
    """

    __slots__ = (
        "_context",
        "_place",
        "_session",
        "ancestors",
        "cwd",
        "model",
        "own_from",
        "phase",
        "plan",
        "provider",
        "settings_model",
        "thread",
        "tier",
        "turn",
    )

    def __init__(self, state: CodexState) -> None:
        self.thread = state.thread
        self.own_from = state.thread.own_from if state.thread else None
        self.phase = state.phase
        self.ancestors = state.ancestors
        self.provider = state.provider
        self.plan = state.plan
        self.model = state.model
        self.settings_model = state.settings_model
        self.tier = state.tier
        self.turn = state.turn
        self.cwd = state.cwd
        self._session: Session | None = None
        self._place: Place | None = None
        self._context: Context | None = None

    def state(self, progress: Progress) -> CodexState:
        """The state to go on from."""
        return CodexState(
            thread=self.thread,
            phase=self.phase,
            ancestors=self.ancestors,
            provider=self.provider,
            plan=self.plan,
            model=self.model,
            settings_model=self.settings_model,
            tier=self.tier,
            turn=self.turn,
            cwd=self.cwd,
            progress=progress,
        )

    def context(self) -> Context:
        """What all this says of a response here."""
        known = self._context
        if known is None:
            if self._session is None:
                self._session = session(self.thread, self.phase, self.provider, plan=self.plan)
            if self._place is None:
                self._place = place(self.thread, self.cwd)
            model = self.model or self.settings_model
            known = self._context = context(self._session, self.turn, model, self.tier, self._place)
        return known

    def is_inherited(self, ordinal: float | None) -> bool:
        """Whether a row is certainly a copy of an ancestor's."""
        if ordinal is not None and self.own_from is not None and ordinal < self.own_from:
            return True
        return self.phase is Phase.INHERITED

    def _is_before_own(self, ordinal: float | None) -> bool:
        return ordinal is not None and self.own_from is not None and ordinal < self.own_from

    def name_plan(self) -> None:
        """A row named the ChatGPT plan."""
        if not self.plan:
            self.plan = True
            self._session = self._context = None

    def meta(self, meta: SessionMeta, ordinal: float | None) -> None:
        """The first `session_meta` is the file's own; one of another thread announces copied history."""
        thread = self.thread
        if thread is None:
            self._own(meta)
        elif meta.id == thread.id:
            if meta.git:
                self.thread = replace(thread, **git_of(meta))
        elif meta.id is not None:
            self._add_ancestors(meta.id, meta.forked_from_id)
            if self.phase is Phase.OWN and (thread.own_from is None or ordinal is None):
                self.phase = Phase.OPEN
        self._session = self._place = self._context = None

    def _own(self, meta: SessionMeta) -> None:
        base = meta.history_base
        thread = self.thread = thread_of(meta)
        self.own_from = thread.own_from
        self.provider = meta.model_provider
        self.phase = Phase.OPEN if thread.copies and thread.own_from is None else Phase.OWN
        self._add_ancestors(meta.forked_from_id, base.thread_id if base else None)

    def _add_ancestors(self, *threads: str | None) -> None:
        own = self.thread.id if self.thread else None
        known = dict.fromkeys([*self.ancestors, *(thread for thread in threads if thread and thread != own)])
        self.ancestors = tuple(known)[:MAX_ANCESTORS]

    def task(self, task: TaskStarted, ordinal: float | None) -> None:
        """A turn begins. The first one that began after this thread was made ends the copied history."""
        if self._is_before_own(ordinal):
            return
        if self.phase in (Phase.OPEN, Phase.INHERITED):
            copied = is_copied(self.thread, task)
            if copied is not None:
                self.phase = Phase.INHERITED if copied else Phase.SUFFIX
                self._session = None
        self.turn = task.turn_id
        self._context = None

    def turn_context(self, turn: TurnContext, ordinal: float | None) -> None:
        """Model and folder of the turn; what it does not name stays.

        An ancestor's folder is not ours, its model may be.
        """
        if turn.model and turn.model != self.model:
            self.model = turn.model
            self._context = None
        if self.is_inherited(ordinal):
            return
        if turn.turn_id and turn.turn_id != self.turn:
            self.turn = turn.turn_id
            self._context = None
        if turn.cwd and turn.cwd != self.cwd:
            self.cwd = turn.cwd
            self._place = self._context = None

    def settings(self, applied: SettingsApplied, _ordinal: float | None) -> None:
        """A whole snapshot: a tier it does not name is unset. Another thread's settings are not ours."""
        settings, thread = applied.thread_settings, applied.thread_id
        if settings is None or (self.thread and thread and thread not in (self.thread.id, *self.ancestors)):
            return
        tier, provider = settings.service_tier, settings.model_provider_id
        self.settings_model = settings.model or self.settings_model
        self.tier = _TIERS.get(tier, tier) if tier else None
        if provider and provider != self.provider:
            self.provider = provider
            self._session = None
        self._context = None
