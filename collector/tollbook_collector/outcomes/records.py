"""Issues and pull requests as records: what trackers and code hosts say, less everything that is not needed.

Titles and bodies of pull requests are read for ticket keys and then dropped; nothing of an issue but its key, place and
state is kept.
"""

from dataclasses import dataclass
from typing import Any

LEVEL_EPIC = 1
LEVEL_INITIATIVE = 2
"""Jira's hierarchy levels: -1 sub-task, 0 story, bug and the like, 1 epic, 2 and above initiative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One issue as it stood when it was exported. Days are UTC days since 1970-01-01."""

    id: str
    """The tracker's own id: it stays when an issue moves to another project and gets another key."""
    key: str
    project: str
    level: int
    parent: str | None
    """The key of the issue above it."""
    status: str
    """Jira's category of the status: new, indeterminate or done."""
    points: int | None
    """Story points times 100: they may have decimals, and a sum of them must be exact."""
    done_day: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pull:
    """One pull request."""

    repo: str
    """owner/name."""
    number: int
    branch: str
    head_sha: str | None
    merge_sha: str | None
    state: str
    """open, merged or closed: closed without a merge."""
    closed_day: int | None
    """The day it was merged or closed."""
    words: tuple[tuple[str, ...], ...]
    """What in its branch, its title and its body is shaped like a ticket key; which of them count is judged later."""

    @property
    def name(self) -> str:
        """owner/name#12."""
        return f"{self.repo}#{self.number}"


def issue_json(issue: Issue) -> dict[str, Any]:
    """As it is kept."""
    return {name: getattr(issue, name) for name in Issue.__slots__}


def pull_json(pull: Pull) -> dict[str, Any]:
    """As it is kept."""
    return {name: getattr(pull, name) for name in Pull.__slots__}
