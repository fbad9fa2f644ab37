"""One exchange in Anthropic's words, through whichever front: request and answer become an Observation.

An answer of 2xx is a call, whatever can be read of it: where its counts are unknown its usage is `None`, so that it is
neither missing nor priced as zero. An answer of 4xx or 5xx is refused and not billed: it gives no observation, and
nothing of it is read. Nor does an error event that stands in place of a message.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from tollbook.identity import Id
from tollbook.sighting import NO_SCOPE, Scope, Sighting
from tollbook.vocabulary import Basis, Billing, Channel, IdKind, Provider, Purpose, Source
from tollbook_agent.capture.anthropic_iterations import take_apart
from tollbook_agent.capture.anthropic_usage import NO_EXTRA, Parts, known
from tollbook_agent.capture.logs.claude_meaning import ids_of
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.anthropic_answers import Answer, JsonAnswer, SseAnswer, name
from tollbook_agent.capture.wire.anthropic_caller import PATHS, billing_of, caller_of
from tollbook_agent.capture.wire.anthropic_message import INTERRUPTED, Notes, Outcome
from tollbook_agent.capture.wire.exchange import KEY_CLASS, NOTHING, Found, Request, Response
from tollbook_agent.capture.wire.fields import Fields

READER_EPOCH = 1
"""Raised when the counting of these readers is corrected."""
_NO_BASIS: Mapping[str, Basis] = MappingProxyType({})
_TIER_HEADER = "x-amzn-bedrock-service-tier"

type MakeAnswer = Callable[[Response, Notes], Answer]


class Front(NamedTuple):
    """What host and path say of an exchange."""

    channel: Channel
    where: str
    """Names the front in Problems."""
    scope: Scope = NO_SCOPE
    metered: bool = True
    """False: the credential tells how it is paid."""
    request_ids: tuple[str, ...] = ("request-id",)
    """Response headers that name the request, the best first."""
    own_host: bool = False
    """Whether the host is Anthropic's own: only there a client's own request id names one call."""
    provider: Provider | None = Provider.ANTHROPIC
    requested: str | None = None
    """The model that is asked for, where the path names it."""
    names_model: bool = True
    """Whether `model` of the request is a model's name; Azure has its customers' own names for deployments there."""
    model: str | None = None
    """The model that serves, as far as the path tells; the answer knows better."""
    purpose: Purpose | None = None
    basis: Mapping[str, Basis] = _NO_BASIS


class AnthropicMessages:
    """A Reader of one exchange."""

    def __init__(self, request: Request, front: Front, make_answer: MakeAnswer | None = None) -> None:
        self._request = request
        self._front = front
        self._make_answer = make_answer
        self._notes = Notes(front.where)
        self._body = Fields(PATHS, f"{front.where} request")
        self._head: Response | None = None
        self._answer: Answer | None = None
        self._told = 0

    def request_data(self, data: bytes) -> None:
        """The next bytes of the request's body."""
        self._body.feed(data)

    def response(self, head: Response) -> None:
        """The response begins; one that refuses is not read."""
        if self._head is None and 200 <= head.status < 300:
            self._head = head
            make = self._make_answer or self._by_content
            self._answer = make(head, self._notes)

    def response_data(self, data: bytes, at_ns: int) -> Found:
        """The next bytes of the response's body."""
        return NOTHING if self._answer is None else self._found(self._answer.feed(data), at_ns)

    def end(self, at_ns: int, *, complete: bool) -> Found:
        """Nothing more comes. Whether the answer was whole its own last event tells, not the connection."""
        answer, self._answer = self._answer, None
        if answer is None:
            return NOTHING
        outcomes = answer.end()
        if complete and any(outcome.status == INTERRUPTED for outcome in outcomes):
            self._notes.add("message_unfinished")
        return self._found(outcomes, at_ns)

    def _by_content(self, head: Response, notes: Notes) -> Answer:
        """How the answer is framed: by its own word, else by what was asked for."""
        kind = head.headers.get("content-type", "")
        streams = "event-stream" in kind or ("json" not in kind and self._body.values.get("stream") is True)
        return SseAnswer(notes) if streams else JsonAnswer(notes)

    def _found(self, outcomes: list[Outcome], at_ns: int) -> Found:
        if outcomes:
            self._notes.keep(self._body.problem)
        observations = tuple(one for outcome in outcomes if (one := self._observe(outcome, at_ns)) is not None)
        problems = tuple(self._notes.all[self._told :])
        self._told += len(problems)
        return Found(observations, problems) if observations or problems else NOTHING

    def _observe(self, outcome: Outcome, at_ns: int) -> Observation | None:
        """The observation of one message; without any id no call can be told from another."""
        head, front = self._head, self._front
        ids = () if head is None else self._ids(outcome.message_id, head.headers)
        if head is None or not ids:
            self._notes.add("call_without_id")
            return None
        parts = self._parts(outcome)
        caller = caller_of(self._request.headers, self._body)
        basis = {**caller.basis, **front.basis}
        sighting = Sighting(
            source=Source.PROXY,
            tool=caller.tool,
            ids=ids,
            started_at=self._request.at_ns,
            ended_at=max(self._request.at_ns, at_ns),
            quality=outcome.quality,
            usage=parts.usage,
            extra=parts.extra,
            channel=front.channel,
            provider=front.provider,
            billing=Billing.METERED if front.metered else billing_of(self._request.headers, head.headers),
            scope=_scope(front, self._request.headers, head.headers, caller.account),
            model_requested=front.requested or (name(self._body.values.get("model")) if front.names_model else None),
            model=parts.model or self._inferred("model", front.model, basis),
            service_tier=self._service_tier(outcome, head, basis),
            speed=self._served(outcome, "speed", basis),
            inference_geo=self._served(outcome, "inference_geo", basis),
            status=outcome.status,
            session_id=caller.session_id,
            turn_id=caller.turn_id,
            agent_id=caller.agent_id,
            parent_agent_id=caller.parent_agent_id,
            purpose=front.purpose or caller.purpose,
            reader_epoch=READER_EPOCH,
            basis=basis,
        )
        return Observation(sighting=sighting)

    def _parts(self, outcome: Outcome) -> Parts:
        """The counts by model. Without its input side a block is unknown: absent is not zero."""
        if outcome.block is None or outcome.block.input_tokens is None:
            if outcome.block is not None:
                self._notes.add("usage_incomplete")
            return Parts(None, outcome.model, NO_EXTRA, ())
        parts = take_apart(outcome.block, model=outcome.model)
        for reason, detail in parts.faults:
            self._notes.add(reason, detail)
        return parts

    def _ids(self, message_id: str | None, headers: Mapping[str, str]) -> tuple[Id, ...]:
        """The message's id and the request's; the client's own where it names one call."""
        request_id = next((value for key in self._front.request_ids if (value := name(headers.get(key)))), None)
        ids = ids_of(message_id, request_id)
        client = name(self._request.headers.get("x-client-request-id")) if self._front.own_host else None
        return ids if client is None else (*ids, Id(IdKind.CLIENT_REQUEST, client))

    def _served(self, outcome: Outcome, field: str, basis: dict[str, Basis]) -> str | None:
        """Speed or geography as served; as asked for where the answer does not say."""
        served = None if outcome.block is None else known(getattr(outcome.block, field))
        if served is not None:
            return served
        asked = name(self._body.values.get(field))
        if asked is not None:
            basis[field] = Basis.CONFIGURED
        return asked

    def _service_tier(self, outcome: Outcome, head: Response, basis: dict[str, Basis]) -> str | None:
        """The tier as served. On Bedrock a header has Amazon's own word; failing all, the one that asked for it."""
        cloud = self._front.channel is Channel.BEDROCK
        served = name(head.headers.get(_TIER_HEADER)) if cloud else None
        if served is None and outcome.block is not None:
            served = known(outcome.block.service_tier)
        if served is None and cloud:
            served = name(self._request.headers.get(_TIER_HEADER))
            if served is not None:
                basis["service_tier"] = Basis.CONFIGURED
        return served

    @staticmethod
    def _inferred(field: str, value: str | None, basis: dict[str, Basis]) -> str | None:
        if value is not None:
            basis[field] = Basis.SHAPE
        return value


def _scope(front: Front, request: Mapping[str, str], response: Mapping[str, str], account: str | None) -> Scope:
    """Which account is billed: what the front tells, then what headers and body add."""
    scope = front.scope
    return replace(
        scope,
        organization=name(response.get("anthropic-organization-id")),
        workspace=scope.workspace
        or name(response.get("anthropic-workspace-id"))
        or name(request.get("anthropic-workspace-id")),
        account=scope.account or (account if front.own_host else None),
        region=scope.region or name(response.get("x-ms-region")),
        key_class=name(request.get(KEY_CLASS)),
    )
