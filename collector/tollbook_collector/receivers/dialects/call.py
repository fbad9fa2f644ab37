"""What a dialect found out about one call, made into a sighting: one place for ids, times and who bills. Pure."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from tollbook.checked import MAX_INT
from tollbook.identity import Id, classify, names_response
from tollbook.money import nano_usd
from tollbook.problem import Problem
from tollbook.sighting import NO_SCOPE, NO_WORK, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, IdKind, Purpose, Quality, Source, Tool
from tollbook.work import Work
from tollbook_collector.receivers.dialects.payer import payer_of
from tollbook_collector.receivers.plain import Record, Signal

MAX_ID = 200
"""Characters of an id; a longer one is none."""
UNIQUE_FROM = 16
"""Characters from which a response id without a provider's shape is believed to be unique: some gateways number their
answers from 1."""
MAX_COST_USD = Decimal(1_000_000)
"""An emitter's own price of one call beyond this is damage."""
READER_EPOCH = 1
"""Raised when the counting of the dialects is corrected."""

_STATUS = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an emitter told of a call. `provider` and `host` are as it spelt them."""

    source: Source
    usage: Usage | None
    provider: str | None = None
    provider_basis: Basis = Basis.OBSERVED
    host: str | None = None
    response_id: str | None = None
    request_id: str | None = None
    client_request_id: str | None = None
    gateway_call: str | None = None
    """A gateway's own id of the call, with the gateway's name and, where it has one, the attempt."""
    derived: str | None = None
    """Names the call where nothing else does; must be the same whenever the record is sent again."""
    anonymous: bool = False
    """The emitter names no call, and another observer of it does: without an id no call is opened."""
    model_requested: str | None = None
    model: str | None = None
    billed_as: str | None = None
    """The model as the provider knows it, where the emitter has names of its own."""
    tool: Tool = Tool.OTHER
    quality: Quality = Quality.FINAL
    billing: Billing | None = None
    service_tier: str | None = None
    speed: str | None = None
    session_id: str | None = None
    turn_id: str | None = None
    agent_id: str | None = None
    purpose: Purpose | None = None
    status: str | None = None
    cost_usd: Decimal | None = None
    scope: Scope = NO_SCOPE
    work: Work = NO_WORK
    lasted_ns: int = 0
    """Of a log record, which is written at the end of a call."""


def sighting_of(record: Record, told: Told) -> Sighting | Problem:
    """The sighting, or why there is none: a record without a time can be put into no month."""
    ended = max(record.started_at, record.ended_at)
    started = (record.started_at or ended) - told.lasted_ns
    if not 0 < started <= ended <= MAX_INT:
        return Problem(reason="record_without_time", where="otlp", remedy="Send start and end of each span.")
    model = told.model or told.billed_as or told.model_requested
    payer = payer_of(told.provider, told.host, told.billed_as, told.model, told.model_requested)
    billing = told.billing or (Billing.METERED if payer.metered else None)
    basis: dict[str, Basis] = {"channel": min(payer.basis, told.provider_basis), "provider": Basis.SHAPE}
    if told.billing is None:
        basis["billing"] = Basis.SHAPE
    if told.model is None:
        basis["model"] = Basis.CONFIGURED
    return Sighting(
        source=told.source,
        tool=told.tool,
        ids=_ids(record, told, payer.channel),
        started_at=started,
        ended_at=ended,
        quality=told.quality,
        usage=told.usage,
        channel=payer.channel,
        provider=payer.provider,
        billing=billing,
        scope=told.scope if told.scope.region or not payer.region else replace(told.scope, region=payer.region),
        model_requested=told.model_requested,
        model=model,
        service_tier=told.service_tier,
        speed=told.speed,
        status=told.status or _status(record),
        session_id=told.session_id,
        turn_id=told.turn_id,
        agent_id=told.agent_id,
        purpose=told.purpose,
        work=told.work,
        reported_cost_nano_usd=_cost(told.cost_usd),
        reader_epoch=READER_EPOCH,
        basis=basis,
    )


def text_shaped(value: str | None) -> str | None:
    """An id that may be one."""
    return value if value and len(value) <= MAX_ID and value.isprintable() and " " not in value else None


def _ids(record: Record, told: Told, channel: Channel | None) -> tuple[Id, ...]:
    """Typed by the field and by the shape. A name that only the emitter knows opens a call only where there are counts:
    an attempt that failed has no usage, and its gateway's id may be shared with the one that did not."""
    ids: list[Id] = []
    response = text_shaped(told.response_id)
    if response and (names_response(response) or response.startswith("req_") or len(response) >= UNIQUE_FROM):
        ids.append(classify(IdKind.RESPONSE, response))
    request = text_shaped(told.request_id)
    if request:
        ids.append(classify(IdKind.REQUEST, request))
    client = text_shaped(told.client_request_id)
    if client and channel is Channel.ANTHROPIC:
        ids.append(Id(IdKind.CLIENT_REQUEST, client))
    if told.usage is not None:
        gateway = text_shaped(told.gateway_call)
        if gateway:
            ids.append(Id(IdKind.GATEWAY_CALL, gateway))
        derived = text_shaped(told.derived) or _span(record)
        if derived and not ids and not told.anonymous:
            ids.append(Id(IdKind.DERIVED, derived))
    return tuple(dict.fromkeys(ids))


def _span(record: Record) -> str | None:
    """The span itself; a log record written inside it names the same."""
    return f"span:{record.trace_id}:{record.span_id}" if record.trace_id and record.span_id else None


def _status(record: Record) -> str | None:
    if not record.failed and not (record.signal is Signal.LOGS and record.text("error.type")):
        return None
    kind = record.text("error.type") or ""
    return f"error:{kind}" if _STATUS.fullmatch(kind) else "error"


def _cost(usd: Decimal | None) -> int | None:
    return nano_usd(usd) if usd is not None and 0 <= usd <= MAX_COST_USD else None
