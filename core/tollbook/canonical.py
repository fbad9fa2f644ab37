"""A claim's canonical bytes: what is stored, hashed and compared.

Compact JSON with sorted keys. Equal claims have equal bytes and `parse(write(claim)) == claim`. Registers name their
evidence, not its rank, so that stored claims survive a change of ranks.
"""

import json
from collections.abc import Callable, Mapping
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, cast

from tollbook.claim import Claim, ClaimKey, Register, claim_with
from tollbook.identity import Id
from tollbook.sighting import SCOPE_FIELDS, SIGHTING_FIELDS
from tollbook.usage import Totals
from tollbook.vocabulary import Basis, Evidence, IdKind, Quality, Source
from tollbook.work import EVIDENCE_RANK

SCHEMA = 1

_RANK: dict[str, dict[str, int]] = {
    name: {str(evidence): rank for evidence, rank in ranks.items()} for name, ranks in EVIDENCE_RANK.items()
}
_EVIDENCE: dict[str, dict[int, str]] = {
    name: {rank: evidence for evidence, rank in ranks.items()} for name, ranks in _RANK.items()
}
_TAGS = "tags"
_SOURCES: Mapping[str, Source] = {str(source): source for source in Source}
_KINDS: Mapping[str, IdKind] = {str(kind): kind for kind in IdKind}
_QUALITIES = tuple(Quality)
_ENCODE = json.JSONEncoder(separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode
_ORDER = attrgetter("order")
_OBSERVED = int(Basis.OBSERVED)
_NEW_REGISTER: Callable[[type[Register], tuple[Any, ...]], Register] = vars(tuple)["__new__"]
_NEW_ID: Callable[[type[Id], tuple[IdKind, str]], Id] = vars(tuple)["__new__"]
_NEW_KEY: Callable[[type[ClaimKey], tuple[str, Source, Id]], ClaimKey] = vars(tuple)["__new__"]
"""They make a register and an id in half the time of their own constructors; there are twenty in a claim."""
_DECODE = json.JSONDecoder().raw_decode
_TOTALS = ",".join(["%d"] * len(Totals._fields))
_BASES: Mapping[int, str] = {int(basis): str(int(basis)) for basis in Basis}
_QUOTED: Mapping[str, str] = {str(one): f'"{one}"' for one in (*Source, *IdKind)}
_HEADS: Mapping[str, tuple[str, Mapping[int, str], Mapping[str, int] | None]] = {
    **{name: (f'"{name}":', _BASES, None) for name in (*SIGHTING_FIELDS, *(f"scope.{each}" for each in SCOPE_FIELDS))},
    **{
        name: (f'"{name}":', {rank: f'"{evidence}"' for rank, evidence in known.items()}, _RANK[name])
        for name, known in _EVIDENCE.items()
    },
}
"""For each field: how it begins, how each of its ranks is written, and back for the fields ranked by evidence."""


def ranked_as(name: str) -> str | None:
    """The entry of `EVIDENCE_RANK` that ranks a field; `None` for fields ranked by `Basis`."""
    if name in _RANK:
        return name
    return _TAGS if name.startswith("tag.") else None


def known_as(name: str, rank: int) -> str | int:
    """How a register is known, in words that outlive ranks: the evidence, or the number of the basis."""
    ranked = ranked_as(name)
    return rank if ranked is None else _EVIDENCE[ranked][rank]


def rank_of(name: str, known: str | int) -> int:
    """The rank of what `known_as` returned.

    Raises:
        KeyError: no such evidence.
        ValueError: no such basis.
    """
    ranked = ranked_as(name)
    return int(Basis(int(known))) if ranked is None else _RANK[ranked][Evidence(str(known))]


def default_order(fields: Mapping[str, Register]) -> int:
    """The order most registers share in practice: the greatest. Written once, exceptions beside their field."""
    return max(map(_ORDER, fields.values()), default=0)


def _head(name: str) -> tuple[str, Mapping[int, str], Mapping[str, int] | None]:
    """What `_HEADS` would say of a field that it does not list: a tag, or the reported cost."""
    ranked = ranked_as(name)
    if ranked is None:
        return f"{encode_basestring(name)}:", _BASES, None
    _, words, ranks = _HEADS[ranked]
    return f"{encode_basestring(name)}:", words, ranks


def write(claim: Claim) -> bytes:
    """The canonical bytes. Put together by hand: the json module takes three times as long for the same text."""
    default = default_order(claim.fields)
    return write_around(claim, default, write_fields(claim.fields, default))


def write_fields(fields: Mapping[str, Register], default: int) -> str:
    """The inside of the object that holds the fields."""
    entries: list[str] = []
    for name in sorted(fields):
        rank, order, value = fields[name]
        head, words, ranks = _HEADS.get(name) or _head(name)
        text = encode_basestring(value) if isinstance(value, str) else str(int(value))
        if order != default:
            entries.append(f"{head}[{text},{words[rank]},{order}]")
        elif ranks is not None or rank != _OBSERVED:
            entries.append(f"{head}[{text},{words[rank]}]")
        else:
            entries.append(head + text)
    return ",".join(entries)


def write_around(claim: Claim, default: int, fields: str) -> bytes:
    """The canonical bytes of a claim whose fields are written already."""
    observer, source, (kind, value) = claim.key
    ids = [f"[{_QUOTED[each]},{encode_basestring(one)}]" for each, one in claim.ids[1:]]
    own = f"{encode_basestring(observer)},{_QUOTED[source]},{_QUOTED[kind]},{encode_basestring(value)}"
    counts = "" if claim.totals is None else f',"u":[{_TOTALS % claim.totals}]'
    extra = f',"x":{_ENCODE(claim.extra)}' if claim.extra else ""
    return (
        f'{{"d":{default},"e":{claim.reader_epoch},"f":{{{fields}}},"i":[{",".join(ids)}],"k":[{own}],'
        f'"q":{int(claim.quality)},"t":[{claim.started_at},{claim.ended_at}]{counts}{extra}}}'
    ).encode()


def parse_fields(text: str, default: int) -> dict[str, Register]:
    """What `write_fields` wrote.

    Raises:
        ValueError, KeyError, TypeError: it did not write this.
    """
    fields: dict[str, Register] = {}
    for name, entry in _decode(f"{{{text}}}").items():
        if entry.__class__ is list:
            order = entry[2] if len(entry) > 2 else default
            listed = _HEADS.get(name)
            ranks = None if listed is None else listed[2]
            rank = rank_of(name, entry[1]) if ranks is None else ranks[entry[1]]
            fields[name] = _NEW_REGISTER(Register, (rank, order, entry[0]))
        else:
            fields[name] = _NEW_REGISTER(Register, (_OBSERVED, default, entry))
    return fields


def parse(raw: bytes | str, fields_of: Callable[[str, int], Mapping[str, Register]] = parse_fields) -> Claim:
    """The claim that `write` wrote. `fields_of` reads the fields, for a caller that remembers them.

    Raises:
        ValueError, KeyError, TypeError: these are not canonical bytes.
    """
    text = raw if isinstance(raw, str) else raw.decode()
    # No text inside JSON holds a bare quote, so these are the borders of the fields and nothing else.
    before, _, rest = text.partition(',"f":{')
    fields, _, after = rest.partition('},"i":[')
    order, _, epoch = before.removeprefix('{"d":').partition(',"e":')
    body = _decode('{"i":[' + after)
    observer, source, kind, value = body["k"]
    own = _NEW_ID(Id, (_KINDS[kind], value))
    totals = body.get("u")
    started, ended = body["t"]
    quality: int = body["q"]
    return claim_with(
        _NEW_KEY(ClaimKey, (observer, _SOURCES[source], own)),
        (own, *[_NEW_ID(Id, (_KINDS[each], one)) for each, one in body["i"]]),
        int(epoch),
        _QUALITIES[quality],
        started,
        ended,
        None if totals is None else Totals._make(totals),
        {model: Totals._make(each) for model, each in body["x"].items()} if "x" in body else {},
        fields_of(fields, int(order)),
    )


def _decode(text: str) -> dict[str, Any]:
    """An object in JSON and nothing after it."""
    parsed, end = _DECODE(text)
    if end != len(text) or not isinstance(parsed, dict):
        raise ValueError("not one JSON object")
    return cast(dict[str, Any], parsed)
