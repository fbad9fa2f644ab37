"""Where a ticket belongs on a day: its story, epic and initiative, by the imports made until then.

An import says where issues stand on its day. Before the first import that knows an issue, that first one is taken: the
tracker's past is not known better. An issue that moved to another project answers to its former keys too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from tollbook.ticket import TicketRule, judge
from tollbook_collector.allocate.rules import Days, Entry, Lookup
from tollbook_collector.allocate.standard import OUTCOME_COLUMNS, TICKETS
from tollbook_collector.outcomes.records import LEVEL_EPIC, LEVEL_INITIATIVE, Issue, Pull

MOST_LEVELS = 10
"""Steps up a hierarchy; a circle ends here."""


HIGHEST_LEVEL = 99
"""Levels above the initiative are the company's own."""


class Import(NamedTuple):
    """What one import brought: issues and pull requests as they stood on its day."""

    day: int
    issues: tuple[Issue, ...]
    pulls: tuple[Pull, ...]
    projects: tuple[str, ...] = ()
    """Keys of projects that the tracker named by themselves."""


class Version(NamedTuple):
    """An issue as it stood from a day on."""

    day: int
    issue: Issue


@dataclass(frozen=True)
class Outcomes:
    """All that has been imported, in the order of the days it is about."""

    imports: tuple[Import, ...] = ()

    @classmethod
    def of(cls, imports: Iterable[Import]) -> "Outcomes":
        """Imports of one day stand in the order given: the later says more."""
        return cls(tuple(sorted(imports, key=lambda each: each.day)))

    @cached_property
    def versions(self) -> Mapping[str, tuple[Version, ...]]:
        """The versions of every issue by its id, ascending."""
        found: dict[str, list[Version]] = {}
        for each in self.imports:
            for issue in each.issues:
                known = found.setdefault(issue.id, [])
                if known and known[-1].day == each.day:
                    known.pop()
                if not known or known[-1].issue != issue:
                    known.append(Version(each.day, issue))
        return {id_: tuple(versions) for id_, versions in found.items()}

    @cached_property
    def ids(self) -> Mapping[str, str]:
        """The id behind every key there is or was; a key used anew belongs to its latest issue."""
        found: dict[str, tuple[int, str]] = {}
        for id_, versions in self.versions.items():
            for version in versions:
                found[version.issue.key] = max(found.get(version.issue.key, (-1, "")), (version.day, id_))
        return {key: id_ for key, (_, id_) in found.items()}

    @cached_property
    def issues(self) -> Mapping[str, Issue]:
        """Every issue as it stands now, by its key."""
        return {versions[-1].issue.key: versions[-1].issue for versions in self.versions.values()}

    @cached_property
    def pulls(self) -> tuple[Pull, ...]:
        """Every pull request as it stands now, by repository and number."""
        found = {(pull.repo, pull.number): pull for each in self.imports for pull in each.pulls}
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def projects(self) -> frozenset[str]:
        """The keys of projects that a tracker named by themselves."""
        return frozenset(key for each in self.imports for key in each.projects)

    @cached_property
    def project_keys(self) -> frozenset[str]:
        """The projects whose tickets count: those the tracker named, and those that issues are or were in.

        Empty where neither is known.
        """
        return self.projects | frozenset(
            version.issue.key.rpartition("-")[0] for versions in self.versions.values() for version in versions
        )

    def at(self, key: str, day: int) -> Issue | None:
        """The issue behind a key as it stood on a day."""
        versions = self.versions.get(self.ids.get(key, ""), ())
        return next(
            (each.issue for each in reversed(versions) if each.day <= day), versions[0].issue if versions else None
        )

    def chain(self, key: str, day: int) -> tuple[Issue, ...]:
        """The issue and those above it on a day, from below."""
        found: list[Issue] = []
        issue = self.at(key, day)
        while issue is not None and len(found) < MOST_LEVELS:
            found.append(issue)
            issue = None if issue.parent is None else self.at(issue.parent, day)
        return tuple(found)

    def tickets_of(self, pull: Pull) -> tuple[str, ...]:
        """The tickets a pull request is for: those its branch names, else its title, else its body.

        With issues imported only keys of issues that exist count: what merely looks like a key invents nothing.
        """
        rule = TicketRule(project_keys=self.project_keys) if self.ids else TicketRule()
        for words in pull.words:
            known = tuple(key for key in judge(words, rule) if not self.ids or key in self.ids)
            if known:
                return tuple(dict.fromkeys(self.current_key(key) for key in known))
        return ()

    def current_key(self, key: str) -> str:
        """The key an issue has now."""
        versions = self.versions.get(self.ids.get(key, ""))
        return key if versions is None else versions[-1].issue.key


def tickets(outcomes: Outcomes) -> Lookup:
    """The lookup `tickets`: project, story, epic, initiative and status of every key, by day."""
    entries: dict[str, tuple[Entry, ...]] = {}
    for key in sorted(outcomes.ids):
        spans: list[tuple[int | None, dict[str, str]]] = []
        for day in (None, *_turning_days(outcomes, key)):
            values = _values(outcomes.chain(key, -1 if day is None else day))
            if not spans or spans[-1][1] != values:
                spans.append((day, values))
        ends = [*(start for start, _ in spans[1:]), None]
        entries[key] = tuple(
            Entry(Days(start, end), values, 0) for (start, values), end in zip(spans, ends, strict=True)
        )  # fmt: skip
    return Lookup(name=TICKETS, columns=OUTCOME_COLUMNS, entries=entries)


def _turning_days(outcomes: Outcomes, key: str) -> Sequence[int]:
    """The days on which anything about the key, or what has ever been above it, may have changed."""
    days: set[int] = set()
    seen: set[str] = set()
    waiting = [key]
    while waiting:
        id_ = outcomes.ids.get(waiting.pop(), "")
        if id_ in seen:
            continue
        seen.add(id_)
        for version in outcomes.versions.get(id_, ()):
            days.add(version.day)
            if version.issue.parent is not None:
                waiting.append(version.issue.parent)
    return sorted(days)


def _values(chain: tuple[Issue, ...]) -> dict[str, str]:
    if not chain:
        return {}
    found = {"project": chain[0].project, "status": chain[0].status}
    levels = {"story": (0, 0), "epic": (LEVEL_EPIC, LEVEL_EPIC), "initiative": (LEVEL_INITIATIVE, HIGHEST_LEVEL)}
    for name, (low, high) in levels.items():
        issue = next((each for each in chain if low <= each.level <= high), None)
        if issue is not None:
            found[name] = issue.key
    return found
