"""GitHub's pull requests (`/repos/{owner}/{repo}/pulls?state=all`) as records: a JSON list."""

from typing import Any, cast

from tollbook.problem import Problem
from tollbook.ticket import candidates
from tollbook_collector.outcomes.jira import utc_day
from tollbook_collector.outcomes.records import Pull

MOST_PULLS = 200_000
LONGEST_BODY = 20_000
"""Characters of a body that are looked at for ticket keys."""


def is_pulls(document: Any) -> bool:
    """Whether a JSON document is a list of pull requests. An empty list is one of none."""
    if not isinstance(document, list):
        return False
    items = cast(list[Any], document)
    return all(isinstance(each, dict) and "head" in each and "number" in each for each in items[:10])


def read_pulls(document: Any, name: str) -> tuple[list[Pull], list[Problem]]:
    """The pull requests of a list. One that cannot be read is a Problem and left out."""
    pulls: list[Pull] = []
    problems: list[Problem] = []
    found = cast(list[Any], document)
    for place, each in enumerate(found[:MOST_PULLS]):
        try:
            pulls.append(_pull(each))
        except (KeyError, TypeError, ValueError) as error:
            detail = f"{type(error).__name__} at {str(error)[:60]}"
            problems.append(Problem(reason="pull_unreadable", where=f"{name}: [{place}]", detail=detail))
    if len(found) > MOST_PULLS:
        problems.append(Problem(reason="too_many_pulls", where=name, detail=f"more than {MOST_PULLS}"))
    return pulls, problems


def _pull(each: Any) -> Pull:
    state, merged, closed = each["state"], each.get("merged_at"), each.get("closed_at")
    if state not in ("open", "closed"):
        raise ValueError("state")
    branch = str(each["head"]["ref"])
    body = str(each.get("body") or "")[:LONGEST_BODY]
    words = (candidates(branch), candidates(str(each.get("title") or "")), _in_lines(body))
    ended = merged or closed
    return Pull(
        repo=str(each["base"]["repo"]["full_name"]),
        number=int(each["number"]),
        branch=branch,
        head_sha=each["head"].get("sha"),
        merge_sha=each.get("merge_commit_sha"),
        state="open" if state == "open" else "merged" if merged else "closed",
        closed_day=None if ended is None else utc_day(ended),
        words=words,
    )


def _in_lines(body: str) -> tuple[str, ...]:
    found = {key for line in body.splitlines() for key in candidates(line)}
    return tuple(sorted(found))
