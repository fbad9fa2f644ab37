"""Plain builders for examples in the domain's words: ids, sightings, claims, work."""

from typing import Any

from tollbook.claim import Claim, claim_of
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence, IdKind, Source, Tool
from tollbook.work import Known, Work

NOON = 1_789_992_000 * 10**9
"""A noon of UTC in September 2026, in nanoseconds."""
SECOND = 10**9
DAY = 86_400 * SECOND


def response(value: str) -> Id:
    return Id(IdKind.RESPONSE, value)


def request(value: str) -> Id:
    return Id(IdKind.REQUEST, value)


def client_request(value: str) -> Id:
    return Id(IdKind.CLIENT_REQUEST, value)


def derived(value: str) -> Id:
    return Id(IdKind.DERIVED, value)


def link(value: str) -> Id:
    return Id(IdKind.LINK, value)


def sighting(source: Source, *ids: Id, **fields: Any) -> Sighting:
    """Claude Code at noon, two seconds long, unless said otherwise."""
    plain: dict[str, Any] = {"tool": Tool.CLAUDE_CODE, "started_at": NOON, "ended_at": NOON + 2 * SECOND}
    return Sighting(source=source, ids=ids, **{**plain, **fields})


def claim(source: Source, *ids: Id, observer: str = "laptop-ada", **fields: Any) -> Claim:
    """The claim of such a sighting."""
    made = claim_of(sighting(source, *ids, **fields), observer)
    assert made is not None
    return made


def made_for(**known: tuple[str, Evidence]) -> Work:
    """Work of pairs of value and evidence."""
    values: dict[str, Any] = {name: Known(*pair) for name, pair in known.items()}
    return Work(**values)
