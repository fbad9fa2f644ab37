"""Pulling outcomes: what changed at trackers and code hosts since the last pull, kept on the shelf of imports.

Only what differs from what is known is kept, so that a pull without news writes nothing. The watermark moves after the
import is on the shelf: a crash between the two repeats the pull, and the repeated one finds no news.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tollbook.answer import day_text
from tollbook.problem import Problem
from tollbook_collector.bills.texts import month_days, month_of
from tollbook_collector.outcomes.hierarchy import Outcomes
from tollbook_collector.outcomes.records import Issue, Pull
from tollbook_collector.outcomes.shelf import keep, read_shelf
from tollbook_collector.pull.bills import Around
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import PullFault
from tollbook_collector.pull.keys import Key, read_key
from tollbook_collector.pull.settings import Source
from tollbook_collector.pull.trackers import github, jira
from tollbook_collector.store.finance.pulls import PullMarks

OVERLAP_DAYS = 2
"""Days before the last pull that are asked for again: Jira's search may lag, and its days are of another time zone."""
ISSUES = "issues"
_DAY_SECONDS = 86_400


@dataclass(slots=True, kw_only=True)
class Tracked:
    """One source, or one repository of one. Filled while it is pulled."""

    source: str
    report: str
    since: int | None = None
    issues: list[Issue] = field(default_factory=list[Issue])
    pulls: list[Pull] = field(default_factory=list[Pull])
    projects: tuple[str, ...] = ()
    changed: int = 0
    """Issues and pull requests that are not known as they are now."""
    requests: int = 0
    retries: int = 0
    problems: list[Problem] = field(default_factory=list[Problem])

    def as_json(self) -> dict[str, Any]:
        """The documented row of `outcomes pull --json`."""
        return {
            "source": self.source,
            "report": self.report,
            "since": None if self.since is None else day_text(self.since),
            "requests": self.requests,
            "retries": self.retries,
            "issues": len(self.issues),
            "pull_requests": len(self.pulls),
            "projects": len(self.projects),
            "changed": self.changed,
            "problems": [
                {"reason": one.reason, "where": one.where, "detail": one.detail, "remedy": one.remedy}
                for one in self.problems
            ],
        }


def pull_outcomes(
    marks: PullMarks, sources: Sequence[Source], since: int | None, around: Around, *, dry_run: bool = False
) -> list[Tracked]:
    """Pull these sources, each by itself; what is wrong with one keeps none of the others from being pulled."""
    done: list[Tracked] = []
    for source in sources:
        key = read_key(source.key, around.home, around.environment) if source.key is not None else None
        if not isinstance(key, Key):
            done.append(Tracked(source=source.name, report="", problems=[] if key is None else [key]))
            continue
        shown = jira.headers(source, key) if source.channel == "jira" else github.headers(key)
        client = Client(
            source.base_url, shown, per_minute=source.per_minute, timing=around.timing, stopped=around.stopped
        )
        try:
            for report in (ISSUES,) if source.channel == "jira" else source.names:
                done.append(_pull(marks, client, source, report, since, around, dry_run))
        finally:
            client.close()
    return done


def _pull(
    marks: PullMarks, client: Client, source: Source, report: str, since: int | None, around: Around, dry_run: bool
) -> Tracked:
    done = Tracked(source=source.name, report=report)
    today = int(around.now_seconds()) // _DAY_SECONDS
    until = marks.watermark(source.name, report)
    done.since = _first_day(source, until, today) if since is None else since
    known, wrong = read_shelf(around.home)
    done.problems += wrong
    before, tried = client.requests, client.retries
    try:
        if source.channel == "jira":
            found = jira.ask_jira(client, source, done.since, known)
            done.issues, done.projects = found.issues, found.projects
            done.problems += found.problems
        else:
            done.pulls, problems = github.ask_github(client, report, done.since)
            done.problems += problems
    except PullFault as fault:
        done.problems.append(fault.problem)
        return done
    finally:
        done.requests, done.retries = client.requests - before, client.retries - tried
    issues, pulls, projects = _news(known, done)
    done.changed = len(issues) + len(pulls)
    if dry_run or any(problem.reason != "parents_unseen" for problem in done.problems):
        return done  # what cannot be read would leave tickets out
    if issues or pulls or projects:
        keep(around.home, today, issues, pulls, projects)
    if until is None or done.since <= until:
        marks.put_watermark(source.name, report, max(today, until or today), around.pulled_at)
    return done


def _first_day(source: Source, until: int | None, today: int) -> int:
    if until is not None:
        return until - OVERLAP_DAYS
    if source.since is not None:
        return source.since
    return month_days(month_of(month_days(month_of(today))[0] - 1))[0]


def _news(known: Outcomes, done: Tracked) -> tuple[list[Issue], list[Pull], tuple[str, ...]]:
    """What is not known as it is now."""
    latest = {versions[-1].issue for versions in known.versions.values()}
    pulls = set(known.pulls)
    news = tuple(sorted(set(done.projects) - known.projects))
    return (
        [each for each in done.issues if each not in latest],
        [each for each in done.pulls if each not in pulls],
        news,
    )
