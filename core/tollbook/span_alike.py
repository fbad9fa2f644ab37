"""Spans of calls that have nearly all in common: what is the same is read once, what differs is read at its place."""

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from tollbook import attributes as names
from tollbook import checked
from tollbook.claim import Claim, ClaimKey, Register, claim_with
from tollbook.identity import Id
from tollbook.span_ids import ID_NAMES, head_of, with_more
from tollbook.usage import Totals
from tollbook.vocabulary import IdKind, Quality

TOTAL_NAMES = tuple(names.USAGE_PREFIX + name for name in Totals._fields)
"""The attributes of the exact counts, in the order of `Totals`."""
VARYING: frozenset[str] = frozenset({names.CLAIM, names.ORDER, names.MORE_IDS, *ID_NAMES.values(), *TOTAL_NAMES})
"""The attributes in which the calls of one session differ."""
_REASONING, _OUTPUT = Totals._fields.index("reasoning"), Totals._fields.index("output")
_NO_EXTRA: Mapping[str, Totals] = {}
_NEW: Callable[[Any, tuple[Any, ...]], Any] = vars(tuple)["__new__"]
_NEW_ID: Callable[[type[Id], tuple[Any, ...]], Id] = _NEW
_NEW_KEY: Callable[[type[ClaimKey], tuple[Any, ...]], ClaimKey] = _NEW
_NEW_TOTALS: Callable[[type[Totals], tuple[Any, ...]], Totals] = _NEW
"""They make a tuple of the right length in half the time of its own constructor."""


class Common(NamedTuple):
    """What the spans of calls have in common that differ in nothing but `VARYING`: read once, believed for each."""

    quality: Quality
    reader_epoch: int
    fields: Callable[[int], Mapping[str, Register]]
    """The fields of a claim whose order is this."""


class Places(NamedTuple):
    """Where the `VARYING` attributes stand among values, after which comes a 0."""

    claim: int
    order: int
    ids: tuple[tuple[IdKind, int], ...]
    more_ids: int | None
    totals: Callable[[Sequence[Any]], tuple[Any, ...]] | None


def places_of(read: Sequence[str]) -> Places | None:
    """The places of values that are of these attributes; `None` where no claim can be made of them."""
    place = {name: number for number, name in enumerate(read)}
    ids = tuple([(kind, place[name]) for kind, name in ID_NAMES.items() if name in place])
    more_ids = place.get(names.MORE_IDS)
    if names.CLAIM not in place or names.ORDER not in place or not (ids or more_ids is not None):
        return None
    totals = itemgetter(*[place.get(name, -1) for name in TOTAL_NAMES]) if TOTAL_NAMES[0] in place else None
    return Places(place[names.CLAIM], place[names.ORDER], ids, more_ids, totals)


def decode_alike(
    values: Sequence[str | int], started_at: int, ended_at: int, places: Places, common: Common
) -> Claim | None:
    """The claim of a span of which only the `VARYING` attributes are read; `None` where `decode` has to look at it."""
    own, order = values[places.claim], values[places.order]
    if not isinstance(own, str) or not isinstance(order, int):
        return None
    try:
        ids = tuple([_NEW_ID(Id, (kind, values[place])) for kind, place in places.ids])
        if places.more_ids is not None:
            ids = with_more(ids, values[places.more_ids])
        first = ids[0]
        length = len(first.value)
        observer, source, kind = head_of(own[:-length])
        text = "".join([observer, *[value for _, value in ids]])
        counts = None if places.totals is None else places.totals(values)
        # A text among them cannot be compared with a number, which raises TypeError.
        if counts is not None and not (min(counts) >= 0 and max(counts) <= checked.MAX_COUNT):
            return None
    except (TypeError, IndexError, checked.FaultError):
        return None
    if not text.isascii() or "\0" in text or kind is not first.kind or own[-length:] != first.value:
        return None
    for _, value in ids:
        if not value:
            return None
    if order == -checked.MAX_INT - 1 or not 0 < started_at <= ended_at <= checked.MAX_INT:
        return None
    if counts is not None and counts[_REASONING] > counts[_OUTPUT]:
        return None
    return claim_with(
        _NEW_KEY(ClaimKey, (observer, source, first)),
        ids,
        common.reader_epoch,
        common.quality,
        started_at,
        ended_at,
        None if counts is None else _NEW_TOTALS(Totals, counts),
        _NO_EXTRA,
        common.fields(order),
    )
