"""Dialect: how one emitter is recognised and read."""

from collections.abc import Callable
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook.sighting import Sighting
from tollbook_collector.receivers.plain import Record


class Dialect(NamedTuple):
    """One emitter's telemetry. `names`, `prefixes` and `documents` are all it may take out of a record."""

    name: str
    recognise: Callable[[Record], bool]
    """By what only this emitter writes: never by the name of the service alone, which people choose."""
    read: Callable[[Record], Sighting | Problem | None]
    """The call a record tells of; `None` where it tells of none, or only what another record tells too."""
    names: frozenset[str]
    prefixes: tuple[str, ...] = ()
    documents: frozenset[str] = frozenset()
