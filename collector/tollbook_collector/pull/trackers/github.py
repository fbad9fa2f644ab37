"""GitHub: pull requests of a repository, latest change first, by the `Link` header; Enterprise Server too.

A list in this order that grows while it is read repeats an item and loses none.
"""

import re

from tollbook.problem import Problem
from tollbook_collector.outcomes.github import is_pulls, read_pulls
from tollbook_collector.outcomes.jira import utc_day
from tollbook_collector.outcomes.records import Pull
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.fault import give_up
from tollbook_collector.pull.keys import Key
from tollbook_collector.pull.report import MOST_PAGES

API_VERSION = "2022-11-28"
PAGE = "100"
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')


def headers(key: Key) -> dict[str, str]:
    """How a request shows the token."""
    return {
        "authorization": f"Bearer {key.reveal()}",
        "accept": "application/vnd.github+json",
        "x-github-api-version": API_VERSION,
    }


def ask_github(client: Client, repository: str, since: int) -> tuple[list[Pull], list[Problem]]:
    """The pull requests of a repository that changed since a day."""
    path = f"/repos/{repository}/pulls"
    query = (("state", "all"), ("sort", "updated"), ("direction", "desc"), ("per_page", PAGE))
    found: dict[tuple[str, int], Pull] = {}
    problems: list[Problem] = []
    answer = client.get(path, query)
    for number in range(1, MOST_PAGES + 1):
        page = answer.document
        if not is_pulls(page):
            give_up("answer_shape", path, "it is no list of pull requests", "Check base_url, and report this.")
        try:
            fresh = [each for each in page if utc_day(each["updated_at"]) >= since]
        except (KeyError, TypeError, ValueError):
            give_up("answer_shape", path, "a pull request has no time", "Check base_url, and report this.")
        pulls, wrong = read_pulls(fresh, f"{repository} page {number}")
        found |= {(pull.repo, pull.number): pull for pull in reversed(pulls) if (pull.repo, pull.number) not in found}
        problems += wrong
        link = _NEXT.search(answer.headers.get("link", ""))
        if link is None or len(fresh) < len(page):
            return list(found.values()), problems
        answer = client.follow(link[1])
    give_up("paging_broken", path, f"more than {MOST_PAGES} pages", "Pull a shorter time: --since.")
