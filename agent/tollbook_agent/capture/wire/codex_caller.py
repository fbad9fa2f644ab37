"""Which session, thread and turn of Codex made a call, as far as headers and metadata tell.

Session and agent are those that the log's reader finds for the same call: the session is the root thread's, an agent is
a subagent's own thread. Codex's `x-client-request-id` is its thread (observed of 0.169.0) and never the id of a call.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.json import Decoder

from tollbook.problem import Problem
from tollbook.vocabulary import Purpose, Tool
from tollbook_agent.capture.anthropic_usage import MAX_TEXT, Name
from tollbook_agent.capture.observation import NOWHERE, Place
from tollbook_agent.capture.wire.codex_metadata import EMPTY, turn_metadata
from tollbook_agent.capture.wire.openai_usage import DAMAGE

TURN_METADATA = "x-codex-turn-metadata"
_SUBAGENT = "x-openai-subagent"
_PARENT = "x-codex-parent-thread-id"
_CODEX = "codex"
"""How Codex's names of itself begin: `codex_exec`, `codex-tui`, `codex_vscode`, ..."""
_NO_HEADERS: Mapping[str, str] = {}


class ClientMetadata(Struct, frozen=True):
    """`client_metadata` of a request's body or of a frame."""

    metadata: str | None = field(default=None, name=TURN_METADATA)
    session_id: Name | None = None
    thread_id: Name | None = None
    turn_id: Name | None = None
    subagent: Name | None = field(default=None, name=_SUBAGENT)
    parent: Name | None = field(default=None, name=_PARENT)


class Caller(NamedTuple):
    """Who made a call, and where it was made from."""

    tool: Tool
    session_id: str | None = None
    turn_id: str | None = None
    agent_id: str | None = None
    parent_agent_id: str | None = None
    purpose: Purpose | None = None
    place: Place = NOWHERE


_NOBODY = ClientMetadata()
_OTHER = Caller(Tool.OTHER)
_decode = Decoder(ClientMetadata | None).decode


def caller(
    headers: Mapping[str, str], told: bytes | None, where: str, *, own_headers: bool
) -> tuple[Caller, tuple[Problem, ...]]:
    """Who made a call, and what could not be read.

    `told` is the `client_metadata` as it is written. `own_headers`: the headers were sent for this very call; those of
    a socket's upgrade were sent for its first one, and hold for a thread's later calls only in what is the thread's.
    """
    problems: list[Problem] = []
    client = _client(told, where, problems)
    text = (headers.get(TURN_METADATA) if own_headers else None) or client.metadata
    if not (text or _is_codex(headers)):
        return _OTHER, tuple(problems)
    metadata = turn_metadata(text)
    if metadata is None:
        problems.append(Problem(reason="turn_metadata_unreadable", where=where))
        metadata = EMPTY
    thread = metadata.thread_id or client.thread_id
    if thread and thread != headers.get("thread-id", thread):
        headers = _NO_HEADERS  # they are another thread's
    thread = thread or _name(headers.get("thread-id"))
    session = metadata.session_id or client.session_id
    session = session or _name(headers.get("session-id") or headers.get("session_id")) or thread
    agent = metadata.subagent or client.subagent or _name(headers.get(_SUBAGENT))
    parent = metadata.parent_thread_id or client.parent or _name(headers.get(_PARENT))
    found = Caller(
        tool=Tool.CODEX,
        session_id=session or None,
        turn_id=metadata.turn_id or client.turn_id or None,
        agent_id=(thread or session or None) if agent else None,
        parent_agent_id=(parent or None) if agent else None,
        purpose=metadata.purpose(agent),
        place=metadata.place(),
    )
    return found, tuple(problems)


def _client(told: bytes | None, where: str, problems: list[Problem]) -> ClientMetadata:
    """The metadata of the body; the one of other tools may have any form, and says nothing here."""
    try:
        return _decode(told or b"null") or _NOBODY
    except DAMAGE as error:
        problems.append(Problem(reason="client_metadata_unreadable", where=where, detail=type(error).__name__))
        return _NOBODY


def _is_codex(headers: Mapping[str, str]) -> bool:
    """Whether a program calls itself Codex."""
    names = (headers.get("originator", ""), headers.get("user-agent", ""))
    return any(name.lower().startswith(_CODEX) for name in names)


def _name(text: str | None) -> str | None:
    return text if text and len(text) <= MAX_TEXT else None
