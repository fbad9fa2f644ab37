"""Booking a batch: claims to calls to charges, as rows for a store to write. Pure: the store brings what it holds."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tollbook.booked import Booked
from tollbook.booking import ClusterKey, Settled, plan
from tollbook.claim import Claim
from tollbook_collector.projection import Projection


class Settlement(NamedTuple):
    """One cluster after a batch, with its calls."""

    settled: Settled
    bodies: list[bytes]
    """Canonical bytes of the changed claims, in their order."""
    calls: list[Booked]


class Booking(NamedTuple):
    """What a batch changed."""

    new_calls: int
    changed_calls: int
    """Calls that stood before and now say something else, or were united or split."""
    unchanged_claims: int
    """Claims that said nothing new: exact repeats, and what another claim of the batch already says."""
    discarded: int
    """Problems that were counted."""


def settle(
    arriving: Sequence[tuple[Claim, tuple[int, ...]]],
    aliases: Mapping[int, ClusterKey],
    stored: Mapping[ClusterKey, Sequence[Claim]],
    rows: Iterator[int],
    projection: Projection,
) -> list[Settlement]:
    """The plan of a batch (`tollbook.booking.plan`) with the bytes and the calls of every cluster it changes."""
    projection.forget()
    shapes = projection.shapes
    settlements: list[Settlement] = []
    for settled in plan(arriving, aliases, stored, rows):
        bodies = [shapes.write(claim, shapes.of(claim)) for claim in settled.changed]
        settlements.append(Settlement(settled, bodies, projection.rows(settled.grouping)))
    return settlements
