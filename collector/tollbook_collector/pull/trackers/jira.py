"""Jira Cloud: `POST /rest/api/3/search/jql` page by page, what stands above the issues found, and the keys of projects.

Only the fields that are kept are asked for: no titles, no texts, no names of people. A day in JQL is one of the
account's own time zone, so that a pull begins some days before the last one ended.
"""

import base64
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from tollbook.answer import day_text
from tollbook.problem import Problem
from tollbook_collector.outcomes.hierarchy import MOST_LEVELS, Outcomes
from tollbook_collector.outcomes.jira import POINTS_FIELD, read_search_page
from tollbook_collector.outcomes.records import Issue
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import PullFault, give_up
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import MOST_PAGES, rows_of, shaped
from tollbook_collector.pull.settings import Source

SEARCH, PROJECTS = "/rest/api/3/search/jql", "/rest/api/3/project/search"
PAGE = 100
KEYS_AT_ONCE = 100
"""Keys of one search for what stands above."""
FIELDS = ("issuetype", "project", "parent", "status", "resolutiondate")


class JiraFound(NamedTuple):
    """What Jira says."""

    issues: list[Issue]
    projects: tuple[str, ...]
    problems: list[Problem]


def headers(source: Source, key: Key) -> dict[str, str]:
    """How a request shows the token."""
    pair = f"{source.email}:{key.reveal()}".encode()
    return {"authorization": "Basic " + base64.b64encode(pair).decode()}


def ask_jira(client: Client, source: Source, since: int, known: Outcomes) -> JiraFound:
    """The issues that changed since a day, with those above them that are not known yet, and the project keys."""
    within = f"project in ({_quoted(source.names)}) AND " if source.names else ""
    found, problems = _search(client, source, f'{within}updated >= "{day_text(since)}" ORDER BY created ASC')
    for _ in range(MOST_LEVELS):
        there = {issue.key for issue in found}
        above = {issue.parent for issue in found if issue.parent is not None} - there - known.ids.keys()
        if not above:
            break
        more, wrong = _above(client, source, sorted(above))
        found += more
        problems += wrong
        if wrong or not more:
            break
    return JiraFound(found, source.names or _projects(client), problems)


def _above(client: Client, source: Source, keys: Sequence[str]) -> tuple[list[Issue], list[Problem]]:
    """Issues by their keys. Jira refuses a search for a key that the account may not see."""
    found: list[Issue] = []
    for start in range(0, len(keys), KEYS_AT_ONCE):
        jql = f"key in ({_quoted(keys[start : start + KEYS_AT_ONCE])}) ORDER BY created ASC"
        try:
            more, wrong = _search(client, source, jql)
        except PullFault as fault:
            if fault.problem.reason != "request_refused":
                raise
            remedy = "Let the account browse the projects of your epics and initiatives too."
            what = f"{len(keys)} parents of issues cannot be seen"
            return found, [Problem(reason="parents_unseen", where=source.name, detail=what, remedy=remedy)]
        if wrong:
            return found, wrong
        found += more
    return found, []


def _search(client: Client, source: Source, jql: str) -> tuple[list[Issue], list[Problem]]:
    points = source.points_field or POINTS_FIELD
    issues: dict[str, Issue] = {}
    problems: list[Problem] = []
    body: dict[str, Any] = {"jql": jql, "fields": [*FIELDS, points], "maxResults": PAGE}
    seen: set[str] = set()
    for number in range(1, MOST_PAGES + 1):
        page = shaped(SEARCH, client.post(SEARCH, body).document)
        rows_of(SEARCH, page, "issues")
        found, wrong = read_search_page(page, f"{source.name} page {number}", points)
        issues |= {issue.id: issue for issue in found}
        problems += wrong
        token = page.get("nextPageToken")
        if not token:
            return list(issues.values()), problems
        if token in seen:
            break
        seen.add(str(token))
        body = {**body, "nextPageToken": token}
    give_up("paging_broken", SEARCH, "a page names one that was there before", "Pull again later, and report this.")


def _projects(client: Client) -> tuple[str, ...]:
    """The keys of all projects that the account can see."""
    found: list[str] = []
    for _ in range(MOST_PAGES):
        query = (("startAt", str(len(found))), ("maxResults", "50"))
        page = shaped(PROJECTS, client.get(PROJECTS, query).document)
        keys = [str(shaped(PROJECTS, each).get("key")) for each in rows_of(PROJECTS, page, "values")]
        found += keys
        if page.get("isLast") is True or not keys:
            return tuple(sorted(found))
    give_up("paging_broken", PROJECTS, "the list of projects does not end", "Name the projects in the settings.")


def _quoted(keys: Iterable[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)
