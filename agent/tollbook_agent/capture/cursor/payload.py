"""What a Cursor hook is told, into an observation. Pure.

`stop` and `afterAgentResponse` name a generation (one answer of the agent, of many provider calls) and its counts; both
may report the same one, and then their claims join. `input_tokens` includes what the cache held and took where it is
large enough to (reported of Cursor 3.24); smaller, it cannot, and the counts are marked as partial. No Cursor event
tells when a generation began.
"""

import codecs
import re
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from tollbook.identity import Id
from tollbook.problem import Problem
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook_agent.capture.observation import NOWHERE, Observation, Place

READER_EPOCH = 1
"""Raised when the counting of this reader is corrected."""
EVENTS = frozenset({"stop", "afterAgentResponse"})
WHERE = "cursor hook"
MAX_TEXT = 512
MAX_PATH = 4096
MAX_COUNT = 10**15
"""A counter beyond this is damage."""

_ADDRESS = re.compile(r"[^\s@]{1,64}@[^\s@]{1,190}")
_DRIVE = re.compile(r"/[A-Za-z]:(?=/|$)")
_STATUS = {"completed": None, "aborted": "interrupted", "error": "error"}
_MAKERS: tuple[tuple[re.Pattern[str], Provider], ...] = (
    (re.compile(r"claude"), Provider.ANTHROPIC),
    (re.compile(r"(?:^|/)(?:gpt-|chatgpt|codex|o[1-9](?:-|$))"), Provider.OPENAI),
    (re.compile(r"gemini"), Provider.GOOGLE),
    (re.compile(r"(?:composer|cursor)"), Provider.CURSOR),
)
_BASIS: Mapping[str, Basis] = {"provider": Basis.SHAPE, "scope.principal": Basis.CONFIGURED}
_DAMAGE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


class _Payload(Struct, gc=False):
    """The fields that are read; prompt, answer, transcript path and all others are passed over."""

    hook_event_name: str | None = None
    conversation_id: str | None = None
    generation_id: str | None = None
    model: str | None = None
    status: str | None = None
    workspace_roots: list[str] | None = None
    user_email: str | None = None
    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None


_decode = msgspec.json.Decoder(_Payload).decode


def read(raw: bytes, at_ns: int) -> tuple[Observation | None, list[Problem]]:
    """The observation of one hook event; `None` for an event that tells no counts.

    Args:
        at_ns: now, UTC nanoseconds: the event comes at the end of the generation.
    """
    try:
        payload = _decode(_utf8(raw))
    except _DAMAGE:
        return None, [_problem("payload_not_json")]
    if payload.hook_event_name not in EVENTS:
        return None, []
    generation = _name(payload.generation_id)
    if generation is None:
        return None, [_problem("event_without_id")]
    problems: list[Problem] = []
    usage, sure = _usage(payload, problems)
    model, email = _name(payload.model), payload.user_email or ""
    sighting = Sighting(
        source=Source.HOOK,
        tool=Tool.CURSOR,
        ids=(Id(IdKind.GENERATION, generation),),
        started_at=at_ns,
        ended_at=at_ns,
        quality=Quality.FINAL if sure and payload.status in (None, "completed") else Quality.PARTIAL,
        usage=usage,
        channel=Channel.CURSOR,
        provider=None if model is None else _maker(model),
        scope=Scope(principal=email.lower()) if _ADDRESS.fullmatch(email) else NO_SCOPE,
        model=model,
        status=_STATUS.get(payload.status or ""),
        session_id=_name(payload.conversation_id),
        purpose=Purpose.TURN,
        reader_epoch=READER_EPOCH,
        basis=_BASIS,
    )
    return Observation(sighting=sighting, place=_place(payload.workspace_roots)), problems


def _usage(payload: _Payload, problems: list[Problem]) -> tuple[Usage | None, bool]:
    """Disjoint counts, and whether it is certain what the input includes. Absent counts (aborted) are unknown."""
    counts = (payload.input_tokens, payload.output_tokens, payload.cache_read_tokens, payload.cache_write_tokens)
    if all(count is None for count in counts):
        return None, True
    fresh, output, read_, written = (count or 0 for count in counts)
    if min(fresh, output, read_, written) < 0 or max(fresh, output, read_, written) > MAX_COUNT:
        problems.append(_problem("count_out_of_range"))
        return None, True
    sure = fresh >= read_ + written
    if sure:
        fresh -= read_ + written
    else:
        problems.append(_problem("input_below_cache"))
    return Usage(input=fresh, cache_read=read_, cache_write=written, output=output), sure


def _maker(model: str) -> Provider | None:
    """Who made the model; `default` (Auto) and names nobody knows tell nothing."""
    name = model.lower()
    return next((provider for shape, provider in _MAKERS if shape.search(name)), None)


def _place(roots: list[str] | None) -> Place:
    """The workspace; of several nothing tells in which the turn worked. Windows writes `/c:/...`."""
    if roots is None or len(roots) != 1 or not roots[0] or len(roots[0]) > MAX_PATH:
        return NOWHERE
    root = roots[0]
    return Place(cwd=root[1:] if _DRIVE.match(root) else root, evidence=Evidence.METADATA)


def _utf8(raw: bytes) -> bytes:
    """Windows shells hand the JSON on with a byte order mark, or in UTF-16."""
    if raw.startswith(codecs.BOM_UTF8):
        return raw[len(codecs.BOM_UTF8) :]
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16").encode()
    return raw


def _name(text: str | None) -> str | None:
    return text if text and len(text) <= MAX_TEXT else None


def _problem(reason: str) -> Problem:
    return Problem(reason=reason, where=WHERE)
