"""Call: what all claims about one model call together conclude. Built only by `conclude`."""

from collections.abc import Mapping
from dataclasses import dataclass

from tollbook.identity import Id
from tollbook.sighting import Scope
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Work


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One model call, counted once. Times are UTC nanoseconds; `usage` is `None` when no observer saw it."""

    call_id: str
    ids: tuple[Id, ...]
    tool: Tool
    channel: Channel
    provider: Provider
    billing: Billing
    scope: Scope
    model_requested: str | None
    model: str | None
    started_at: int
    ended_at: int
    usage: Usage | None
    extra: Mapping[str, Usage]
    quality: Quality
    service_tier: str | None
    speed: str | None
    inference_geo: str | None
    status: str | None
    session_id: str | None
    turn_id: str | None
    agent_id: str | None
    parent_agent_id: str | None
    purpose: Purpose
    work: Work
    sources: tuple[Source, ...]
    flags: tuple[str, ...]
    reported_cost_nano_usd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One priced quantity of a call: one usage kind of one model.

    `list_nano_usd` is `None` when the price book has no row for it: unpriced, never zero. `row` names the price row.
    """

    model: str
    kind: str
    """A name of `usage.FIELDS`, except `reasoning` (part of output)."""
    quantity: int
    row: str | None
    list_nano_usd: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """The priced call. A replaceable projection: the same call and price book always give the same charge."""

    lines: tuple[Line, ...]
    list_nano_usd: int
    """Sum of the priced lines."""
    unpriced: bool
    """At least one line, or the whole usage, has no price."""
    flags: tuple[str, ...]
    price_book: str
    """Version of the book used."""
