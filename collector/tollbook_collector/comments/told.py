"""What became of a comment, and the one way to write it: found, compared, made once, put right in place."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from tollbook_collector.pull.fault import PullFault, give_up

MOST_TRIES = 3
"""Of making a comment whose answers are lost: before each, the host is asked whether it is there."""


class Action(StrEnum):
    """What was done, or in a dry run would be."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    """It says that already: nothing was written."""
    NOTHING = "nothing"
    """No call was seen and there is no comment: nothing was written."""
    SKIPPED = "skipped"
    """The pull request comes from a fork: its names are a stranger's choice, and nothing is told there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """How it ended."""

    action: Action
    id: str | None = None
    """Of the comment, or the name of the property."""
    removed: int = 0
    """Further comments of ours that were taken away, or in a dry run would be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A comment of ours that is there."""

    id: str
    same: bool
    """It says what it should."""


class Place(Protocol):
    """Where a comment is. All may raise PullFault; `create` `answer_lost`, where nobody knows whether it was made."""

    def own(self) -> Sequence[Own]:
        """Our comments, oldest first."""
        ...

    def create(self) -> str:
        """Make it; its id."""
        ...

    def update(self, comment: str) -> bool:
        """Change it; False where it is gone."""
        ...

    def remove(self, comment: str) -> None:
        """Take it away; one that is gone is no fault."""
        ...


def tell(place: Place, *, anything: bool, dry_run: bool) -> Told:
    """See to it that there is one comment and that it is right. `anything`: some call was seen."""
    lost: PullFault | None = None
    for _ in range(MOST_TRIES):
        own = place.own()
        if own:
            told = _put_right(place, own, dry_run)
            if told is not None:
                return told
            continue
        if not anything:
            return Told(action=Action.NOTHING)
        if dry_run:
            return Told(action=Action.CREATED)
        try:
            return Told(action=Action.CREATED, id=place.create())
        except PullFault as fault:
            if fault.problem.reason != "answer_lost":
                raise
            lost = fault
    if lost is not None:
        raise lost
    give_up("unsteady", "comment", f"it vanished {MOST_TRIES} times while it was changed", "Run it again.")


def _put_right(place: Place, own: Sequence[Own], dry_run: bool) -> Told | None:
    """Keep the oldest and take the others away; `None` where it is gone meanwhile."""
    first, *others = own
    if not dry_run:
        if not first.same and not place.update(first.id):
            return None
        for other in others:
            place.remove(other.id)
    action = Action.UNCHANGED if first.same else Action.UPDATED
    return Told(action=action, id=first.id, removed=len(others))
