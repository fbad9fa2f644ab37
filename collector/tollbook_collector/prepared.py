"""A claim made ready to be booked: all that needs no look at the store. Pure.

Another process may have done it: then the claim itself is made of its canonical bytes only where another claim of the
same call is there, and the row of a call that stands alone came along.
"""

from typing import NamedTuple

from tollbook.booked import Booked
from tollbook.booking import alias_keys
from tollbook.claim import Claim, key_hash
from tollbook_collector.projection import Projection
from tollbook_collector.shapes import Shapes


class Prepared(NamedTuple):
    """One claim. Times are UTC nanoseconds."""

    started_at: int
    ended_at: int
    observer: str
    name: bytes
    """Names the claim within its cluster."""
    aliases: tuple[int, ...]
    body: bytes
    """Canonical bytes."""
    row: Booked | None = None
    """Of the call when no other claim shares an id, as far as somebody has worked it out."""
    by: str = ""
    """The name of the projection that made the row."""
    claim: Claim | None = None
    """Where it is at hand."""

    def said(self, shapes: Shapes) -> Claim:
        """The claim itself."""
        return shapes.parse(self.body) if self.claim is None else self.claim

    def alone(self, projection: Projection) -> Booked | None:
        """The row when no other claim shares an id; `None` where the plan has to decide."""
        if self.by == projection.name:
            return self.row
        return projection.row_of((self.said(projection.shapes),))


def prepare(claim: Claim, shapes: Shapes) -> Prepared:
    """A claim with what can be said of it before it meets others."""
    key = claim.key
    return Prepared(
        claim.started_at,
        claim.ended_at,
        key.observer,
        key_hash(key.observer, key.source, key.id),
        alias_keys(claim),
        shapes.write(claim),
        claim=claim,
    )
