"""A call to a model of OpenAI's as an Observation: what the protocols have in common."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from tollbook.identity import Id, classify
from tollbook.problem import Problem
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, IdKind, Provider, Purpose, Quality, Source
from tollbook_agent.capture.anthropic_usage import MAX_TEXT
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.codex_caller import Caller
from tollbook_agent.capture.wire.exchange import KEY_CLASS, NOTHING, Found
from tollbook_agent.capture.wire.openai_usage import UNKNOWN, Counted

READER_EPOCH = 1
"""Raised when the counting of these readers is corrected."""
INTERRUPTED = "interrupted"
"""Status of an answer that broke off: the usage comes at the end, so nobody on the wire knows it."""
FAILED = "failed"

type Headers = Mapping[str, str]


class Payer(NamedTuple):
    """Who bills for a call, as host and path tell."""

    channel: Channel
    billing: Billing
    scope: Scope = NO_SCOPE
    request_ids: tuple[str, ...] = ("x-request-id",)
    """The response headers that name the single request."""
    names_model: bool = True
    """Whether `model` of the request is a model's name; Azure has its customers' own names for deployments there."""
    answered: Callable[[Scope, Headers], Scope] | None = None
    """What the response's headers add to the scope."""
    basis: Mapping[str, Basis] = {}


class Ended(NamedTuple):
    """How a call ended, in the words of its protocol."""

    at_ns: int
    response_id: str | None
    status: str | None
    model: str | None = None
    service_tier: str | None = None
    counted: Counted = UNKNOWN
    quality: Quality = Quality.FINAL

    @property
    def usage(self) -> Usage | None:
        """The counts, where they are known."""
        return self.counted.usage


class Asked(NamedTuple):
    """A call that was asked for."""

    payer: Payer
    caller: Caller
    started_at: int
    requested: str | None
    headers: Headers
    """Of the request."""
    problems: tuple[Problem, ...] = ()
    prewarm: bool = False
    """Prepares state, generates nothing."""


def observe(asked: Asked, ended: Ended, answer: Headers, where: str) -> Found:
    """The observation of a call that came to an end, with the Problems met on the way.

    `answer` are the response's headers. Without any id no call can be told from another: that is a Problem alone.
    """
    problems = list(asked.problems)
    if ended.counted.fault is not None:
        problems.append(Problem(reason=ended.counted.fault.reason, where=where, detail=ended.counted.fault.detail))
    ids = _ids(ended.response_id, answer, asked.payer)
    if not ids:
        problems.append(Problem(reason="call_without_id", where=where))
        return Found((), tuple(problems))
    payer, caller = asked.payer, asked.caller
    sighting = Sighting(
        source=Source.PROXY,
        tool=caller.tool,
        ids=ids,
        started_at=asked.started_at,
        ended_at=max(asked.started_at, ended.at_ns),
        quality=ended.quality,
        usage=ended.usage,
        channel=payer.channel,
        provider=Provider.OPENAI,
        billing=payer.billing,
        scope=_scope(payer, asked.headers, answer),
        model_requested=asked.requested if payer.names_model else None,
        model=ended.model or None,
        service_tier=ended.service_tier or None,
        status=ended.status or None,
        session_id=caller.session_id,
        turn_id=caller.turn_id,
        agent_id=caller.agent_id,
        parent_agent_id=caller.parent_agent_id,
        purpose=Purpose.PREWARM if asked.prewarm else caller.purpose,
        reader_epoch=READER_EPOCH,
        basis=payer.basis,
    )
    return Found((Observation(sighting=sighting, place=caller.place),), tuple(problems))


def refused(asked: Asked) -> Found:
    """A call that was turned away: nothing is billed, nothing is booked; what could not be read is still said."""
    return Found((), asked.problems) if asked.problems else NOTHING


def name(value: str | int | bool | None) -> str | None:
    """A text that may be a name: neither empty nor endless."""
    return value if isinstance(value, str) and 0 < len(value) <= MAX_TEXT else None


def _ids(response_id: str | None, answer: Headers, payer: Payer) -> tuple[Id, ...]:
    found = [classify(IdKind.RESPONSE, response_id)] if response_id else []
    for header in payer.request_ids:
        value = name(answer.get(header))
        if value:
            found.append(classify(IdKind.REQUEST, value))
    return tuple(dict.fromkeys(found))


def _scope(payer: Payer, asked: Headers, answer: Headers) -> Scope:
    """Which account is billed: what host and path say, what the response adds, the class of the key."""
    scope = payer.scope
    if payer.answered is not None:
        scope = payer.answered(scope, answer)
    key_class = asked.get(KEY_CLASS)
    return replace(scope, key_class=key_class) if key_class else scope
