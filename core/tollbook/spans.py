"""The span codec: a claim as span attributes, and back without loss.

One span carries a claim's whole current state, never a difference, so that a lost, repeated or reordered earlier
version is harmless. Plain types only: the transport turns attributes into protobuf and back.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tollbook import attributes as names
from tollbook import checked
from tollbook.canonical import SCHEMA, default_order, known_as, rank_of, ranked_as, write
from tollbook.claim import REPORTED_COST, Claim, ClaimKey, Register, is_storable
from tollbook.identity import Id, span_id, trace_id
from tollbook.problem import Problem
from tollbook.span_alike import TOTAL_NAMES
from tollbook.span_ids import ID_NAMES, decode_ids, decode_key, escaped
from tollbook.usage import Totals
from tollbook.vocabulary import Basis, Quality

Attribute = str | int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimSpan:
    """A claim ready to travel. Times are UTC nanoseconds."""

    name: str
    trace_id: bytes
    span_id: bytes
    started_at: int
    ended_at: int
    attributes: Mapping[str, Attribute]


_QUALITIES = {quality.name.lower(): quality for quality in Quality}
_FIELD_OF = {attribute: field for field, attribute in names.FIELD_ATTRIBUTES.items()}
_COMPACT = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode


def encode(claim: Claim) -> ClaimSpan:
    """The span of a claim."""
    key = claim.key
    default = default_order(claim.fields)
    attributes: dict[str, Attribute] = {
        names.SCHEMA: SCHEMA,
        names.CLAIM: f"{escaped(key.observer)} {key.source} {key.id.kind} {key.id.value}",
        names.SOURCE: str(key.source),
        names.QUALITY: claim.quality.name.lower(),
        names.READER_EPOCH: claim.reader_epoch,
        names.ORDER: default,
        names.OPERATION: "chat",
    }
    _encode_ids(claim.ids, attributes)
    _encode_fields(claim.fields, default, attributes)
    if claim.totals is not None:
        _encode_totals(claim.totals, attributes)
    if claim.extra:
        attributes[names.USAGE_EXTRA] = _COMPACT(claim.extra)
    model = str(attributes.get(names.RESPONSE_MODEL, attributes.get(names.REQUEST_MODEL, "unknown")))
    session = attributes.get(names.SESSION_ID)
    return ClaimSpan(
        name=f"chat {model}",
        trace_id=trace_id(
            str(attributes.get(names.TOOL, "")), None if session is None else str(session), str(attributes[names.CLAIM])
        ),
        span_id=span_id(write(claim)),
        started_at=claim.started_at,
        ended_at=claim.ended_at,
        attributes=attributes,
    )


def _encode_ids(ids: tuple[Id, ...], attributes: dict[str, Attribute]) -> None:
    more: list[Id] = []
    for one in ids:
        name = ID_NAMES.get(one.kind)
        if name is None or name in attributes:
            more.append(one)
        else:
            attributes[name] = one.value
    if more:
        attributes[names.MORE_IDS] = _COMPACT(more)


def _encode_fields(fields: Mapping[str, Register], default: int, attributes: dict[str, Attribute]) -> None:
    known: dict[str, list[str | int]] = {}
    for field, (rank, order, value) in fields.items():
        if field == "repo":
            owner, slash, name = str(value).rpartition("/")
            attributes[names.REPOSITORY] = name
            if slash:
                attributes[names.OWNER] = owner
        elif field.startswith("tag."):
            attributes[names.TAG_PREFIX + field.removeprefix("tag.")] = value
        else:
            attributes[names.FIELD_ATTRIBUTES[field]] = value
        how = known_as(field, rank)
        if order != default:
            known[field] = [how, order]
        elif ranked_as(field) is not None or rank != Basis.OBSERVED:
            known[field] = [how]
    if known:
        attributes[names.KNOWN] = _COMPACT(known)


def _encode_totals(totals: Totals, attributes: dict[str, Attribute]) -> None:
    written = max(totals.cache_write_total, totals.split)
    attributes[names.INPUT_TOKENS] = totals.input + totals.cache_read + written
    attributes[names.OUTPUT_TOKENS] = totals.output
    if totals.cache_read:
        attributes[names.CACHE_READ_TOKENS] = totals.cache_read
    if written:
        attributes[names.CACHE_WRITE_TOKENS] = written
    if totals.reasoning:
        attributes[names.REASONING_TOKENS] = totals.reasoning
    for name, count in zip(TOTAL_NAMES, totals, strict=True):
        if count:
            attributes[name] = count
    attributes.setdefault(TOTAL_NAMES[0], 0)


def decode(attributes: Mapping[str, Any], started_at: int, ended_at: int, where: str) -> Claim | Problem:
    """The claim a span carries, or why it can never be one.

    Raises nothing: whatever is wrong with the attributes becomes a permanent Problem that names the first fault.
    """
    try:
        schema = checked.integer(checked.required(attributes, names.SCHEMA), names.SCHEMA)
        if not 1 <= schema <= SCHEMA:
            detail = f"schema {schema} is not one of 1..{SCHEMA}"
            return Problem(reason="unknown_schema", where=where, detail=detail, remedy="Upgrade the collector.")
        return _decode(attributes, started_at, ended_at)
    except checked.FaultError as fault:
        return Problem(reason=fault.reason, where=where, detail=str(fault))


def _decode(attributes: Mapping[str, Any], started_at: int, ended_at: int) -> Claim:
    key, ids = _decode_name(attributes, started_at, ended_at)
    extra = checked.json_object(attributes, names.USAGE_EXTRA)
    claim = Claim(
        key=key,
        ids=ids,
        reader_epoch=checked.count(checked.required(attributes, names.READER_EPOCH), names.READER_EPOCH),
        quality=checked.member(_QUALITIES, checked.required(attributes, names.QUALITY), names.QUALITY),
        started_at=started_at,
        ended_at=ended_at,
        totals=_decode_totals(attributes),
        extra={model: _decode_extra(counts) for model, counts in extra.items()},
        fields=_decode_fields(attributes),
    )
    if not is_storable(claim):
        raise checked.malformed("the span", "holds text that no store keeps")
    return claim


def _decode_name(attributes: Mapping[str, Any], started_at: int, ended_at: int) -> tuple[ClaimKey, tuple[Id, ...]]:
    """The claim's key and ids, of a span whose times are in order."""
    key = decode_key(checked.text(checked.required(attributes, names.CLAIM), names.CLAIM))
    ids = decode_ids(attributes)
    if not ids or ids[0] != key.id:
        raise checked.malformed(names.CLAIM, "does not name the strongest of the ids")
    if not 0 < started_at <= ended_at <= checked.MAX_INT:
        raise checked.malformed("the span", "has times out of order")
    return key, ids


