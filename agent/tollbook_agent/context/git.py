"""Repository, branch, commit and author of a working folder at a moment. Edge: reads git's files through a cache.

Nothing here starts git or reads a clock. What was read at `now_ns` answers for every moment before it: only a call that
is younger than the last look, or a look older than `LOOK_AGAIN_NS`, costs `stat` calls. One owner: not thread-safe.
"""

from dataclasses import dataclass

from tollbook.problem import Problem
from tollbook.vocabulary import Evidence
from tollbook.work import Known
from tollbook_agent.context import checkout, repository
from tollbook_agent.context.checkout import Checkout
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.repository import Layout

LOOK_AGAIN_NS = 2_000_000_000
"""How long a look at a folder's files stands for calls made before it."""
HEAD_FRESH_NS = 10_000_000_000
"""Without a reflog HEAD speaks only for calls this near to the moment it was read."""
MAX_FOLDERS = 512
"""Working folders remembered; the first one is forgotten for the next."""
MAX_CHECKOUTS = 32
"""Checkouts remembered, each with at most some 400 kB of reflog."""
MAX_PLACES = 512
"""Answers remembered of one checkout."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GitPlace:
    """What git knows of a folder at a moment; `None` is "git does not know"."""

    repository: bool = False
    """The folder is there and belongs to a repository that can be read."""
    repo: Known | None = None
    branch: Known | None = None
    """Evidence: `reflog`; `head` without a reflog; `log_stale` before the first entry of the reflog that is left."""
    commit: Known | None = None
    detached: bool = False
    """git is sure that no branch was checked out."""
    engineer: Known | None = None
    linked_worktree: bool = False
    problems: tuple[Problem, ...] = ()
    """Of the files this was read from; the same at every moment until they change."""


class _Folder:
    """What is remembered of one working folder."""

    __slots__ = ("checkout", "looked_ns", "places")

    def __init__(self, of: Checkout, looked_ns: int, places: dict[tuple[int, bool], GitPlace]) -> None:
        self.checkout = of
        self.looked_ns = looked_ns
        self.places = places
        """Shared by all folders of the checkout: (entry of the reflog, near to the look) -> answer."""


class GitContext:
    """The cache. Times are UTC nanoseconds and come in as arguments."""

    def __init__(self, environment: GitEnvironment) -> None:
        self._environment = environment
        self._folders: dict[str | None, _Folder] = {}
        self._checkouts: dict[Layout | None, tuple[Checkout, dict[tuple[int, bool], GitPlace]]] = {}

    def place_at(self, cwd: str | None, at_ns: int, now_ns: int) -> GitPlace:
        """Where a folder stood at `at_ns`, as its files say at `now_ns`. Never raises for what a disk can hold.

        `None` for `cwd`, a folder that is gone and one outside any repository tell the engineer only.
        """
        folder = self._folders.get(cwd)
        if folder is None or not at_ns <= folder.looked_ns <= now_ns <= folder.looked_ns + LOOK_AGAIN_NS:
            folder = self._look(cwd, now_ns)
        timeline = folder.checkout.timeline
        if timeline is None:
            key = (-1, abs(folder.looked_ns - at_ns) <= HEAD_FRESH_NS)
        else:
            key = (timeline.entry_at(at_ns), False)
        place = folder.places.get(key)
        if place is None:
            if len(folder.places) >= MAX_PLACES:
                folder.places.clear()
            place = folder.places[key] = _place(folder.checkout, *key)
        return place

    def layout(self, cwd: str, now_ns: int) -> Layout | None:
        """The repository that `cwd` belongs to, to be shown on this machine."""
        return self._look(cwd, now_ns).checkout.layout

    def _look(self, cwd: str | None, now_ns: int) -> _Folder:
        """Find the folder's repository again and read it again if any of its files changed."""
        layout = None if cwd is None else repository.find(cwd)
        known = self._checkouts.get(layout)
        if known is None or not known[0].current():
            self._checkouts.pop(layout, None)
            _make_room(self._checkouts, MAX_CHECKOUTS)
            known = self._checkouts[layout] = (checkout.load(layout, self._environment), {})
        if cwd not in self._folders:
            _make_room(self._folders, MAX_FOLDERS)
        folder = self._folders[cwd] = _Folder(known[0], now_ns, known[1])
        return folder


def _make_room[K, V](cache: dict[K, V], limit: int) -> None:
    while len(cache) >= limit:
        del cache[next(iter(cache))]


def _place(of: Checkout, entry: int, fresh: bool) -> GitPlace:
    """The answer for one entry of the reflog, or for HEAD where there is none."""
    if of.layout is None:
        return GitPlace(engineer=of.engineer, problems=of.problems)
    branch, commit, detached = None, None, False
    if of.timeline is not None:
        moment = of.timeline.moment(entry)
        evidence = Evidence.REFLOG if moment.certain else Evidence.LOG_STALE
        branch, commit = _known(moment.branch, evidence), _known(moment.commit, evidence)
        detached = moment.certain and moment.branch is None
    elif fresh:
        branch, commit = _known(of.head.branch, Evidence.HEAD), _known(of.head_commit, Evidence.HEAD)
        detached = of.head.commit is not None
    return GitPlace(
        repository=True,
        repo=_known(of.remotes.choose(None if branch is None else branch.value), Evidence.WORKTREE),
        branch=branch,
        commit=commit,
        detached=detached,
        engineer=of.engineer,
        linked_worktree=of.layout.linked,
        problems=of.problems,
    )


def _known(value: str | None, evidence: Evidence) -> Known | None:
    return None if value is None else Known(value, evidence)
