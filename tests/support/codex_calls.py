"""Rollouts read into calls: joins sightings by the ids they share, as the core does, and nothing more."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, IdKind
from tollbook_agent.capture.logs.codex import EMPTY, read
from tollbook_agent.capture.observation import Observation

MTIME = 1_700_000_000 * 10**9
"""The fallback time of every read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinedCall:
    """Everything that was seen of one call, earliest first."""

    seen: tuple[Observation, ...]

    @property
    def sightings(self) -> list[Sighting]:
        return [one.sighting for one in self.seen]

    @property
    def usage(self) -> Usage | None:
        """What all sightings that know it agree on."""
        known = {one.usage for one in self.sightings if one.usage is not None}
        assert len(known) <= 1, f"sightings of one call disagree: {known}"
        return next(iter(known), None)

    @property
    def paid(self) -> Sighting:
        """The sighting that knows best who pays."""
        return max(self.sightings, key=lambda one: one.basis.get("channel", Basis.OBSERVED))

    @property
    def response(self) -> str | None:
        ids = {id.value for one in self.sightings for id in one.ids if id.kind is IdKind.RESPONSE}
        assert len(ids) <= 1, f"two responses joined: {ids}"
        return next(iter(ids), None)

    @property
    def total(self) -> int:
        """Input (cached included) and output."""
        return self.usage.prompt + self.usage.output if self.usage else 0


def joined(observations: Iterable[Observation]) -> list[JoinedCall]:
    """The connected components over shared ids, by time."""
    parts: list[tuple[set[object], list[Observation]]] = []
    for one in observations:
        ids: set[object] = set(one.sighting.ids)
        assert ids, "a sighting without an id opens no call"
        touching = [part for part in parts if part[0] & ids]
        parts = [part for part in parts if not part[0] & ids]
        merged = ids.union(*(part[0] for part in touching))
        parts.append((merged, [seen for part in touching for seen in part[1]] + [one]))
    calls = [JoinedCall(seen=tuple(sorted(seen, key=lambda o: o.sighting.started_at))) for _, seen in parts]
    return sorted(calls, key=lambda call: (call.sightings[0].started_at, repr(call.sightings[0].ids)))


def read_files(files: Sequence[Path]) -> list[Observation]:
    """All observations of some rollouts, each read whole."""
    found: list[Observation] = []
    for file in files:
        found += read(file.read_bytes(), EMPTY, name=file.name, fallback_time=MTIME)[0]
    return found


def nanoseconds(text: str) -> int:
    """An ISO time, to the millisecond, in nanoseconds."""
    return round(datetime.fromisoformat(text).timestamp() * 1000) * 10**6
