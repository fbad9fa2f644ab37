"""What the ids, names and versions in a transcript tell about a call."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import NamedTuple

from tollbook.identity import Id, classify, names_response
from tollbook.sighting import NO_SCOPE, Scope
from tollbook.vocabulary import Basis, Billing, Channel, IdKind, Provider, Purpose, Quality

NAMES_REMEMBERED = 1024
"""Models and versions of one machine are few."""
FINAL_USAGE_SINCE: tuple[int, ...] = (2, 1, 97)
"""From here on transcript lines carry the usage of the end of the stream (Claude Code's changelog)."""
FINAL_REASON_SINCE: tuple[int, ...] = (2, 1, 330)
"""From here on every line of a finished response has a stop reason (observed of 2.1.330; earlier versions wrote it on
the last line, if at all)."""
INTERRUPTED = "interrupted"

_VERSION = re.compile(r"(\d{1,6})\.(\d{1,6})\.(\d{1,6})")
_BEDROCK = re.compile(
    r"(?:(?P<geo>[a-z]{2,6})\.)?anthropic\.|arn:aws[a-z-]*:bedrock:(?P<region>[a-z0-9-]*):|.*-v\d+:\d+$"
)
_VERTEX = re.compile(r".*@20\d{6}$")
_PURPOSES: tuple[tuple[str, Purpose], ...] = (
    ("acompact-", Purpose.COMPACTION),
    ("aside_question-", Purpose.OTHER),
    ("aprompt_suggestion-", Purpose.OTHER),
)
"""Names Claude Code gives the agents it starts by itself."""


_RESPONSE, _REQUEST = IdKind.RESPONSE, IdKind.REQUEST
_id: Callable[[tuple[IdKind, str]], Id] = partial(tuple.__new__, Id)  # pyright: ignore[reportUnknownMemberType]
"""A pair as an `Id`, without the price of its constructor."""


class Payer(NamedTuple):
    """Who bills for a call, as far as its ids and model names tell."""

    channel: Channel | None
    provider: Provider | None
    billing: Billing | None
    scope: Scope


class Stage(NamedTuple):
    """How far the response had come when its line was written."""

    quality: Quality
    status: str | None


def ids_of(message_id: str | None, request_id: str | None) -> tuple[Id, ...]:
    """The ids of a response.

    A gateway may number its answers anew, from 1 or per process: an id that has no provider's shape is the gateway's,
    and only together with the request id is it one call's. A session never scopes an id: forks copy ids into others.
    """
    if message_id and request_id and message_id.startswith("msg_") and request_id.startswith("req_"):
        return _id((_RESPONSE, message_id)), _id((_REQUEST, request_id))
    request = classify(IdKind.REQUEST, request_id) if request_id else None
    if not message_id:
        return () if request is None else (request,)
    response = classify(IdKind.RESPONSE, message_id)
    if response.kind is IdKind.RESPONSE and not names_response(message_id):
        response = Id(IdKind.GATEWAY_CALL, f"{message_id}#{request_id}" if request_id else message_id)
    return (response,) if request is None or request == response else (response, request)


def payer_of(message_id: str, request_id: str, model: str, requested: str) -> Payer:
    """Who bills: from the shapes of ids first, then of model names."""
    if message_id.startswith("msg_0") and request_id.startswith("req_0"):
        return _payer(Channel.ANTHROPIC, model, requested)
    if message_id.startswith("msg_bdrk_"):
        return _payer(Channel.BEDROCK, model, requested)
    if message_id.startswith("msg_vrtx_") or request_id.startswith("req_vrtx_"):
        return _payer(Channel.VERTEX, model, requested)
    direct = message_id.startswith("msg_") and request_id.startswith("req_")
    return _payer(Channel.ANTHROPIC if direct else None, model, requested)


@lru_cache(maxsize=NAMES_REMEMBERED)
def _payer(channel: Channel | None, model: str, requested: str) -> Payer:
    bedrock = _BEDROCK.match(requested) or _BEDROCK.match(model)
    if channel is None:
        if bedrock:
            channel = Channel.BEDROCK
        elif _VERTEX.match(requested) or _VERTEX.match(model):
            channel = Channel.VERTEX
    anthropic = channel is not None or "claude" in model or "anthropic" in model
    clouds = (Channel.BEDROCK, Channel.VERTEX)
    return Payer(
        channel,
        Provider.ANTHROPIC if anthropic else None,
        Billing.METERED if channel in clouds else None,
        _bedrock_scope(bedrock) if bedrock and channel is Channel.BEDROCK else NO_SCOPE,
    )


def _bedrock_scope(name: re.Match[str]) -> Scope:
    """A Bedrock model name tells which endpoint it is for: `us.` and the like a geography, `global.` all regions."""
    region, geo = name["region"], name["geo"]
    if region is not None:
        return Scope(region=region or None)
    if geo is not None:
        return Scope(endpoint_scope="global" if geo == "global" else "geo")
    return Scope(endpoint_scope="regional") if name.group().startswith("anthropic.") else NO_SCOPE


@lru_cache(maxsize=NAMES_REMEMBERED)
def stage_of(stop_reason: str | None, version: str | None, begun: bool = False) -> Stage:
    """How much of the usage the writer of a line had seen.

    Without a stop reason: up to 2.1.96 a line held the counters of the begin of the stream. Later ones hold the last
    known, which are final only where the stream ended. `begun`: the counters look like those of a begin, whatever the
    stop reason says; observed of Claude Code 2.1.330 where a stream broke after a complete block.
    """
    if stop_reason:
        return Stage(Quality.PARTIAL if begun else Quality.FINAL, None)
    match = _VERSION.match(version or "")
    numbers: tuple[int, ...] = tuple(map(int, match.groups())) if match else ()
    if numbers < FINAL_USAGE_SINCE:
        return Stage(Quality.PLACEHOLDER, None)
    return Stage(Quality.PARTIAL, INTERRUPTED if numbers >= FINAL_REASON_SINCE else None)


def is_version(text: str | None) -> bool:
    """Whether a version has the form this reader compares."""
    return text is None or _VERSION.match(text) is not None


class Standing(NamedTuple):
    """What a call is within its session, and how its fields are known."""

    purpose: Purpose
    basis: Mapping[str, Basis]


@lru_cache(maxsize=NAMES_REMEMBERED)
def standing_of(agent_id: str | None, sidechain: bool, requester: bool, started: Basis | None) -> Standing:
    """Why the tool made the call, and how its fields are known.

    A line of the main chain outweighs a sidechain's copy of it: agents that Claude Code forks off (side questions,
    compaction) repeat the conversation so far as their own. `requestSessionId` outweighs both.

    Args:
        requester: the line names the session that made the request.
        started: how its time is known, `None` when it says so itself.
    """
    side = sidechain or bool(agent_id)
    place = Basis.SHAPE if side else Basis.CONFIGURED
    basis = {
        "channel": Basis.SHAPE,
        "provider": Basis.SHAPE,
        "billing": Basis.SHAPE,
        "scope.region": Basis.SHAPE,
        "scope.endpoint_scope": Basis.SHAPE,
        "status": Basis.SHAPE,
        "session_id": Basis.OBSERVED if requester else place,
        "agent_id": place,
        "purpose": place,
    }
    if started is not None:
        basis["started_at"] = started
    for prefix, purpose in _PURPOSES:
        if agent_id and agent_id.startswith(prefix):
            return Standing(purpose, basis)
    return Standing(Purpose.SUBAGENT if side else Purpose.TURN, basis)
