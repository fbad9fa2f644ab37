"""Jira Cloud: our comment on an issue, or a property of the issue that apps and searches read.

A comment is ours when we wrote it and its last line is the marker.
"""

from collections.abc import Sequence
from typing import Any, NoReturn, cast
from urllib.parse import quote

from tollbook_collector.comments import adf
from tollbook_collector.comments.told import Action, Own, Told
from tollbook_collector.pull.client import Client
from tollbook_collector.pull.exact_json import dump
from tollbook_collector.pull.fault import give_up
from tollbook_collector.pull.report import MOST_PAGES, rows_of, shaped

PROPERTY = "tollbook.cost"
PAGE = 100
_ISSUE = "/rest/api/3/issue"
_MYSELF = "/rest/api/3/myself"
_SHAPE = "Check the address of the site (--api-url), and report this."


class IssueComment:
    """Our comment on an issue."""

    def __init__(self, client: Client, issue: str, document: adf.Node) -> None:
        self._client, self._issue, self._document = client, issue, document
        self._path = f"{_ISSUE}/{quote(issue, safe='')}/comment"

    def own(self) -> Sequence[Own]:
        """Our comments, oldest first."""
        me = str(shaped(_MYSELF, self._client.get(_MYSELF).document).get("accountId"))
        wanted = adf.texts(self._document)
        found: list[Own] = []
        for each in self._comments():
            texts = adf.texts(each.get("body"))
            ours = _account(each.get("author")) == me
            if ours and texts and texts[-1] == adf.MARKER and str(each.get("id", "")).isdigit():
                found.append(Own(id=str(each["id"]), same=texts == wanted))
        return found

    def create(self) -> str:
        """Make it."""
        answer = self._client.send("POST", self._path, {"body": self._document}, expected=(201,), once=True)
        return str(shaped(self._path, answer.document).get("id"))

    def update(self, comment: str) -> bool:
        """Change it in place; nobody is sent an e-mail for it."""
        silent = (("notifyUsers", "false"),)
        path = f"{self._path}/{comment}"
        return self._client.send("PUT", path, {"body": self._document}, expected=(200, 404), query=silent).status == 200

    def remove(self, comment: str) -> None:
        """Take one of two away."""
        self._client.send("DELETE", f"{self._path}/{comment}", expected=(204, 404))

    def _comments(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for _ in range(MOST_PAGES):
            query = (("startAt", str(len(found))), ("maxResults", str(PAGE)), ("orderBy", "created"))
            answer = self._client.send("GET", self._path, expected=(200, 404), query=query)
            if answer.status == 404:
                _no_issue(self._issue)
            page = shaped(self._path, answer.document)
            rows = [shaped(self._path, each) for each in rows_of(self._path, page, "comments")]
            found += rows
            total = page.get("total")
            if not rows or type(total) is not int or len(found) >= total:
                return found
        give_up("paging_broken", self._path, f"more than {MOST_PAGES} pages", _SHAPE)


def put_property(client: Client, issue: str, value: dict[str, Any], *, anything: bool, dry_run: bool) -> Told:
    """See to it that the issue's property is this value."""
    path = f"{_ISSUE}/{quote(issue, safe='')}/properties/{PROPERTY}"
    answer = client.send("GET", path, expected=(200, 404))
    there = None if answer.status == 404 else shaped(path, answer.document).get("value")
    if there is not None and dump(there) == dump(value):
        return Told(action=Action.UNCHANGED, id=PROPERTY)
    if there is None and not anything:
        return Told(action=Action.NOTHING)
    if not dry_run and client.send("PUT", path, value, expected=(200, 201, 404)).status == 404:
        _no_issue(issue)
    return Told(action=Action.CREATED if there is None else Action.UPDATED, id=PROPERTY)


def _account(author: Any) -> str | None:
    return str(cast(dict[str, Any], author).get("accountId")) if isinstance(author, dict) else None


def _no_issue(issue: str) -> NoReturn:
    remedy = "Check --issue; an account that may not see the issue is told the same."
    give_up("not_found", issue, "there is no such issue (status 404)", remedy)
