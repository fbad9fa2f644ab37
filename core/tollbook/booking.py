"""Booking: what a batch of claims changes in a store. Pure: both stores execute the same plan.

A *cluster* is a set of claims closed under shared ids, void ones included: it holds one call nearly always, several
where ids are void, none where only void ids are left. The store keeps, for every id of every claim, an alias to the
cluster's key; a new claim looks up its ids, and what they reach is joined, grouped and concluded anew.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from tollbook.claim import Claim, ClaimKey, join
from tollbook.day import NANOSECONDS_PER_DAY as NANOSECONDS_PER_DAY
from tollbook.day import day_of as day_of
from tollbook.group import Grouping, group
from tollbook.identity import digest

_ALIAS_KEY = Struct(">q8x").unpack
"""`identity.alias_key` of a digest, in a third of its time."""


class ClusterKey(NamedTuple):
    """(bucket, row): the UTC day of `started_at` at first booking, never changed, and a number within the store."""

    bucket: int
    """Days since 1970-01-01."""
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """One cluster after a batch: what to write."""

    cluster: ClusterKey
    losers: tuple[ClusterKey, ...]
    """Clusters that were united into this one: their claims move here, their aliases are repointed."""
    changed: tuple[Claim, ...]
    """Claims that are new or say more than before."""
    claims: tuple[Claim, ...]
    """All claims of the cluster."""
    aliases: tuple[int, ...]
    """Alias keys to insert; those of losers are repointed besides."""
    grouping: Grouping


def alias_keys(claim: Claim) -> tuple[int, ...]:
    """The alias keys of all ids of a claim."""
    return tuple([_ALIAS_KEY(digest(one))[0] for one in claim.ids])


def plan(
    arriving: Iterable[tuple[Claim, tuple[int, ...]]],
    aliases: Mapping[int, ClusterKey],
    stored: Mapping[ClusterKey, Sequence[Claim]],
    rows: Iterator[int],
) -> list[Settled]:
    """What to write for a batch.

    `arriving` holds claims with their alias keys, `aliases` what the store has for those keys, `stored` the claims of
    every cluster named there, `rows` fresh row numbers. A batch that says nothing new gives an empty plan.
    """
    batch = list(arriving)
    settled: list[Settled] = []
    for places in components(batch, aliases):
        arrived = [batch[place] for place in places]
        touched = sorted({aliases[key] for _, keys in arrived for key in keys if key in aliases})
        if len(arrived) == 1 and len(touched) < 2:
            (one,) = arrived
            alone = _found(one, rows) if not touched else _extended(one, touched[0], stored[touched[0]], aliases)
            settled += alone
            continue
        before: dict[ClaimKey, Claim] = {claim.key: claim for cluster in touched for claim in stored[cluster]}
        after = dict(before)
        for claim, _ in arrived:
            mine = after.get(claim.key)
            after[claim.key] = claim if mine is None else join(mine, claim)
        changed = tuple([claim for key, claim in after.items() if _differs(before.get(key), claim)])
        if not changed and len(touched) == 1:
            continue
        first = min([claim.started_at for claim in after.values()])
        settled.append(
            Settled(
                cluster=touched[0] if touched else ClusterKey(day_of(first), next(rows)),
                losers=tuple(touched[1:]),
                changed=changed,
                claims=tuple(after.values()),
                aliases=tuple(dict.fromkeys([key for _, keys in arrived for key in keys if key not in aliases])),
                grouping=group(after.values()),
            )
        )
    return settled


def _found(one: tuple[Claim, tuple[int, ...]], rows: Iterator[int]) -> list[Settled]:
    """A claim that shares no id with anything founds a cluster of its own."""
    claim, keys = one
    return [
        Settled(
            cluster=ClusterKey(day_of(claim.started_at), next(rows)),
            losers=(),
            changed=(claim,),
            claims=(claim,),
            aliases=keys if len(set(keys)) == len(keys) else tuple(dict.fromkeys(keys)),
            grouping=group((claim,)),
        )
    ]


def _extended(
    one: tuple[Claim, tuple[int, ...]],
    cluster: ClusterKey,
    stored: Sequence[Claim],
    aliases: Mapping[int, ClusterKey],
) -> list[Settled]:
    """A claim that reaches one cluster and nothing else; empty when the cluster says all of it already."""
    arrived, keys = one
    claims = [claim for claim in stored if claim.key != arrived.key]
    if len(claims) < len(stored):
        (mine,) = [claim for claim in stored if claim.key == arrived.key]
        arrived = join(mine, arrived)
        if not _differs(mine, arrived):
            return []
    claims.append(arrived)
    return [
        Settled(
            cluster=cluster,
            losers=(),
            changed=(arrived,),
            claims=tuple(claims),
            aliases=tuple(dict.fromkeys([key for key in keys if key not in aliases])),
            grouping=group(claims),
        )
    ]


def _differs(before: Claim | None, after: Claim) -> bool:
    return before is not after and before != after


def components(batch: Sequence[tuple[object, tuple[int, ...]]], aliases: Mapping[int, ClusterKey]) -> list[list[int]]:
    """Places of the batch that end in one cluster: they share an alias key, or reach one cluster."""
    holder: dict[int | ClusterKey, int] = {}
    member_of = list(range(len(batch)))
    components: list[list[int]] = [[place] for place in member_of]
    for place, (_, keys) in enumerate(batch):
        for key in keys:
            other = holder.setdefault(aliases.get(key, key), place)
            if member_of[other] != member_of[place]:
                low, high = sorted((member_of[other], member_of[place]))
                for each in components[high]:
                    member_of[each] = low
                components[low] += components[high]
                components[high] = []
    return [places for places in components if places]
