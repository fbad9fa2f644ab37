"""One checkout as its git files describe it: read once, valid until one of those files changes. Edge."""

import os
from dataclasses import dataclass
from typing import NamedTuple

from tollbook.problem import Problem
from tollbook.work import Known
from tollbook_agent.context import engineer, files, gitconfig, includes, reflog, remote, repository
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.files import Signature
from tollbook_agent.context.reflog import Timeline
from tollbook_agent.context.repository import NO_HEAD, Head, Layout

MAX_REFLOG = 2 * 1024 * 1024
"""Bytes read of `logs/HEAD`, from its end: about 14,000 entries. git itself drops entries after 90 days."""
MAX_TRIES = 3
"""Reads of a checkout that changes while it is read; the last one stands."""


class Remotes(NamedTuple):
    """The repositories that a checkout's remotes name. Local paths are not among them."""

    by_name: dict[str, str]
    """Remote -> `owner/name`."""
    upstreams: dict[str, str]
    """Branch -> remote."""

    def choose(self, branch: str | None) -> str | None:
        """The repository: of `origin`, else of the only remote, else of the branch's upstream."""
        if "origin" in self.by_name:
            return self.by_name["origin"]
        if len(self.by_name) == 1:
            return next(iter(self.by_name.values()))
        return self.by_name.get(self.upstreams.get(branch or "", ""))


NO_REMOTES = Remotes({}, {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """What git's files say of one checkout; of no repository at all (`layout` is `None`) only the engineer."""

    layout: Layout | None
    seen: dict[str, Signature | None]
    """The files all this was read from, and what they were like."""
    head: Head = NO_HEAD
    head_commit: str | None = None
    """The commit of HEAD where no reflog tells it."""
    timeline: Timeline | None = None
    """`None`: no reflog, or an empty one."""
    remotes: Remotes = NO_REMOTES
    engineer: Known | None = None
    problems: tuple[Problem, ...] = ()

    def current(self) -> bool:
        """Whether no file has changed since."""
        return all(files.signature(path) == was for path, was in self.seen.items())


def load(layout: Layout | None, environment: GitEnvironment) -> Checkout:
    """Read a checkout; again where git writes to it meanwhile, so that HEAD and its reflog are of one moment."""
    checkout = _load(layout, environment)
    for _ in range(MAX_TRIES - 1):
        if checkout.current():
            break
        checkout = _load(layout, environment)
    return checkout


def _load(layout: Layout | None, environment: GitEnvironment) -> Checkout:
    if layout is None:
        user = includes.read(environment.user_files(), None, environment.home)
        found, problems = engineer.from_git(environment.author_email, user.entries)
        return Checkout(layout=None, seen=user.seen, engineer=found, problems=(*user.problems, *problems))
    head_path = os.path.join(layout.git, "HEAD")
    log_path = os.path.join(layout.git, "logs", "HEAD")
    seen = {path: files.signature(path) for path in (head_path, log_path)}
    problems: list[Problem] = []
    configuration = _configuration(layout, environment)
    head, timeline, head_commit = NO_HEAD, None, None
    try:
        head = repository.read_head(layout)
        timeline = _timeline(log_path, head, seen[head_path], problems)
        if timeline is None:
            head_commit = _head_commit(layout, head, seen)
    except OSError as error:
        detail = type(error).__name__
        problems.append(Problem(reason="git_file_unreadable", where="git HEAD", detail=detail, permanent=False))
    if head.reftable or _extension(configuration.entries, "refstorage") == "reftable":
        remedy = "the branch is taken from the tool's log; `git refs migrate --ref-format=files` makes it readable"
        problems.append(Problem(reason="git_reftable", where="git HEAD", remedy=remedy))
        head, timeline, head_commit = Head(reftable=True), None, None
    who, who_problems = engineer.from_git(environment.author_email, configuration.entries)
    return Checkout(
        layout=layout,
        seen=seen | configuration.seen,
        head=head,
        head_commit=head_commit,
        timeline=timeline,
        remotes=_remotes(configuration.entries),
        engineer=who,
        problems=(*problems, *configuration.problems, *who_problems),
    )


def _configuration(layout: Layout, environment: GitEnvironment) -> includes.Configuration:
    """User, repository and, where the repository says so, worktree configuration."""
    sources = [*environment.user_files(), (os.path.join(layout.common, "config"), "git config")]
    found = includes.read(sources, layout.git, environment.home)
    if not gitconfig.is_true(_extension(found.entries, "worktreeconfig")):
        return found
    own = includes.read(
        [(os.path.join(layout.git, "config.worktree"), "git config.worktree")], layout.git, environment.home
    )
    return includes.Configuration(
        entries=found.entries + own.entries, problems=found.problems + own.problems, seen=found.seen | own.seen
    )


def _extension(entries: list[gitconfig.Entry], key: str) -> str | None:
    return gitconfig.last(entries, "extensions", key)


def _timeline(path: str, head: Head, head_file: Signature | None, problems: list[Problem]) -> Timeline | None:
    tail = files.read_tail(path, MAX_REFLOG)
    if tail is None:
        return None
    log = reflog.parse(tail[0], torn_start=tail[1])
    if log.skipped:
        problems.append(Problem(reason="git_reflog_syntax", where="git logs/HEAD", detail=f"{log.skipped} lines"))
    if not log.times:
        return None
    return reflog.timeline(log, head.branch, None if head_file is None else head_file.mtime_ns)


def _head_commit(layout: Layout, head: Head, seen: dict[str, Signature | None]) -> str | None:
    """The commit of HEAD; the files that tell it are added to `seen`."""
    if head.ref is None:
        return head.commit
    for name in (head.ref, "packed-refs"):
        path = os.path.join(layout.common, *name.split("/"))
        seen[path] = files.signature(path)
    return repository.read_commit(layout, head.ref)


def _remotes(entries: list[gitconfig.Entry]) -> Remotes:
    by_name: dict[str, str] = {}
    upstreams: dict[str, str] = {}
    for entry in entries:
        if entry.subsection is None or not entry.value:
            continue
        if (
            entry.section == "remote" and entry.key == "url" and entry.subsection not in by_name
        ):  # git fetches the first
            name = remote.repo_name(entry.value)
            if name is not None:
                by_name[entry.subsection] = name
        elif entry.section == "branch" and entry.key == "remote":
            upstreams[entry.subsection] = entry.value
    return Remotes(by_name, upstreams)
