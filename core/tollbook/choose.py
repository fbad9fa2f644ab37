"""Which claim decides a field: strongest evidence, then best source, then order, then the smallest value."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from tollbook.canonical import write
from tollbook.claim import Claim, Register
from tollbook.vocabulary import SOURCE_STRENGTH, Source

SOURCE_RANK: Mapping[Source, int] = {
    source: len(SOURCE_STRENGTH) - place for place, source in enumerate(SOURCE_STRENGTH)
}


class Chosen(NamedTuple):
    """The deciding claim and its register."""

    claim: Claim
    register: Register


def choose(claims: Iterable[Claim], name: str) -> Chosen | None:
    """The claim that decides a field; `None` when no claim knows it."""
    best: Chosen | None = None
    best_key = (-1, -1, 0)
    for claim in claims:
        register = claim.fields.get(name)
        if register is None:
            continue
        key = (register.rank, SOURCE_RANK[claim.key.source], register.order)
        if best is None or key > best_key:
            best, best_key = Chosen(claim, register), key
        elif key == best_key and str(register.value) < str(best.register.value):
            best = Chosen(claim, register)
    return best


def registers(claims: Sequence[Claim]) -> Mapping[str, Register]:
    """For every field the register that `choose` finds, in one pass: a call's claims mostly say the same."""
    if len(claims) == 1:
        return claims[0].fields
    ordered = sorted(claims, key=_source_rank, reverse=True)
    best = _source_rank(ordered[0])
    chosen = dict(ordered[0].fields)
    source_of: dict[str, int] = {}
    for claim in ordered[1:]:
        source = _source_rank(claim)
        for name, register in claim.fields.items():
            mine = chosen.get(name)
            if mine is None or register.rank > mine.rank:
                chosen[name], source_of[name] = register, source
            elif register.rank == mine.rank and source_of.get(name, best) == source and _before(register, mine):
                chosen[name] = register
    return chosen


def _before(one: Register, other: Register) -> bool:
    """Of one rank and one source: the greater order, then the smaller value."""
    return (-one.order, str(one.value)) < (-other.order, str(other.value))


def _source_rank(claim: Claim) -> int:
    return SOURCE_RANK[claim.key.source]


def most_believed(claims: Iterable[Claim]) -> list[Claim]:
    """Claims by whose counters are believed: quality, then source, then the smallest canonical bytes."""
    found = list(claims)
    if len(found) > 1:
        if len({_belief(claim) for claim in found}) == len(found):
            found.sort(key=_belief, reverse=True)
        else:
            found.sort(key=lambda claim: (-claim.quality, -_source_rank(claim), write(claim)))
    return found


def _belief(claim: Claim) -> tuple[int, int]:
    return claim.quality, SOURCE_RANK[claim.key.source]
