"""Which claims are the same call: a pure function of the set of claims.

Claims are connected by response id first, then kind by kind, strongest first. Where a kind of id would bring two
response ids of one namespace together it is void there: old Claude Code logs name the first attempt's request id for a
retried call, and two responses are two calls whatever else they share.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from operator import attrgetter

from tollbook.claim import Claim, joining_ids
from tollbook.identity import Id, namespace
from tollbook.vocabulary import ID_STRENGTH, IdKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The claims of one call, in the order of their keys, and the ids that are void among them."""

    claims: tuple[Claim, ...]
    void: frozenset[Id]


@dataclass(frozen=True, slots=True, kw_only=True)
class Grouping:
    """All calls of a set of claims, and the claims that open none: they have only void ids."""

    groups: tuple[Group, ...]
    orphans: tuple[Claim, ...]


_NO_IDS: frozenset[Id] = frozenset()


class _Sets:
    """Disjoint sets over 0..n-1."""

    def __init__(self, count: int) -> None:
        self.parent = list(range(count))

    def root(self, one: int) -> int:
        while self.parent[one] != one:
            self.parent[one] = self.parent[self.parent[one]]
            one = self.parent[one]
        return one

    def unite(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self.parent[high] = low


def group(claims: Iterable[Claim]) -> Grouping:
    """Group claims with distinct keys into calls."""
    members = list(claims)
    if len(members) == 1:
        return _single(members[0])
    members.sort(key=attrgetter("key"))
    ids = [joining_ids(claim) for claim in members]
    if members and _is_plain(ids):
        return Grouping(groups=(Group(claims=tuple(members), void=_NO_IDS),), orphans=())
    sets = _Sets(len(members))
    void: set[tuple[int, Id]] = set()
    for kind in ID_STRENGTH:
        _connect(kind, ids, sets, void)
    together: dict[int, list[int]] = {}
    for place in range(len(members)):
        together.setdefault(sets.root(place), []).append(place)
    groups: list[Group] = []
    orphans: list[Claim] = []
    for places in together.values():
        part = tuple(members[place] for place in places)
        valid = {one for place in places for one in ids[place] if (place, one) not in void}
        if not valid:
            orphans.extend(part)
            continue
        voided = {one for place in places for one in ids[place] if (place, one) in void}
        groups.append(Group(claims=part, void=frozenset(voided)))
    return Grouping(groups=tuple(groups), orphans=tuple(orphans))


def _single(claim: Claim) -> Grouping:
    if joining_ids(claim):
        return Grouping(groups=(Group(claims=(claim,), void=_NO_IDS),), orphans=())
    return Grouping(groups=(), orphans=(claim,))


def _is_plain(ids: list[tuple[Id, ...]]) -> bool:
    """Whether all claims are one call beyond doubt: one response id at most, and each shares an id with the first.

    True of nearly every call, and then no id can be void.
    """
    first = frozenset(ids[0])
    if any(first.isdisjoint(own) for own in ids):
        return False
    responses = {one for own in ids for one in own if one.kind is IdKind.RESPONSE}
    return len(responses) <= 1


def _connect(kind: IdKind, ids: list[tuple[Id, ...]], sets: _Sets, void: set[tuple[int, Id]]) -> None:
    """Unite the components that share an id of this kind, or void the kind where that would mix responses."""
    holders = _holders(kind, ids)
    if kind is IdKind.RESPONSE:
        _unite_each(holders, sets)
        return
    if not holders:
        return
    reach = _Sets(len(ids))
    for place in range(len(ids)):
        reach.unite(place, sets.root(place))
    _unite_each(holders, reach)
    components: dict[int, list[int]] = {}
    for place in range(len(ids)):
        components.setdefault(reach.root(place), []).append(place)
    for component in components.values():
        if _mixes_responses(component, ids, sets):
            void.update((place, one) for place in component for one in ids[place] if one.kind is kind)
        else:
            _unite_each([component], sets)


def _holders(kind: IdKind, ids: list[tuple[Id, ...]]) -> Collection[list[int]]:
    """For each id of a kind the places of the claims that have it."""
    holders: dict[Id, list[int]] = {}
    for place, own in enumerate(ids):
        for one in own:
            if one.kind is kind:
                holders.setdefault(one, []).append(place)
    return holders.values()


def _unite_each(together: Collection[list[int]], sets: _Sets) -> None:
    for places in together:
        for place in places[1:]:
            sets.unite(places[0], place)


def _mixes_responses(component: list[int], ids: list[tuple[Id, ...]], sets: _Sets) -> bool:
    """Whether uniting a component would bring two response ids of one namespace together."""
    if len({sets.root(place) for place in component}) == 1:
        return False
    seen: dict[str, str] = {}
    for place in component:
        for one in ids[place]:
            if one.kind is IdKind.RESPONSE and seen.setdefault(namespace(one.value), one.value) != one.value:
                return True
    return False
