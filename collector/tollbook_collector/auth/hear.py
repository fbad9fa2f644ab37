"""What a sender that may send said in a request: read, spoken as its sender, made ready for the record."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from tollbook.claim import Claim
from tollbook.problem import Problem
from tollbook_collector.auth.directory import Directory
from tollbook_collector.auth.principal import Principal
from tollbook_collector.auth.speaker import Speaker
from tollbook_collector.auth.spoken_shapes import SpokenShapes
from tollbook_collector.prepared import Prepared, prepare
from tollbook_collector.projection import Projection
from tollbook_collector.receivers.door import Read
from tollbook_collector.receivers.routing import Taken


class Ear(NamedTuple):
    """Hears in this process. For any thread."""

    directory: Directory
    shapes: SpokenShapes

    def hear(self, principal: Principal, read: Read) -> Taken | Problem:
        """The claims of a request, as their sender may make them.

        Raises:
            Retryable, BodyError: it cannot be taken, now or ever.
        """
        speaker = Speaker(principal, self.directory, self.shapes)
        found = read(speaker.observer)
        if isinstance(found, Problem):
            return found
        spoken = speaker.spoken(found.claims, found.problems)
        ignored = Counter(found.ignored)
        ignored.update(spoken.doubts)
        return Taken(claims=spoken.claims, problems=spoken.problems, ignored=ignored, beats=found.beats)


def made_ready(taken: Taken, projection: Projection) -> Taken:
    """The same with claims that another process can book: prepared, with the row of a call that stands alone."""
    projection.forget()
    return replace(taken, claims=(), ready=_ready(taken.claims, projection))


def _ready(claims: Sequence[Claim], projection: Projection) -> tuple[Prepared, ...]:
    ready: list[Prepared] = []
    for claim in claims:
        one = prepare(claim, projection.shapes)
        ready.append(one._replace(row=projection.row_of((claim,)), by=projection.name, claim=None))
    return tuple(ready)
