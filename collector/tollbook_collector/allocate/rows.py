"""Rows: what allocation works on, one for each part of a bill cell that belongs to one piece of work.

Reconciliation gives them (a cell apportioned over the calls behind it, and its `untracked` rest), or, where no bill has
come, the booked calls themselves. A call of several tickets arrives as one row a ticket, its money already split.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from operator import attrgetter

MEASURES: tuple[str, ...] = ("list", "billed", "effective")
"""The three amounts. They are never added together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationRow:
    """Money and tokens of one (day, bill cell, piece of work). `None` is "nobody knows"; texts are never empty."""

    day: int
    """UTC accounting day: days since 1970-01-01."""
    channel: str
    model: str
    token_class: str
    """input, cache_read, cache_write_5m, ... output, web_searches; `seat`, `tax` and the like for other lines."""
    kind: str = "usage"
    """usage, purchase, tax, credit or adjustment: FOCUS's charge categories, lower case."""
    service_tier: str | None = None
    organization: str | None = None
    account: str | None = None
    workspace: str | None = None
    project: str | None = None
    principal: str | None = None
    region: str | None = None
    api_key: str | None = None
    """The provider's own public hint of a key, never a key."""
    tool: str | None = None
    engineer: str | None = None
    ticket: str | None = None
    repo: str | None = None
    branch: str | None = None
    session: str | None = None
    customer: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    """Ascending by name, each name once."""
    document: str | None = None
    """The id of the bill document the money comes from; `None`: an estimate."""
    bucket: str | None = None
    """The named remainder that the money sits in: rounding, fx, idle_seat, ...; `None` for ordinary money."""
    period: str | None = None
    """The month whose bill or calls it is of, 2026-10; its day may lie before: cycles and adjustments."""
    untracked: bool = False
    """Billed, and no call behind it was seen. Its scope, and with luck its engineer, are the best known owner."""
    calls: int = 0
    tokens: int = 0
    list_nano_usd: int
    billed_nano_usd: int | None = None
    """`None`: no bill has come for it."""
    effective_nano_usd: int | None = None
    """Billed with seats and commitments spread over use; `None` as above."""


ATTRIBUTES: tuple[str, ...] = (
    "channel",
    "model",
    "token_class",
    "kind",
    "service_tier",
    "organization",
    "account",
    "workspace",
    "project",
    "principal",
    "region",
    "api_key",
    "tool",
    "engineer",
    "ticket",
    "repo",
    "branch",
    "session",
    "customer",
    "document",
    "bucket",
)
"""The texts of a row that rules may look at, beside `day`, `untracked`, `tags` and what is derived from a ticket."""

AMOUNTS: tuple[str, ...] = ("list_nano_usd", "billed_nano_usd", "effective_nano_usd")

type LeafKey = tuple[object, ...]

_SUMMED = ("calls", "tokens", *AMOUNTS)
_KEYS = tuple(field.name for field in fields(AllocationRow) if field.name not in _SUMMED)
_key = attrgetter(*_KEYS)


def leaf_key(row: AllocationRow) -> LeafKey:
    """Everything of a row but its figures."""
    return _key(row)


def amounts(row: AllocationRow) -> tuple[int | None, int | None, int | None]:
    """(list, billed, effective) in nano-dollars."""
    return row.list_nano_usd, row.billed_nano_usd, row.effective_nano_usd


def _plus(one: int | None, other: int | None) -> int | None:
    return other if one is None else one if other is None else one + other


def leaves(rows: Iterable[AllocationRow]) -> list[AllocationRow]:
    """Rows of one key summed, in an order that does not depend on the order given. Sums and their sum are kept."""
    found: dict[LeafKey, AllocationRow] = {}
    for row in rows:
        key = _key(row)
        other = found.get(key)
        found[key] = row if other is None else _sum(other, row)
    return [found[key] for key in sorted(found, key=_order)]


def _sum(one: AllocationRow, other: AllocationRow) -> AllocationRow:
    return replace(
        one,
        calls=one.calls + other.calls,
        tokens=one.tokens + other.tokens,
        list_nano_usd=one.list_nano_usd + other.list_nano_usd,
        billed_nano_usd=_plus(one.billed_nano_usd, other.billed_nano_usd),
        effective_nano_usd=_plus(one.effective_nano_usd, other.effective_nano_usd),
    )


def _order(key: LeafKey) -> tuple[tuple[bool, object], ...]:
    return tuple((part is not None, part) for part in key)
