"""What Codex says of a call beside the prompt: the JSON of `x-codex-turn-metadata` and of `client_metadata`.

Names as observed of Codex 0.169.0. The workspaces are the git checkouts of the turn by their root, each with remotes
and commit; the branch is not among it. A prewarm names neither turn nor workspace.
"""

import re
from typing import Annotated

from msgspec import Meta, Raw, Struct, field
from msgspec.json import Decoder

from tollbook.vocabulary import Evidence, Purpose
from tollbook_agent.capture.anthropic_usage import Name
from tollbook_agent.capture.observation import NOWHERE, Place
from tollbook_agent.capture.wire.openai_usage import DAMAGE

MAX_METADATA = 262_144
"""Characters of turn metadata that are read: dozens of workspaces fit."""
MAX_PATH = 4_096
type _Path = Annotated[str, Meta(max_length=MAX_PATH)]

_USERINFO = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*://)[^/@]*@")
_ORIGIN = "origin"
_COMPACTIONS = frozenset({"compact", "compaction"})


class Workspace(Struct, frozen=True):
    """One checkout."""

    associated_remote_urls: dict[str, _Path] | None = None
    latest_git_commit_hash: Name | None = None


class TurnMetadata(Struct, frozen=True):
    """The fields that are read; everything else is passed over."""

    session_id: Name | None = None
    thread_id: Name | None = None
    turn_id: Name | None = None
    parent_thread_id: Name | None = None
    subagent_kind: Name | None = None
    thread_source: Name | None = None
    """`user`, `subagent`, `thread_title`, ..."""
    request_kind: Name | None = None
    """`turn`, `prewarm`, `compaction`, ..."""
    workspaces: Raw = field(default_factory=Raw)

    def place(self) -> Place:
        """Where the turn works.

        One workspace is the place. Several are sorted by path, and nothing says in which the turn stands: then there
        is no folder, only the remote if all of them share one.
        """
        try:
            found = _decode_workspaces(self.workspaces or b"null")
        except DAMAGE:
            return NOWHERE
        if not found:
            return NOWHERE
        remotes = {_remote(one) for one in found.values()}
        if len(found) > 1:
            remote = remotes.pop() if len(remotes) == 1 else None
            return Place(evidence=Evidence.METADATA, remote_url=remote) if remote else NOWHERE
        (folder, workspace), remote = next(iter(found.items())), remotes.pop()
        return Place(
            cwd=folder or None,
            evidence=Evidence.METADATA,
            commit=workspace.latest_git_commit_hash,
            remote_url=remote,
        )

    def purpose(self, agent: str | None) -> Purpose:
        """Why the call was made, in the words of the log's reader, which knows the thread but not the single call.

        `agent` is the kind of the subagent, if the thread is one's.
        """
        kind = self.request_kind
        if kind == "prewarm":
            return Purpose.PREWARM
        if kind in _COMPACTIONS or agent in _COMPACTIONS:
            return Purpose.COMPACTION
        if agent:
            return Purpose.SUBAGENT
        if self.thread_source == "thread_title":
            return Purpose.TITLE
        return Purpose.TURN if kind in (None, "turn") and self.thread_source in (None, "user") else Purpose.OTHER

    @property
    def subagent(self) -> str | None:
        """The kind of a subagent's thread; `None` for any other thread."""
        return self.subagent_kind or ("subagent" if self.thread_source == "subagent" else None)


EMPTY = TurnMetadata()
_decode = Decoder(TurnMetadata).decode
_decode_workspaces = Decoder(dict[_Path, Workspace] | None).decode


def turn_metadata(text: str | None) -> TurnMetadata | None:
    """The metadata, empty where there is none; `None` where it cannot be read."""
    if not text:
        return EMPTY
    if len(text) > MAX_METADATA:
        return None
    try:
        return _decode(text)
    except DAMAGE:
        return None


def _remote(workspace: Workspace) -> str | None:
    """`origin`, or the only remote there is; without the credentials that its URL may hold."""
    urls = workspace.associated_remote_urls or {}
    url = urls.get(_ORIGIN) or (next(iter(urls.values())) if len(urls) == 1 else None)
    return _USERINFO.sub(r"\1", url) if url else None