def _decode_fields(attributes: Mapping[str, Any]) -> dict[str, Register]:
    default = checked.integer(checked.required(attributes, names.ORDER), names.ORDER)
    known = checked.json_object(attributes, names.KNOWN)
    fields: dict[str, Register] = {}
    for name, raw in attributes.items():
        field = _FIELD_OF.get(name)
        if field is None:
            if name.startswith(names.TAG_PREFIX):
                field = "tag." + name.removeprefix(names.TAG_PREFIX)
            elif name == names.REPOSITORY:
                field, raw = "repo", _decode_repo(attributes)
            else:
                continue
        value = raw if raw.__class__ is str and field != REPORTED_COST else _decode_value(field, raw, name)
        how = known.get(field)
        if how is not None:
            fields[field] = _decode_known(field, value, how, default)
        elif ranked_as(field) is None:
            fields[field] = Register(Basis.OBSERVED, default, value)
        else:  # no guess of its evidence is safe: it decides between observers
            raise checked.malformed(names.KNOWN, f"does not say how {ranked_as(field)} is known")
    return fields


def _decode_value(field: str, raw: Any, name: str) -> str | int:
    return checked.integer(raw, name) if field == REPORTED_COST else checked.text(raw, name)


def _decode_repo(attributes: Mapping[str, Any]) -> str:
    name = checked.text(attributes[names.REPOSITORY], names.REPOSITORY)
    return f"{checked.text(attributes[names.OWNER], names.OWNER)}/{name}" if names.OWNER in attributes else name


def _decode_known(field: str, value: str | int, how: Any, default: int) -> Register:
    """A field known otherwise than by plain observation."""
    try:
        rank = rank_of(field, checked.json_list(how, names.KNOWN)[0])
    except (ValueError, TypeError, LookupError, OverflowError):
        raise checked.malformed(names.KNOWN, "names no evidence there is") from None
    return Register(rank, checked.integer(how[1], names.KNOWN) if len(how) > 1 else default, value)


def _decode_totals(attributes: Mapping[str, Any]) -> Totals | None:
    if TOTAL_NAMES[0] not in attributes:
        return None
    counts = [attributes.get(name, 0) for name in TOTAL_NAMES]
    if not checked.are_counts(counts):
        counts = [checked.count(each, name) for each, name in zip(counts, TOTAL_NAMES, strict=True)]
    return _checked(counts, names.USAGE_PREFIX)


def _decode_extra(counts: Any) -> Totals:
    name = names.USAGE_EXTRA
    return _checked([checked.count(each, name) for each in checked.json_list(counts, name)], name)


def _checked(counts: list[int], name: str) -> Totals:
    if len(counts) != len(Totals._fields):
        raise checked.malformed(name, f"does not hold {len(Totals._fields)} counts")
    totals = Totals._make(counts)
    if totals.reasoning > totals.output:
        raise checked.malformed(name, "holds more reasoning than output")
    return totals
