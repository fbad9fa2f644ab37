"""Observation: a sighting together with the place it was made from. The place never leaves the laptop."""

from dataclasses import dataclass

from tollbook.sighting import Sighting
from tollbook.vocabulary import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a tool says it stood. Paths and URLs in here are for the resolver on this machine only."""

    cwd: str | None = None
    evidence: Evidence = Evidence.LOG
    """How the folder is known: the tool's log, `metadata` of the call itself, its `session`, its `process`."""
    branch: str | None = None
    """The branch the tool wrote down; may be stale."""
    commit: str | None = None
    remote_url: str | None = None
    """A git remote as the tool wrote it; may hold credentials."""
    worktree_branch: str | None = None
    """Claude Code's `worktree-state`: the branch of the worktree the session moved to."""
    pull_request: str | None = None
    """`owner/name#number` of the pull request the session opened."""


NOWHERE = Place()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a reader found: the sighting (without repo, branch or ticket) and where it was made."""

    sighting: Sighting
    place: Place = NOWHERE
    connection: str | None = None
    """The relay's name of the connection a call was seen on: leads to the process that made it."""
