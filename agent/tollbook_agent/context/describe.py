"""Why a call made here would be booked as it would: the answer of `tollbook context`. Pure."""

from dataclasses import dataclass

from tollbook import ticket
from tollbook.problem import Problem
from tollbook.vocabulary import Evidence
from tollbook.work import Known, Work
from tollbook_agent.context.git import GitPlace
from tollbook_agent.context.repository import Layout
from tollbook_agent.context.settings import ContextSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One value and how it is known, in words for a person."""

    field: str
    """`repo`, `branch`, `commit`, `tickets`, `engineer` or `device`."""
    value: str | None
    evidence: Evidence | None
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What is seen from a folder. It names paths: for the terminal of this machine, never to be sent."""

    folder: str
    git_folder: str | None
    linked_worktree: bool
    findings: tuple[Finding, ...]
    refused: tuple[str, ...]
    """For each word of the branch that is shaped like a key and does not count: why."""
    problems: tuple[Problem, ...]

    def finding(self, field: str) -> Finding:
        """The finding of a field.

        Raises:
            KeyError: there is no such field.
        """
        for one in self.findings:
            if one.field == field:
                return one
        raise KeyError(field)


_WHY: dict[str, dict[Evidence, str]] = {
    "engineer": {
        Evidence.EXPLICIT: "configured",
        Evidence.HEAD: "the author's e-mail address of git's configuration here",
    },
    "device": {Evidence.EXPLICIT: "the name of this machine in the settings"},
    "repo": {Evidence.WORKTREE: "the remote of the repository that this folder belongs to"},
    "branch": {
        Evidence.REFLOG: "git's reflog of this checkout: the branch at this moment",
        Evidence.HEAD: "HEAD of this checkout; without a reflog, earlier calls take the branch from the tool's log",
        Evidence.LOG_STALE: "the earliest branch in git's reflog, which begins after this moment",
    },
    "commit": {
        Evidence.REFLOG: "git's reflog of this checkout: the commit at this moment",
        Evidence.HEAD: "HEAD of this checkout",
    },
}


def describe(
    folder: str,
    layout: Layout | None,
    git: GitPlace,
    work: Work,
    settings: ContextSettings,
    problems: tuple[Problem, ...],
) -> Description:
    """Explain the work that a call made in `folder` would get."""
    tickets, refused = _tickets(work, settings)
    findings = (
        _finding("repo", work.repo, _no_repo(git)),
        _finding("branch", work.branch, _no_branch(git)),
        _finding("commit", work.commit, "git names none" if git.repository else "no repository here"),
        tickets,
        _finding("engineer", work.engineer, "not configured, and git's configuration has no user.email"),
        _finding("device", work.device, "not configured"),
    )
    return Description(
        folder=folder,
        git_folder=None if layout is None else layout.git,
        linked_worktree=git.linked_worktree,
        findings=findings,
        refused=refused,
        problems=problems,
    )


def _finding(field: str, known: Known | None, otherwise: str) -> Finding:
    if known is None:
        return Finding(field=field, value=None, evidence=None, why=otherwise)
    why = _WHY[field].get(known.evidence, known.evidence.value)
    return Finding(field=field, value=known.value, evidence=known.evidence, why=why)


def _no_repo(git: GitPlace) -> str:
    if not git.repository:
        return "this folder is gone, cannot be read, or belongs to no git repository"
    return "the repository has no remote on a host, or several and none of them is origin or the branch's upstream"


def _no_branch(git: GitPlace) -> str:
    if not git.repository:
        return "no repository here"
    return "HEAD is detached" if git.detached else "git's files do not tell it"


def _tickets(work: Work, settings: ContextSettings) -> tuple[Finding, tuple[str, ...]]:
    """The ticket that would be concluded, and why other words of the branch are none."""
    if work.tickets is not None:
        why = "set by a person (`tollbook ticket set`, or the environment)"
        return Finding(field="tickets", value=work.tickets.value, evidence=work.tickets.evidence, why=why), ()
    if work.branch is None:
        return Finding(field="tickets", value=None, evidence=None, why="none set, and no branch to take one from"), ()
    found = ticket.candidates(work.branch.value)
    counted = ticket.judge(found, settings.tickets)
    reasons = [ticket.refusal(key, settings.tickets) for key in found]
    refused = tuple(reason for reason in reasons if reason is not None)
    if not counted:
        why = "none set, and the branch names no key that counts" if found else "none set, and the branch names no key"
        return Finding(field="tickets", value=None, evidence=None, why=why), refused
    why = "the name of the branch"
    return Finding(field="tickets", value=" ".join(counted), evidence=Evidence.BRANCH, why=why), refused
