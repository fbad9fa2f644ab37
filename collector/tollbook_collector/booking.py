"""Booking a batch: claims to calls to charges, as rows for a store to write. Pure: the store brings what it holds.

`tollbook.booking.plan` is the definition. Nearly every claim is either alone, or one more observer of a call that all
name by the same response id; what these come to needs no plan, and a property test holds that it is the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tollbook.booked import Booked
from tollbook.booking import ClusterKey, components, day_of, plan
from tollbook.claim import Claim
from tollbook.vocabulary import IdKind
from tollbook_collector.prepared import Prepared
from tollbook_collector.projection import Projection


class Alone(NamedTuple):
    """A new cluster of one claim, with its call."""

    cluster: ClusterKey
    arrived: Prepared
    call: Booked


class Grown(NamedTuple):
    """The cluster of one call to which more observers of that call came."""

    cluster: ClusterKey
    arrived: Sequence[Prepared]
    call: Booked
    """What it is now."""
    aliases: Sequence[int]
    """Alias keys to insert."""


class Settlement(NamedTuple):
    """One cluster after a batch, with its calls."""

    cluster: ClusterKey
    losers: tuple[ClusterKey, ...]
    """Clusters that were united into this one."""
    changed: Sequence[Claim]
    """Claims that are new or say more than before."""
    bodies: Sequence[bytes]
    """Their canonical bytes, in their order."""
    aliases: Sequence[int]
    """Alias keys to insert."""
    calls: Sequence[Booked]
    claims: int
    """How many the cluster holds."""
    orphans: int
    """How many of them open no call."""


class Booking(NamedTuple):
    """What a batch changed."""

    new_calls: int
    changed_calls: int
    """Calls that stood before and now say something else, or were united or split."""
    unchanged_claims: int
    """Claims that said nothing new: exact repeats, and what another claim of the batch already says."""
    discarded: int
    """Problems that were counted."""
    unpriced: int = 0
    """Of the new and changed calls those without a price."""


class Settled(NamedTuple):
    """What a batch comes to."""

    alone: list[Alone]
    grown: list[Grown]
    others: list[Settlement]


def settle(
    arriving: Sequence[Prepared],
    aliases: Mapping[int, ClusterKey],
    stored: Mapping[ClusterKey, Sequence[Claim]],
    rows: Iterator[int],
    projection: Projection,
) -> Settled:
    """The plan of a batch with the bytes and the calls of every cluster it changes."""
    alone: list[Alone] = []
    meeting: list[Prepared] = []
    repeated = _repeated(arriving)
    met = repeated.union(aliases) if aliases else repeated
    for one in arriving:
        row = one.alone(projection) if met.isdisjoint(one.aliases) else None
        if row is None:
            meeting.append(one)
        else:
            alone.append(Alone(ClusterKey(row.day, next(rows)), one, row))
    grown: list[Grown] = []
    intricate: list[Prepared] = []
    for places in components([(one, one.aliases) for one in meeting], aliases):
        some = [meeting[place] for place in places]
        agreed = _agreeing(some, aliases, stored, rows, projection)
        if agreed is None:
            intricate += some
        else:
            grown.append(agreed)
    return Settled(alone, grown, _planned(intricate, aliases, stored, rows, projection))


def _repeated(arriving: Sequence[Prepared]) -> set[int]:
    """Alias keys that occur more than once."""
    seen: set[int] = set()
    repeated: set[int] = set()
    for one in arriving:
        hashes = one.aliases
        if not seen.isdisjoint(hashes) or len(set(hashes)) < len(hashes):
            repeated.update(hashes)
        seen.update(hashes)
    return repeated


def _agreeing(
    arrived: Sequence[Prepared],
    aliases: Mapping[int, ClusterKey],
    stored: Mapping[ClusterKey, Sequence[Claim]],
    rows: Iterator[int],
    projection: Projection,
) -> Grown | None:
    """More observers of one call, all of whom name it by the same response id and by no other; `None` for all else.

    Such claims are one group without void ids, whatever weaker ids they have, and so were those that are stored.
    """
    cluster: ClusterKey | None = None
    new: dict[int, None] = {}
    for one in arrived:
        for hash_ in one.aliases:
            found = aliases.get(hash_)
            if found is None:
                new[hash_] = None
            elif cluster is None:
                cluster = found
            elif found != cluster:
                return None
    claims = [*(stored[cluster] if cluster is not None else ()), *[one.said(projection.shapes) for one in arrived]]
    response = claims[0].ids[0]
    if response.kind is not IdKind.RESPONSE:
        return None
    for claim in claims:
        ids = claim.ids
        if ids[0] != response or (len(ids) > 1 and ids[1].kind is IdKind.RESPONSE):
            return None
    keys = [claim.key for claim in claims]
    if keys[0] in keys[1:] or (len(keys) > 2 and len(set(keys)) < len(keys)):
        return None
    row = projection.row_of(claims)
    if row is None:
        return None
    if cluster is None:
        cluster = ClusterKey(day_of(min([claim.started_at for claim in claims])), next(rows))
    return Grown(cluster, arrived, row, tuple(new))


def _planned(
    arrived: Sequence[Prepared],
    aliases: Mapping[int, ClusterKey],
    stored: Mapping[ClusterKey, Sequence[Claim]],
    rows: Iterator[int],
    projection: Projection,
) -> list[Settlement]:
    """What the plan says: the definition, for whatever is not plain."""
    settlements: list[Settlement] = []
    claims = [(one.said(projection.shapes), one.aliases) for one in arrived]
    for settled in plan(claims, aliases, stored, rows):
        bodies = [projection.shapes.write(claim) for claim in settled.changed]
        calls = projection.rows(settled.grouping)
        orphans = len(settled.grouping.orphans)
        settlements.append(
            Settlement(
                settled.cluster,
                settled.losers,
                settled.changed,
                bodies,
                settled.aliases,
                calls,
                len(settled.claims),
                orphans,
            )
        )
    return settlements
