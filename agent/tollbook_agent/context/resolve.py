"""Resolver: puts into a sighting what it was made for, from the place it was made in.

Order of belief for branch and commit: git's reflog of the folder, HEAD read within seconds of the call, the tool's own
worktree state, the tool's log. The repository is the one of the folder's remote; a log that names another repository is
not believed about branch and commit either. Tickets enter only where somebody set them; those that a branch names are
concluded from the branch. Paths and URLs stay behind.
"""

import re
from collections.abc import Callable
from dataclasses import fields
from operator import attrgetter

from tollbook import ticket
from tollbook.problem import Problem
from tollbook.sighting import NO_WORK, Sighting
from tollbook.vocabulary import Evidence
from tollbook.work import EVIDENCE_RANK, Known, Work
from tollbook_agent.capture.observation import Observation, Place
from tollbook_agent.context import describe, engineer, remote
from tollbook_agent.context.describe import Description
from tollbook_agent.context.git import GitContext, GitPlace
from tollbook_agent.context.settings import ContextSettings

MAX_WORKS = 4096
"""Concluded contexts remembered; all are forgotten when the next would be one more."""
MAX_REPORTED = 4096
"""Problems remembered as reported; likewise."""

type ExplicitTicket = Callable[[str | None, int], str | None]
"""Folder and moment (UTC ns) -> what a person set for it: one or several keys, in any case."""
type _WorkKey = tuple[int, Evidence, str | None, str | None, str | None, str | None, str | None]

_WEAK_FOLDERS = frozenset({Evidence.SESSION, Evidence.PROCESS})
"""How a folder may be known that is not the call's own word: the repository in it is known no better than that."""
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_BRANCH = re.compile(r"[^\x00-\x20\x7f~^:?*\[\\]{1,255}")


def no_explicit_ticket(cwd: str | None, at_ns: int) -> str | None:
    """Where nobody sets tickets."""
    return None


class Resolver:
    """Gives observations their `work`. Remembers what it concluded: calls come in runs from one place."""

    def __init__(
        self, settings: ContextSettings, git: GitContext, explicit_ticket: ExplicitTicket = no_explicit_ticket
    ) -> None:
        self._settings = settings
        self._git = git
        self._explicit_ticket = explicit_ticket
        self._engineer, self._pending = engineer.configured(settings.engineer)
        self._device = Known(settings.device, Evidence.EXPLICIT) if settings.device else None
        self._works: dict[_WorkKey, tuple[GitPlace, Work]] = {}
        self._reported: set[tuple[str | None, Problem]] = set()

    def resolve(self, observation: Observation, now_ns: int) -> tuple[Sighting, list[Problem]]:
        """The sighting with its work, and what `work` returns beside it."""
        work, problems = self.work(observation, now_ns)
        return _with_work(observation.sighting, work), problems

    def work(self, observation: Observation, now_ns: int) -> tuple[Work, list[Problem]]:
        """The work of a sighting: the same object for the same answer, so that it can be remembered by identity.

        A problem of a folder's files is returned with the first call from there only.
        """
        sighting, place = observation.sighting, observation.place
        at_ns = sighting.started_at
        git_place = self._git.place_at(place.cwd, at_ns, now_ns)
        told = self._explicit_ticket(place.cwd, at_ns)
        problems: list[Problem] = []
        if git_place.problems or self._pending:
            problems = self._new_problems(place.cwd, git_place.problems)
        tickets = None if told is None else _tickets(told, problems)
        # GitContext gives the same object for the same answer: its identity is a quick key, and keeping the object
        # keeps the identity from being given to another.
        key = (
            id(git_place),
            place.evidence,
            place.branch,
            place.commit,
            place.remote_url,
            place.worktree_branch,
            tickets,
        )
        known = self._works.get(key)
        if known is None:
            if len(self._works) >= MAX_WORKS:
                self._works.clear()
            known = self._works[key] = (git_place, self._work(git_place, place, tickets))
        work = known[1]
        if sighting.work is not NO_WORK:
            work = _stronger(sighting.work, work)
        return work, problems

    def describe(self, cwd: str, now_ns: int) -> Description:
        """What would be put into a call made now in a folder, and why."""
        git_place = self._git.place_at(cwd, now_ns, now_ns)
        told = self._explicit_ticket(cwd, now_ns)
        problems: list[Problem] = [*engineer.configured(self._settings.engineer)[1], *git_place.problems]
        work = self._work(git_place, Place(cwd=cwd), None if told is None else _tickets(told, problems))
        layout = self._git.layout(cwd, now_ns)
        return describe.describe(cwd, layout, git_place, work, self._settings, tuple(problems))

    def _new_problems(self, cwd: str | None, problems: tuple[Problem, ...]) -> list[Problem]:
        """Those not yet reported for this folder."""
        new, self._pending = self._pending, []
        for problem in problems:
            if (cwd, problem) not in self._reported:
                if len(self._reported) >= MAX_REPORTED:
                    self._reported.clear()
                self._reported.add((cwd, problem))
                new.append(problem)
        return new

    def _work(self, git: GitPlace, place: Place, tickets: str | None) -> Work:
        told_repo = None if place.remote_url is None else remote.repo_name(place.remote_url)
        own_word = Evidence.METADATA if place.evidence is Evidence.METADATA else Evidence.LOG
        repo = git.repo or _known(told_repo, own_word)
        if repo is not None and place.evidence in _WEAK_FOLDERS:
            repo = Known(repo.value, place.evidence)
        branch, commit = git.branch, git.commit
        if not git.detached and (branch is None or branch.evidence is Evidence.LOG_STALE):
            of_this_repo = git.repo is None or told_repo is None or git.repo.value == told_repo
            branch, commit = _told(place, of_this_repo, branch, commit)
        return Work(
            engineer=self._engineer or git.engineer,
            device=self._device,
            repo=repo,
            branch=branch,
            commit=commit,
            tickets=_known(tickets, Evidence.EXPLICIT),
        )


