"""Small repositories written by hand, so that tests need no git: HEAD, config, logs/HEAD and refs, nothing else."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

NO_COMMIT = "0" * 40
COMMITTER = "Ada Lovelace <ada@example.com>"


def commit_of(branch: str) -> str:
    """The commit that a branch of such a repository points to."""
    return hashlib.sha1(branch.encode()).hexdigest()


def make_repo(
    path: Path,
    remote: str | None,
    checkouts: Sequence[tuple[float, str]],
    *,
    email: str | None = None,
) -> Path:
    """A repository at `path` whose reflog tells the given checkouts.

    Args:
        path: the working folder; made if it is not there.
        remote: URL of `origin`; `None` for none.
        checkouts: (seconds since the epoch, branch) in the order they happened; the first one is the clone. A branch of
            40 hexadecimal digits is a detached HEAD. The reflog keeps whole seconds, as git's does; the fraction of the
            last one is kept, as by git, in the modification time of HEAD.
        email: `user.email` of the repository.

    Returns:
        The working folder.
    """
    git = path / ".git"
    for folder in ("logs/refs/heads", "objects", "refs/heads"):
        (git / folder).mkdir(parents=True)
    (git / "config").write_text(_config(remote, email), encoding="utf-8")
    (git / "logs" / "HEAD").write_text("".join(_entries(checkouts)), encoding="utf-8")
    for branch in dict.fromkeys(branch for _, branch in checkouts):
        if not _detached(branch):
            ref = git / "refs" / "heads" / branch
            ref.parent.mkdir(parents=True, exist_ok=True)
            ref.write_text(f"{commit_of(branch)}\n", encoding="utf-8")
    seconds, branch = checkouts[-1]
    head = git / "HEAD"
    head.write_text(f"{branch}\n" if _detached(branch) else f"ref: refs/heads/{branch}\n", encoding="utf-8")
    moved_ns = round(seconds * 1_000) * 1_000_000
    os.utime(head, ns=(moved_ns, moved_ns))
    return path


def _detached(branch: str) -> bool:
    return len(branch) == 40 and set(branch) <= set("0123456789abcdef")


def _config(remote: str | None, email: str | None) -> str:
    text = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tlogallrefupdates = true\n"
    if remote is not None:
        text += f'[remote "origin"]\n\turl = {remote}\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n'
    return text if email is None else f"{text}[user]\n\temail = {email}\n"


def _entries(checkouts: Sequence[tuple[float, str]]) -> list[str]:
    lines: list[str] = []
    before: str | None = None
    old = NO_COMMIT
    for seconds, branch in checkouts:
        new = branch if _detached(branch) else commit_of(branch)
        what = "clone: from elsewhere" if before is None else f"checkout: moving from {before} to {branch}"
        lines.append(f"{old} {new} {COMMITTER} {int(seconds)} +0000\t{what}\n")
        before, old = branch, new
    return lines
