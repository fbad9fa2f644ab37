"""Exports of trackers and code hosts, told apart by their shape."""

from collections.abc import Iterable

from tollbook.problem import Problem
from tollbook_collector.outcomes.github import is_pulls, read_pulls
from tollbook_collector.outcomes.jira import POINTS_FIELD, is_search_page, parse_json, read_search_page
from tollbook_collector.outcomes.records import Issue, Pull

LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of one export."""


def read_exports(
    files: Iterable[tuple[str, bytes]], points_field: str = POINTS_FIELD
) -> tuple[list[Issue], list[Pull], list[Problem]]:
    """The issues and pull requests of (name, content) of files. A file of another kind is a Problem."""
    issues: dict[str, Issue] = {}
    pulls: dict[tuple[str, int], Pull] = {}
    problems: list[Problem] = []
    for name, raw in files:
        try:
            document = parse_json(raw)
        except ValueError as error:
            remedy = "Export it again, whole."
            problems.append(Problem(reason="not_json", where=name, detail=str(error)[:80], remedy=remedy))
            continue
        if is_search_page(document):
            found, wrong = read_search_page(document, name, points_field)
            issues |= {each.id: each for each in found}
        elif is_pulls(document):
            requests, wrong = read_pulls(document, name)
            pulls |= {(each.repo, each.number): each for each in requests}
        else:
            remedy = "Jira: pages of /rest/api/3/search/jql. GitHub: /repos/OWNER/REPO/pulls?state=all."
            wrong = [Problem(reason="export_unknown", where=name, detail="of no known shape", remedy=remedy)]
        problems += wrong
    return list(issues.values()), list(pulls.values()), problems
