"""GitHub, and Enterprise Server: a pull request, and our comment on it. The key needs to write pull requests' comments.

A comment is ours when it begins with the marker and we wrote it: anybody can write the marker.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from tollbook_collector.comments.markdown import MARKER
from tollbook_collector.comments.told import Own
from tollbook_collector.pull.client import Answer, Client
from tollbook_collector.pull.fault import give_up
from tollbook_collector.pull.report import MOST_PAGES, shaped

PAGE = "100"
BOT = "Bot"
"""The type of GitHub's accounts of apps, github-actions among them."""
_NEXT = re.compile(r'<([^>]+)>\s*;\s*rel="next"')
_SHAPE = "Check the API's address (--api-url), and report this."


class PullRequest(NamedTuple):
    """What is needed of a pull request."""

    repo: str
    """owner/name as it is called now: a renamed repository answers by its old name too, but takes nothing there."""
    number: int
    branch: str
    head_repo: str | None
    """Whose branch it is; `None`: the fork is gone."""
    title: str

    @property
    def is_from_fork(self) -> bool:
        """Whether a stranger may have chosen its names."""
        return self.head_repo is None or self.head_repo.casefold() != self.repo.casefold()


def ask_pull(client: Client, repo: str, number: int) -> PullRequest:
    """The pull request of a number."""
    path = f"/repos/{repo}/pulls/{number}"
    answer = client.send("GET", path, expected=(200, 404))
    if answer.status == 404:
        remedy = "Check --repo and --pr; a key that may not see a private repository is told the same."
        give_up("not_found", path, "there is no such pull request (status 404)", remedy)
    found = shaped(path, answer.document)
    try:
        head = found["head"]["repo"]
        return PullRequest(
            repo=_repository(found["base"]["repo"]["full_name"]),
            number=number,
            branch=str(found["head"]["ref"]),
            head_repo=None if head is None else _repository(head["full_name"]),
            title=str(found.get("title") or ""),
        )
    except (KeyError, TypeError, ValueError):
        give_up("answer_shape", path, "it is no pull request", _SHAPE)


def _repository(name: object) -> str:
    """A name that is put into paths."""
    if not isinstance(name, str) or not re.fullmatch(r"[\w.-]{1,100}/[\w.-]{1,100}", name):
        raise ValueError
    return name


class PullComment:
    """Our comment on a pull request."""

    def __init__(self, client: Client, pull: PullRequest, text: str, author: str | None) -> None:
        """`author` is the login we write under; `None`: ask, and where an app may not ask, any app."""
        self._client, self._pull, self._text = client, pull, text
        self._named = author
        self._login = author
        self._asked = author is not None

    def own(self) -> Sequence[Own]:
        """Our comments, oldest first."""
        found = [each for each in self._comments() if self._is_ours(each)]
        return [Own(id=str(each["id"]), same=_plain(each["body"]) == _plain(self._text)) for each in found]

    def create(self) -> str:
        """Make it."""
        path = f"/repos/{self._pull.repo}/issues/{self._pull.number}/comments"
        made = shaped(path, self._client.send("POST", path, {"body": self._text}, expected=(201,), once=True).document)
        login = _login_of(made)
        if self._named is not None and login != self._named:
            remedy = f"Say --author {login}, else the next run finds no comment of {self._named} and makes another one."
            give_up("author_differs", path, f"the comment was made, under another name than {self._named}", remedy)
        return str(made.get("id"))

    def update(self, comment: str) -> bool:
        """Change it in place."""
        path = f"/repos/{self._pull.repo}/issues/comments/{comment}"
        return self._client.send("PATCH", path, {"body": self._text}, expected=(200, 404)).status == 200

    def remove(self, comment: str) -> None:
        """Take one of two away."""
        path = f"/repos/{self._pull.repo}/issues/comments/{comment}"
        self._client.send("DELETE", path, expected=(204, 404))

    def _comments(self) -> list[dict[str, Any]]:
        path = f"/repos/{self._pull.repo}/issues/{self._pull.number}/comments"
        found: list[dict[str, Any]] = []
        answer: Answer = self._client.get(path, (("per_page", PAGE),))
        for _ in range(MOST_PAGES):
            page = answer.document
            if not isinstance(page, list):
                give_up("answer_shape", path, "it is no list of comments", _SHAPE)
            found += [shaped(path, each) for each in cast(list[Any], page)]
            link = _NEXT.search(answer.headers.get("link", ""))
            if link is None:
                return found
            answer = self._client.follow(link[1])
        give_up("paging_broken", path, f"more than {MOST_PAGES} pages", _SHAPE)

    def _is_ours(self, comment: dict[str, Any]) -> bool:
        body, number = comment.get("body"), comment.get("id")
        if type(number) is not int or not isinstance(body, str) or not body.lstrip().startswith(MARKER):
            return False
        login = self._own_login()
        if login is None:
            user = comment.get("user")
            return isinstance(user, dict) and cast(dict[str, Any], user).get("type") == BOT
        return _login_of(comment) == login

    def _own_login(self) -> str | None:
        """Asked only when there is a marker. An installation of an app, such as a workflow's own key, is told 403."""
        if not self._asked:
            answer = self._client.send("GET", "/user", expected=(200, 403))
            login = None if answer.status == 403 else shaped("/user", answer.document).get("login")
            self._login, self._asked = None if login is None else str(login), True
        return self._login


def _login_of(comment: dict[str, Any]) -> str | None:
    user = comment.get("user")
    return str(cast(dict[str, Any], user).get("login")) if isinstance(user, dict) else None


def _plain(text: str) -> str:
    """A text as it is compared: hosts change the ends of lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