def _told(
    place: Place, of_this_repo: bool, branch: Known | None, commit: Known | None
) -> tuple[Known | None, Known | None]:
    """Branch and commit from the tool's own words, where it has any; else what there is."""
    log_branch = _branch(place.branch) if of_this_repo else None
    log_commit = place.commit if of_this_repo and place.commit and _COMMIT.fullmatch(place.commit) else None
    worktree = _branch(place.worktree_branch)
    if worktree is not None:
        # The log's commit is of the branch the session began on.
        return Known(worktree, Evidence.WORKTREE), _known(log_commit if log_branch == worktree else None, Evidence.LOG)
    if log_branch is None and log_commit is None:
        return branch, commit
    return _known(log_branch, Evidence.LOG), _known(log_commit, Evidence.LOG)


def _branch(name: str | None) -> str | None:
    """A branch as a tool wrote it. Tools write `HEAD` or nothing where HEAD is detached or there is no git."""
    name = (name or "").removeprefix("refs/heads/")
    return name if name != "HEAD" and _BRANCH.fullmatch(name) else None


def _tickets(told: str, problems: list[Problem]) -> str | None:
    """Keys a person set, joined by blanks. What a person says needs the shape of a key and no list."""
    keys = ticket.candidates(told)
    if not keys and told.strip():
        remedy = "give a key such as PAY-123"
        problems.append(Problem(reason="not_a_ticket_key", where="explicit ticket", remedy=remedy))
    return " ".join(keys) or None


def _known(value: str | None, evidence: Evidence) -> Known | None:
    return None if value is None else Known(value, evidence)


def _stronger(own: Work, found: Work) -> Work:
    """Field by field the value with the stronger evidence; at equal rank what the sighting already had."""

    def pick(field: str, left: Known | None, right: Known | None) -> Known | None:
        if left is None or right is None:
            return left or right
        ranks = EVIDENCE_RANK[field]
        return right if ranks[right.evidence] > ranks[left.evidence] else left

    return Work(
        engineer=pick("engineer", own.engineer, found.engineer),
        device=pick("device", own.device, found.device),
        repo=pick("repo", own.repo, found.repo),
        branch=pick("branch", own.branch, found.branch),
        commit=pick("commit", own.commit, found.commit),
        tickets=pick("tickets", own.tickets, found.tickets),
        team=own.team,
        customer=own.customer,
        tags=own.tags,
    )


_OTHERS = tuple(one.name for one in fields(Sighting) if one.name != "work")
_read_others = attrgetter(*_OTHERS)
_WRITE_OTHERS: tuple[Callable[[Sighting, object], None], ...] = tuple(
    getattr(Sighting, name).__set__ for name in _OTHERS
)
_WRITE_WORK: Callable[[Sighting, object], None] = getattr(Sighting, "work").__set__  # noqa: B009 - a slot, not its value


def _with_work(one: Sighting, work: Work) -> Sighting:
    """`dataclasses.replace(one, work=work)` in a third of its time, slot by slot: it runs once a call of an import."""
    new = object.__new__(Sighting)
    for write, value in zip(_WRITE_OTHERS, _read_others(one), strict=True):
        write(new, value)
    _WRITE_WORK(new, work)
    return new
