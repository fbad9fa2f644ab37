"""Fuzzy matching: which known call a sighting without an id belongs to. Pure; the only place that guesses.

One to one: equal conversation, model and counts, at most `MAX_APART_NS` apart. What is found becomes an explicit link
fact, a sighting that holds its own link id *and* the strongest id of the call. Grouping knows only ids: it joins the
fact to the call by that id, and the link id stays the name of what was linked, so that the same report sent again finds
the call it was given before. A sighting that holds a link id alone must not be stored: it would be a call of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from tollbook.identity import Id, strength
from tollbook.problem import Problem
from tollbook.sighting import Sighting

MAX_APART_NS = 5 * 1_000_000_000
"""A report and the call it is of are at most this far apart: both are written when the response ends."""
HOLD_NS = 120 * 1_000_000_000
"""How long a report waits for its call: a log is read within seconds, a rollout is written with the response."""
MAX_WAITING = 1_024
"""Reports that wait at once; beyond, the oldest is dropped."""


class Counts(NamedTuple):
    """Token counts as OpenAI gives them: `input` includes `cached` and `cache_write`, `output` includes `reasoning`."""

    input: int
    cached: int
    cache_write: int
    output: int
    reasoning: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Loose:
    """What an observer saw of a call it could not name. `sighting.ids` is its own link id."""

    sighting: Sighting
    conversation: str
    model: str | None
    counts: Counts
    at_ns: int
    """When the response ended, UTC nanoseconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A call this laptop knows by an id."""

    id: Id
    """Its strongest."""
    conversations: frozenset[str]
    """Session and thread: either may be what a tool calls the conversation."""
    models: frozenset[str]
    """Asked for and answered; empty where unknown."""
    counts: Counts
    ended_at: int
    """UTC nanoseconds."""
    linked: frozenset[Id] = frozenset()
    """Link ids it already has: it takes no other."""


class Links(NamedTuple):
    """Link facts, and the reports that found no call."""

    facts: tuple[Sighting, ...] = ()
    unmatched: tuple[Loose, ...] = ()


class _Pair(NamedTuple):
    """A possible link. The order of the fields is the order of preference."""

    fresh: bool
    """False: linked before."""
    apart_ns: int
    loose: tuple[int, str]
    candidate: tuple[int, str]


def link(reports: Iterable[Loose], candidates: Iterable[Candidate]) -> Links:
    """Match reports with calls, the nearest in time first.

    The result depends on the sets alone, not on their order. A report given twice counts once; no call takes two
    reports, no report two calls.
    """
    known = {strength(each.sighting.ids[0]): each for each in reports}
    calls: dict[tuple[int, str], Candidate] = {}
    for each in candidates:
        mine = calls.get(strength(each.id))
        calls[strength(each.id)] = each if mine is None else replace(each, linked=each.linked | mine.linked)
    taken: dict[tuple[int, str], tuple[int, str]] = {}
    used: set[tuple[int, str]] = set()
    for pair in sorted(_pairs(known, calls)):
        if pair.loose not in taken and pair.candidate not in used:
            taken[pair.loose] = pair.candidate
            used.add(pair.candidate)
    facts = tuple(linked(known[name].sighting, calls[taken[name]].id) for name in sorted(taken))
    return Links(facts, tuple(known[name] for name in sorted(known.keys() - taken.keys())))


def linked(sighting: Sighting, call: Id) -> Sighting:
    """The link fact: what was seen, now of this call."""
    return replace(sighting, ids=(call, *sighting.ids))


def _pairs(known: dict[tuple[int, str], Loose], calls: dict[tuple[int, str], Candidate]) -> list[_Pair]:
    """Every link that is possible."""
    by_counts: dict[tuple[str, Counts], list[Candidate]] = {}
    for candidate in calls.values():
        for conversation in candidate.conversations:
            by_counts.setdefault((conversation, candidate.counts), []).append(candidate)
    pairs: list[_Pair] = []
    for name, loose in known.items():
        own = loose.sighting.ids[0]
        for candidate in by_counts.get((loose.conversation, loose.counts), ()):
            apart = abs(loose.at_ns - candidate.ended_at)
            same_model = loose.model is None or not candidate.models or loose.model in candidate.models
            if same_model and apart <= MAX_APART_NS and (not candidate.linked or own in candidate.linked):
                pairs.append(_Pair(not candidate.linked, apart, name, strength(candidate.id)))
    return pairs


class Waiting:
    """Reports whose call is not known yet. Lost at the end of the process: they add nothing to what calls cost."""

    def __init__(self) -> None:
        self._reports: dict[Id, Loose] = {}

    def __len__(self) -> int:
        return len(self._reports)

    @property
    def conversations(self) -> frozenset[str]:
        """Whose calls are candidates."""
        return frozenset(each.conversation for each in self._reports.values())

    def add(self, reports: Sequence[Loose]) -> list[Problem]:
        """Wait for the calls of these reports as well."""
        for each in reports:
            self._reports[each.sighting.ids[0]] = each
        return self._drop(list(self._reports)[: max(0, len(self._reports) - MAX_WAITING)], "too_many_waiting")

    def settle(self, candidates: Iterable[Candidate], now_ns: int) -> tuple[list[Sighting], list[Problem]]:
        """The link facts found now; who has waited too long is counted and dropped."""
        facts, unmatched = link(self._reports.values(), candidates)
        self._reports = {each.sighting.ids[0]: each for each in unmatched}
        late = [own for own, each in self._reports.items() if abs(now_ns - each.at_ns) > HOLD_NS]
        return list(facts), self._drop(late, "report_without_call")

    def _drop(self, names: Sequence[Id], reason: str) -> list[Problem]:
        return [Problem(reason=reason, where=self._reports.pop(name).sighting.tool) for name in names]
