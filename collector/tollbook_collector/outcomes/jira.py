"""Pages of Jira's search (`/rest/api/3/search/jql`) as issues.

A page is `{issues: [{id, key, fields}], nextPageToken?, isLast}`. Epic Link and Parent Link are deprecated: `parent` is
what says where an issue belongs, at every level. Story points are a custom field, most often `customfield_10016`.
"""

import json
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from tollbook.answer import day_number
from tollbook.problem import Problem
from tollbook.ticket import candidates
from tollbook_collector.outcomes.records import Issue

POINTS_FIELD = "customfield_10016"
MOST_ISSUES = 200_000
_STATES = ("new", "indeterminate", "done")
_REMEDY = "Ask for the fields issuetype, project, parent, status, resolutiondate and the points field."


def is_search_page(document: Any) -> bool:
    """Whether a JSON document is a page of Jira's search."""
    return isinstance(document, dict) and isinstance(cast(Any, document).get("issues"), list)


def read_search_page(
    document: Any, name: str, points_field: str = POINTS_FIELD
) -> tuple[list[Issue], list[Problem]]:  # fmt: skip
    """The issues of a page. An issue that cannot be read is a Problem and left out."""
    issues: list[Issue] = []
    problems: list[Problem] = []
    found = cast(list[Any], document["issues"])
    for place, each in enumerate(found[:MOST_ISSUES]):
        where = f"{name}: issues[{place}]"
        try:
            issues.append(_issue(each, points_field))
        except (KeyError, TypeError, ValueError, InvalidOperation) as error:
            detail = f"{type(error).__name__} at {str(error)[:60]}"
            problems.append(Problem(reason="issue_unreadable", where=where, detail=detail, remedy=_REMEDY))
    if len(found) > MOST_ISSUES:
        problems.append(Problem(reason="too_many_issues", where=name, detail=f"more than {MOST_ISSUES}"))
    if not document.get("isLast", True) and not document.get("nextPageToken"):
        remedy = "Export the search again: without its token the next page cannot be asked for."
        problems.append(Problem(reason="page_unfinished", where=name, detail="not the last page", remedy=remedy))
    return issues, problems


def _issue(each: Any, points_field: str) -> Issue:
    fields = each["fields"]
    key = str(each["key"])
    if candidates(key) != (key,):
        raise ValueError("key")
    parent, project = fields.get("parent"), fields.get("project")
    state = fields["status"]["statusCategory"]["key"]
    if state not in _STATES:
        raise ValueError("status")
    resolved = fields.get("resolutiondate")
    return Issue(
        id=str(each["id"]),
        key=key,
        project=str(project["key"]) if project else key.rpartition("-")[0],
        level=int(fields["issuetype"]["hierarchyLevel"]),
        parent=None if parent is None else str(parent["key"]),
        status=state,
        points=_points(fields.get(points_field)),
        done_day=None if resolved is None else utc_day(resolved),
    )


def _points(value: Any) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError("points")
    return int((Decimal(value) * 100).to_integral_value())


def utc_day(text: str) -> int:
    """The UTC day of a time with its offset: 2026-10-07T15:00:00.000+0200, 2026-10-07T14:00:00Z."""
    moment = datetime.fromisoformat(text).astimezone(UTC)
    return day_number(moment.date().isoformat())


def parse_json(raw: bytes) -> Any:
    """A JSON document; numbers with a point are Decimal.

    Raises:
        ValueError: not JSON.
    """
    try:
        return json.loads(raw, parse_float=Decimal)
    except (UnicodeDecodeError, RecursionError) as error:
        raise ValueError(type(error).__name__) from error
