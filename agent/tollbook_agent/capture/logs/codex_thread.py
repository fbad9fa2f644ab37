"""The file's own thread, as its first `session_meta` names it, and which turns are older than it."""

import re

import msgspec

from tollbook_agent.capture.logs.codex_records import DAMAGE, SessionMeta, SourceObject, Subagent, TaskStarted
from tollbook_agent.capture.logs.codex_state import Thread
from tollbook_agent.capture.logs.codex_time import SECOND, nanoseconds, uuid7_milliseconds

_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@")
_decode_source = msgspec.json.Decoder(SourceObject | str | None).decode
_decode_subagent = msgspec.json.Decoder(Subagent | str | None).decode


def thread_of(meta: SessionMeta) -> Thread:
    """The file's own thread."""
    base = meta.history_base
    parent, kind = _subagent(meta)
    ends = [end for end in (meta.subagent_history_start_ordinal, base and base.end_ordinal_exclusive) if end]
    return Thread(
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
        **git_of(meta),
    )


def _subagent(meta: SessionMeta) -> tuple[str | None, str | None]:
    """The spawning thread and the kind of a subagent."""
    try:
        source = _decode_source(meta.source or b"null")
        if not isinstance(source, SourceObject):
            return None, None
        subagent = _decode_subagent(source.subagent or b"null")
    except DAMAGE:
        return None, None
    if subagent is None or isinstance(subagent, str):
        return None, subagent
    spawn = subagent.thread_spawn
    return (spawn.parent_thread_id, "thread_spawn") if spawn else (None, "other")


def git_of(meta: SessionMeta) -> dict[str, str | None]:
    """Branch, commit and remote; the remote without the credentials its URL may hold: the state is stored."""
    git = meta.git
    if git is None:
        return {}
    remote = _USERINFO.sub(r"\1", git.repository_url) if git.repository_url else None
    return {"branch": git.branch, "commit": git.commit_hash, "remote_url": remote}


def is_copied(thread: Thread | None, task: TaskStarted) -> bool | None:
    """Whether a turn began before this thread was made; `None` where the rows do not say.

    `started_at` has whole seconds. Within one second the ids decide where both are of version 7: they hold the
    millisecond they were made in.
    """
    if thread is None or thread.born is None or task.started_at is None:
        return None
    born = thread.born // SECOND
    if task.started_at != born:
        return task.started_at < born
    turn_made, thread_made = uuid7_milliseconds(task.turn_id), uuid7_milliseconds(thread.id)
    return turn_made is not None and thread_made is not None and turn_made < thread_made
