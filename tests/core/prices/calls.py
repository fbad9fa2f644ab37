"""Calls to be priced, and moments to price them at."""

from datetime import UTC, datetime
from typing import Any

from tollbook.call import Call, Charge
from tollbook.prices import default_book, price
from tollbook.sighting import NO_SCOPE, NO_WORK, Scope
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel, Provider, Purpose, Quality, Tool

BOOK = default_book()
USD = 10**9
"""Nano-dollars per dollar."""


def moment(text: str) -> int:
    """`2026-08-21` or `2026-08-21T10:00:00` (UTC) in nanoseconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


AUTUMN = moment("2026-11-20T12:00:00")


def a_call(model: str | None, channel: Channel = Channel.ANTHROPIC, *, at: int = AUTUMN, **fields: Any) -> Call:
    """A final call that ended at `at`; usage kinds are given by name, everything else by the field's name."""
    counts = {name: fields.pop(name) for name in Usage.__dataclass_fields__ if name in fields}
    scope = {name: fields.pop(name) for name in ("endpoint_scope", "region") if name in fields}
    plain: dict[str, Any] = {
        "call_id": "0" * 32,
        "ids": (),
        "tool": Tool.OTHER,
        "channel": channel,
        "provider": Provider.OTHER,
        "billing": Billing.METERED,
        "scope": Scope(**scope) if scope else NO_SCOPE,
        "model_requested": None,
        "model": model,
        "started_at": at - 10**9,
        "ended_at": at,
        "usage": Usage(**counts),
        "extra": {},
        "quality": Quality.FINAL,
        "service_tier": None,
        "speed": None,
        "inference_geo": None,
        "status": None,
        "session_id": None,
        "turn_id": None,
        "agent_id": None,
        "parent_agent_id": None,
        "purpose": Purpose.TURN,
        "work": NO_WORK,
        "sources": (),
        "flags": (),
        "reported_cost_nano_usd": None,
    }
    return Call(**{**plain, **fields})


def charge(model: str | None, channel: Channel = Channel.ANTHROPIC, **fields: Any) -> Charge:
    """The charge of such a call by the packaged price book; `known_on` asks for what was known then."""
    known_on = fields.pop("known_on", None)
    return price(a_call(model, channel, **fields), BOOK, known_on=known_on)


def amounts(charged: Charge) -> dict[str, int | None]:
    """Kind to nano-dollars, of a charge with one model."""
    return {line.kind: line.list_nano_usd for line in charged.lines}
