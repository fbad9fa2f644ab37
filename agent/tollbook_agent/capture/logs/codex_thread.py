"""What the rows around the usage say: whose thread it is, which lines are copied, model, tier, folder.

Each function takes the state before a row and gives the state after it.
"""

import re
from dataclasses import replace

import msgspec

from tollbook_agent.capture.logs.codex_records import (
    SessionMeta,
    SettingsApplied,
    SourceObject,
    Subagent,
    TaskStarted,
    TurnContext,
)
from tollbook_agent.capture.logs.codex_state import MAX_ANCESTORS, CodexState, Phase, Thread
from tollbook_agent.capture.logs.codex_time import SECOND, nanoseconds, uuid7_milliseconds

_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@")
_TIERS: dict[str, str] = {"fast": "priority"}
"""Codex's older word for the tier that OpenAI calls `priority`."""


def after_meta(state: CodexState, meta: SessionMeta, ordinal: float | None) -> CodexState:
    """The first `session_meta` is the file's own; one of another thread announces copied history."""
    thread = state.thread
    if thread is None:
        return _own(state, meta)
    if meta.id is None:
        return state
    if meta.id == thread.id:
        return replace(state, thread=replace(thread, **_git(meta))) if meta.git else state
    state = _with_ancestors(state, meta.id, meta.forked_from_id)
    opens = state.phase is Phase.OWN and (thread.own_from is None or ordinal is None)
    return replace(state, phase=Phase.OPEN) if opens else state


def _own(state: CodexState, meta: SessionMeta) -> CodexState:
    base = meta.history_base
    parent, kind = _subagent(meta)
    ends = [end for end in (meta.subagent_history_start_ordinal, base and base.end_ordinal_exclusive) if end]
    thread = Thread(
        id=meta.id or "",
        session=meta.session_id or meta.id or "",
        born=nanoseconds(meta.timestamp),
        parent=parent or meta.parent_thread_id,
        subagent=kind or ("subagent" if meta.thread_source == "subagent" else None),
        source=meta.thread_source,
        copies=bool(meta.forked_from_id or base),
        own_from=max(ends) if ends else None,
        account=meta.creator_account_id,
        cwd=meta.cwd,
        **_git(meta),
    )
    opens = thread.copies and thread.own_from is None
    state = replace(state, thread=thread, provider=meta.model_provider, phase=Phase.OPEN if opens else Phase.OWN)
    return _with_ancestors(state, meta.forked_from_id, base.thread_id if base else None)


def _subagent(meta: SessionMeta) -> tuple[str | None, str | None]:
    """The spawning thread and the kind of a subagent."""
    try:
        source = msgspec.json.decode(meta.source or b"null", type=SourceObject | str | None)
        if not isinstance(source, SourceObject):
            return None, None
        subagent = msgspec.json.decode(source.subagent or b"null", type=Subagent | str | None)
    except msgspec.DecodeError:
        return None, None
    if subagent is None or isinstance(subagent, str):
        return None, subagent
    spawn = subagent.thread_spawn
    return (spawn.parent_thread_id, "thread_spawn") if spawn else (None, "other")


def _git(meta: SessionMeta) -> dict[str, str | None]:
    """Branch, commit and remote; the remote without the credentials its URL may hold: the state is stored."""
    git = meta.git
    if git is None:
        return {}
    remote = _USERINFO.sub(r"\1", git.repository_url) if git.repository_url else None
    return {"branch": git.branch, "commit": git.commit_hash, "remote_url": remote}


def _with_ancestors(state: CodexState, *threads: str | None) -> CodexState:
    own = state.thread.id if state.thread else None
    known = dict.fromkeys([*state.ancestors, *(thread for thread in threads if thread and thread != own)])
    return replace(state, ancestors=tuple(known)[:MAX_ANCESTORS])


def after_task(state: CodexState, task: TaskStarted, ordinal: float | None) -> CodexState:
    """A turn begins. The first one that began after this thread was made ends the copied history."""
    phase = state.phase
    if _is_before_own(state, ordinal):
        return state
    if phase in (Phase.OPEN, Phase.INHERITED):
        copied = _is_copied(state, task)
        if copied is not None:
            phase = Phase.INHERITED if copied else Phase.SUFFIX
    return replace(state, phase=phase, turn=task.turn_id)


def _is_copied(state: CodexState, task: TaskStarted) -> bool | None:
    """Whether a turn began before this thread was made; `None` where the rows do not say.

    `started_at` has whole seconds. Within one second the ids decide where both are of version 7: they hold the
    millisecond they were made in.
    """
    thread = state.thread
    if thread is None or thread.born is None or task.started_at is None:
        return None
    born = thread.born // SECOND
    if task.started_at != born:
        return task.started_at < born
    turn_made, thread_made = uuid7_milliseconds(task.turn_id), uuid7_milliseconds(thread.id)
    return turn_made is not None and thread_made is not None and turn_made < thread_made


def after_turn_context(state: CodexState, turn: TurnContext, ordinal: float | None) -> CodexState:
    """Model and folder of the turn; what it does not name stays. An ancestor's folder is not ours, its model may be."""
    model, name, cwd = turn.model or state.model, turn.turn_id or state.turn, turn.cwd or state.cwd
    if is_inherited(state, ordinal):
        name, cwd = state.turn, state.cwd
    if (model, name, cwd) == (state.model, state.turn, state.cwd):
        return state  # older versions repeat the same context for every response
    return replace(state, model=model, turn=name, cwd=cwd)


def after_settings(state: CodexState, applied: SettingsApplied) -> CodexState:
    """A whole snapshot: a tier it does not name is unset. Another thread's settings are not ours."""
    settings, thread = applied.thread_settings, applied.thread_id
    if settings is None or (state.thread and thread and thread not in (state.thread.id, *state.ancestors)):
        return state
    tier = settings.service_tier
    return replace(
        state,
        settings_model=settings.model or state.settings_model,
        provider=settings.model_provider_id or state.provider,
        tier=_TIERS.get(tier, tier) if tier else None,
    )


def is_inherited(state: CodexState, ordinal: float | None) -> bool:
    """Whether a row is certainly a copy of an ancestor's."""
    return state.phase is Phase.INHERITED or _is_before_own(state, ordinal)


def _is_before_own(state: CodexState, ordinal: float | None) -> bool:
    own_from = state.thread.own_from if state.thread else None
    return own_from is not None and ordinal is not None and ordinal < own_from
