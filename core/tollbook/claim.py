"""Claim: all that one observer has said of one call; `join` adds a sighting to it.

The join is a semilattice (associative, commutative, idempotent), so a claim depends on the set of its sightings only:
repeats, order and batching never change it. Every component is joined by a maximum of its own: ids unite, counters take
the element-wise maximum of the total form, and each other field is a register that keeps the greatest
(rank, order, value).
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, NamedTuple

from tollbook.identity import Id, strength
from tollbook.sighting import SCOPE_FIELDS, SIGHTING_FIELDS, Sighting
from tollbook.usage import Totals, join_optional
from tollbook.vocabulary import Basis, Channel, IdKind, Quality, Source
from tollbook.work import EVIDENCE_RANK, WORK_FIELDS


class ClaimKey(NamedTuple):
    """Who says it, through which source, of which call (the sighting's own strongest id)."""

    observer: str
    """Device or credential."""
    source: Source
    id: Id


class Register(NamedTuple):
    """A field's value with what decides between two of them. Values of one field are of one type."""

    rank: int
    """How it is known: a `Basis`, or the rank of the evidence (`EVIDENCE_RANK`)."""
    order: int
    """Belongs to the fact, not to its arrival: minus the time of an observation (the earliest wins), the time of a
    person's decision (the latest wins)."""
    value: str | int


def key_hash(observer: str, source: Source, own: Id) -> bytes:
    """Eight bytes that name a claim within its cluster, in every store."""
    return hashlib.blake2b(f"{observer}\0{source}\0{own.kind}\0{own.value}".encode(), digest_size=8).digest()


REPORTED_COST = "reported_cost_nano_usd"

RANKED: tuple[tuple[str, Mapping[str, int]], ...] = tuple(
    (name, {str(evidence): rank for evidence, rank in EVIDENCE_RANK[name].items()}) for name in WORK_FIELDS
)
_TAG_RANK = {str(evidence): rank for evidence, rank in EVIDENCE_RANK["tags"].items()}
_SCOPE_KEYS = tuple(f"scope.{name}" for name in SCOPE_FIELDS)
_PLAIN = attrgetter(*SIGHTING_FIELDS)
_SCOPE = attrgetter(*SCOPE_FIELDS)
_WORK = attrgetter(*WORK_FIELDS)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
"""No UTF-8 holds a lone surrogate (Python's form of a file name that is not UTF-8), no text of PostgreSQL a NUL."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What one observer says of one call so far. `fields` holds only what is known; times are UTC nanoseconds."""

    key: ClaimKey
    ids: tuple[Id, ...]
    """Strongest kind first, then by value."""
    reader_epoch: int
    quality: Quality
    started_at: int
    ended_at: int
    totals: Totals | None
    extra: Mapping[str, Totals]
    fields: Mapping[str, Register]


_NEW_CLAIM: Callable[[type[Claim]], Claim] = object.__new__
_SET: list[Callable[[Claim, Any], None]] = [vars(Claim)[each.name].__set__ for each in fields(Claim)]
_KEY, _IDS, _EPOCH, _QUALITY, _STARTED, _ENDED, _TOTALS, _EXTRA, _FIELDS = _SET


def claim_with(
    key: ClaimKey,
    ids: tuple[Id, ...],
    reader_epoch: int,
    quality: Quality,
    started_at: int,
    ended_at: int,
    totals: Totals | None,
    extra: Mapping[str, Totals],
    registers: Mapping[str, Register],
) -> Claim:
    """What `Claim` makes of the same, in half the time: its constructor sets each attribute by its name."""
    claim = _NEW_CLAIM(Claim)
    _KEY(claim, key)
    _IDS(claim, ids)
    _EPOCH(claim, reader_epoch)
    _QUALITY(claim, quality)
    _STARTED(claim, started_at)
    _ENDED(claim, ended_at)
    _TOTALS(claim, totals)
    _EXTRA(claim, extra)
    _FIELDS(claim, registers)
    return claim


def claim_of(sighting: Sighting, observer: str) -> Claim | None:
    """The claim one sighting makes by itself; `None` when it has no id and so can never be joined to a call."""
    ids = _ids(sighting)
    if not ids:
        return None
    own = ids[0]
    order = -sighting.started_at if sighting.order is None else sighting.order
    claim = Claim(
        key=ClaimKey(observer, sighting.source, own),
        ids=ids,
        reader_epoch=sighting.reader_epoch,
        quality=_quality(sighting),
        started_at=sighting.started_at,
        ended_at=max(sighting.started_at, sighting.ended_at),
        totals=None if sighting.usage is None else Totals.of(sighting.usage),
        extra={model: Totals.of(usage) for model, usage in sighting.extra.items()},
        fields=_fields(sighting, order),
    )
    return claim if is_storable(claim) else _storable(claim)


def _quality(sighting: Sighting) -> Quality:
    """Of the counts: a sighting that saw none lifts no other's."""
    return Quality.PLACEHOLDER if sighting.usage is None else sighting.quality


def _ids(sighting: Sighting) -> tuple[Id, ...]:
    """The ids of a sighting, strongest first; empty ones name nothing.

    What Codex sends as its client request id is its thread. So such an id counts only where the channel is known to be
    Anthropic's: kept, it could name the claim, and all calls of a thread would be one.
    """
    own = sighting.channel is Channel.ANTHROPIC
    ids = {one for one in sighting.ids if one.value and (own or one.kind is not IdKind.CLIENT_REQUEST)}
    return tuple(sorted(ids, key=strength)) if len(ids) > 1 else tuple(ids)


def is_storable(claim: Claim) -> bool:
    """Whether every text of a claim is fit for any store and any wire."""
    texts = [value for _, _, value in claim.fields.values() if isinstance(value, str)]
    texts += [one.value for one in claim.ids]
    together = "".join((*texts, *claim.fields, *claim.extra, claim.key.observer))
    return (together.isascii() and "\0" not in together) or not _UNSTORABLE.search(together)


def _storable(claim: Claim) -> Claim:
    """The claim with its texts made fit: what no store keeps is replaced."""
    ids = tuple(sorted({Id(one.kind, _clean(one.value)) for one in claim.ids}, key=strength))
    return replace(
        claim,
        key=ClaimKey(_clean(claim.key.observer), claim.key.source, ids[0]),
        ids=ids,
        extra={_clean(model): totals for model, totals in claim.extra.items()},
        fields={_clean(name): _clean_register(register) for name, register in claim.fields.items()},
    )


def _clean_register(register: Register) -> Register:
    value = register.value
    return register._replace(value=_clean(value)) if isinstance(value, str) else register


def _clean(text: str) -> str:
    return _UNSTORABLE.sub("\ufffd", text)


def _fields(sighting: Sighting, order: int) -> dict[str, Register]:
    """The registers a sighting fills."""
    basis = sighting.basis
    fields: dict[str, Register] = {}
    for name, value in zip(SIGHTING_FIELDS, _PLAIN(sighting), strict=True):
        if value is not None:
            fields[name] = Register(basis.get(name, Basis.OBSERVED), order, str(value))
    for key, value in zip(_SCOPE_KEYS, _SCOPE(sighting.scope), strict=True):
        if value is not None:
            fields[key] = Register(basis.get(key, Basis.OBSERVED), order, value)
    work = sighting.work
    for (name, ranks), known in zip(RANKED, _WORK(work), strict=True):
        if known is not None:
            fields[name] = Register(ranks[known.evidence], order, known.value)
    for tag, known in work.tags.items():
        fields[f"tag.{tag}"] = Register(_TAG_RANK[known.evidence], order, known.value)
    if sighting.reported_cost_nano_usd is not None:
        fields[REPORTED_COST] = Register(Basis.OBSERVED, order, sighting.reported_cost_nano_usd)
    return fields


def join(left: Claim, right: Claim) -> Claim:
    """All that both say.

    Raises:
        ValueError: the claims have different keys: a fault of the caller, never of the input.
    """
    if left.key != right.key:
        raise ValueError(f"claims of different keys: {left.key} and {right.key}")
    if left.reader_epoch != right.reader_epoch:
        return left if left.reader_epoch > right.reader_epoch else right
    if left == right:
        return left
    return Claim(
        key=left.key,
        ids=left.ids if left.ids == right.ids else tuple(sorted({*left.ids, *right.ids}, key=strength)),
        reader_epoch=left.reader_epoch,
        quality=max(left.quality, right.quality),
        started_at=min(left.started_at, right.started_at),
        ended_at=max(left.ended_at, right.ended_at),
        totals=join_optional(left.totals, right.totals),
        extra=_join_extra(left.extra, right.extra),
        fields=_join_fields(left.fields, right.fields),
    )


def _join_extra(left: Mapping[str, Totals], right: Mapping[str, Totals]) -> Mapping[str, Totals]:
    if not left or not right:
        return left or right
    joined = dict(left)
    for model, totals in right.items():
        mine = joined.get(model)
        joined[model] = totals if mine is None else mine.join(totals)
    return joined


def _join_fields(left: Mapping[str, Register], right: Mapping[str, Register]) -> Mapping[str, Register]:
    joined = dict(left)
    for name, register in right.items():
        mine = joined.get(name)
        if mine is None or register > mine:
            joined[name] = register
    return joined


def merge(claims: Iterable[Claim]) -> dict[ClaimKey, Claim]:
    """Key-wise join of any number of claims: the state a store holds."""
    merged: dict[ClaimKey, Claim] = {}
    for claim in claims:
        mine = merged.get(claim.key)
        merged[claim.key] = claim if mine is None else join(mine, claim)
    return merged


def text(claim: Claim, name: str) -> str | None:
    """The text value of a field, `None` where the claim does not know it."""
    register = claim.fields.get(name)
    return None if register is None else str(register.value)


def joining_ids(claim: Claim) -> tuple[Id, ...]:
    """The ids by which a claim may be joined to others.

    A client request id joins on Anthropic's own hosts only: Codex puts its thread id into that header.
    """
    for one in claim.ids:
        if one.kind is IdKind.CLIENT_REQUEST:
            if text(claim, "channel") == "anthropic":
                return claim.ids
            return tuple(other for other in claim.ids if other.kind is not IdKind.CLIENT_REQUEST)
    return claim.ids
