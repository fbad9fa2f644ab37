"""Work: what a call was made for, and how each part of that is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from tollbook.vocabulary import Evidence


class Known(NamedTuple):
    """A value together with how it is known. Tickets are joined by a blank: keys never hold one."""

    value: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What a call was made for; `None` is "nobody knows", never a default.

    `repo` is "owner/name" of the remote (or the host's path where there is no owner), never a URL with credentials and
    never a local path. `tickets` holds keys separated by single blanks, in ascending order.
    """

    engineer: Known | None = None
    """E-mail address, lower case."""
    device: Known | None = None
    repo: Known | None = None
    branch: Known | None = None
    commit: Known | None = None
    """Full hexadecimal hash."""
    tickets: Known | None = None
    team: Known | None = None
    customer: Known | None = None
    tags: Mapping[str, Known] = field(default_factory=dict[str, Known])


WORK_FIELDS: tuple[str, ...] = ("engineer", "device", "repo", "branch", "commit", "tickets", "team", "customer")
"""The single-valued fields of `Work`."""


def _ranks(*strongest_first: Evidence) -> dict[Evidence, int]:
    """Every kind of evidence gets a distinct rank; what a field does not name stands last, in declaration order."""
    rest = [kind for kind in Evidence if kind not in strongest_first]
    ordered = [*strongest_first, *rest]
    return {kind: len(ordered) - place for place, kind in enumerate(ordered)}


_E = Evidence
_PLACE = _ranks(
    _E.PERSON,
    _E.EXPLICIT,
    _E.METADATA,
    _E.REFLOG,
    _E.HEAD,
    _E.WORKTREE,
    _E.PR,
    _E.SESSION,
    _E.GATEWAY_KEY,
    _E.LOG,
    _E.LOG_STALE,
)
EVIDENCE_RANK: Mapping[str, Mapping[Evidence, int]] = {
    "engineer": _ranks(_E.PERSON, _E.CREDENTIAL, _E.GATEWAY_KEY, _E.METADATA, _E.EXPLICIT, _E.HEAD),
    "device": _ranks(_E.CREDENTIAL, _E.EXPLICIT),
    "repo": _ranks(_E.PERSON, _E.EXPLICIT, _E.METADATA, _E.WORKTREE, _E.LOG, _E.SESSION, _E.LOG_STALE, _E.PROCESS),
    "branch": _PLACE,
    "commit": _PLACE,
    "tickets": _ranks(
        _E.PERSON, _E.EXPLICIT, _E.METADATA, _E.SESSION, _E.BRANCH, _E.WORKTREE, _E.PR, _E.COMMIT, _E.GATEWAY_KEY
    ),
    "team": _ranks(_E.PERSON, _E.EXPLICIT, _E.GATEWAY_KEY, _E.METADATA),
    "customer": _ranks(_E.PERSON, _E.EXPLICIT, _E.GATEWAY_KEY, _E.METADATA),
    "tags": _ranks(_E.PERSON, _E.EXPLICIT, _E.METADATA, _E.GATEWAY_KEY),
}
"""For each field of `Work` how strong each kind of evidence is: the greater wins, ranks of a field are distinct."""

DERIVED_TICKETS: frozenset[Evidence] = frozenset({_E.BRANCH, _E.WORKTREE, _E.PR, _E.COMMIT})
"""Evidence of tickets that is judged anew whenever the list of project keys changes; all other evidence stands."""
