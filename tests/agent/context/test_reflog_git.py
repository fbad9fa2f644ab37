"""Against git itself: the branch at each moment is what git said at that moment. Skipped where git is not installed."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.repos import commit_of, make_repo
from tollbook.vocabulary import Evidence
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.git import GitContext, GitPlace

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

S = 1_000_000_000
BEGIN = 1_700_000_000
NOW = (BEGIN + 1_000_000) * S
CANARY = "CANARY-4711"


class Git:
    """Runs git in a folder at moments ten seconds apart and notes what git says of HEAD after each."""

    def __init__(self, folder: Path, seconds: int = BEGIN) -> None:
        self.folder = folder
        self.seconds = seconds
        self.truth: list[tuple[int, str, str]] = []

    def run(self, *arguments: str, check: bool = True) -> str:
        date = f"{self.seconds} +0200"
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.devnull,
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_SYSTEM": os.devnull,
            "GIT_AUTHOR_DATE": date,
            "GIT_COMMITTER_DATE": date,
            "GIT_EDITOR": "true",
        }
        for role in ("AUTHOR", "COMMITTER"):
            environment |= {f"GIT_{role}_NAME": f"Ada {CANARY}", f"GIT_{role}_EMAIL": "ada@example.com"}
        command = ["git", "-c", "protocol.file.allow=always", "-c", "advice.detachedHead=false", *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout.strip()

    def __call__(self, *arguments: str, check: bool = True) -> None:
        self.seconds += 10
        self.run(*arguments, check=check)
        commit, branch = self.run("rev-parse", "HEAD", "--abbrev-ref", "HEAD").splitlines()
        self.truth.append((self.seconds, branch, commit))

    def commit(self, name: str) -> None:
        (self.folder / name).write_text(f"{self.seconds}\n")
        self.run("add", name)
        self("commit", "-q", "-m", f"{CANARY}: checkout: moving from main to {CANARY}")


@pytest.fixture
def git(tmp_path: Path) -> Git:
    folder = tmp_path / "repo"
    folder.mkdir()
    git = Git(folder)
    git.run("init", "-q", "-b", "main")
    git.commit("one")
    return git


def told(git: Git, rebasing: str | None = None) -> None:
    """Ask for every moment git was asked for, and nine seconds later; a canary never comes out."""
    context = GitContext(GitEnvironment())
    places: list[GitPlace] = []
    for seconds, branch, commit in git.truth:
        for later in (0, 9):
            place = context.place_at(str(git.folder), (seconds + later) * S, NOW)
            expected = rebasing if branch == "HEAD" else branch
            assert (place.branch and place.branch.value, place.commit and place.commit.value) == (expected, commit)
            assert place.detached == (expected is None)
            assert place.problems == ()
            places.append(place)
    assert CANARY not in repr(places)


def test_checkouts_switches_renames_and_detached_heads(git: Git) -> None:
    git("checkout", "-q", "-b", "feature/PAY-123-refund")
    git.commit("two")
    git("switch", "-q", "main")
    git("switch", "-q", "-c", "ops/ünï")
    git("branch", "-m", "ops/OPS-77")
    git.commit("three")
    git.run("tag", "v1")
    git("checkout", "-q", "v1")
    git("checkout", "-q", "HEAD~1")
    git("checkout", "-q", "--detach", "main")
    git("checkout", "-q", "-")
    git("checkout", "-q", "main")
    git("branch", "-m", "main", "trunk")
    git("stash", "list")
    git("reset", "-q", "--hard", "ops/OPS-77")
    told(git)


def test_orphan_branch(git: Git) -> None:
    git("checkout", "-q", "-b", "x")
    git("checkout", "-q", "main")
    git.run("checkout", "-q", "--orphan", "pages")
    git.commit("page")
    told(git)


def diverge(git: Git) -> None:
    git("checkout", "-q", "-b", "PAY-1-topic")
    git.commit("one")
    git("checkout", "-q", "main")
    git.commit("two")
    git("checkout", "-q", "PAY-1-topic")


def test_rebase_stays_on_its_branch(git: Git) -> None:
    diverge(git)
    git("rebase", "-q", "main")
    git("checkout", "-q", "main")
    git("rebase", "-q", "main", "PAY-1-topic")
    told(git)


def test_rebase_with_a_conflict_stays_on_its_branch_until_it_ends(git: Git) -> None:
    diverge(git)
    git("checkout", "-q", "main")
    git.commit("one")
    git("checkout", "-q", "PAY-1-topic")
    git("rebase", "-q", "main", check=False)
    assert git.truth[-1][1] == "HEAD"
    told(git, rebasing="PAY-1-topic")
    git("rebase", "--abort")
    told(git, rebasing="PAY-1-topic")
    git("pull", "-q", "--rebase", ".", "main", check=False)
    git.run("checkout", "-q", "--theirs", "one")
    git.run("add", "one")
    git("rebase", "--continue")
    assert git.truth[-1][1] == "PAY-1-topic"
    told(git, rebasing="PAY-1-topic")


def test_linked_worktree_has_its_own_history(git: Git) -> None:
    git.run("remote", "add", "origin", "https://ada:secret@example.com/acme/shop.git")
    git.seconds += 10
    git.run("worktree", "add", "-q", "../tree", "-b", "PAY-9-tree")
    tree = Git(git.folder.parent / "tree", git.seconds)
    tree.commit("leaf")
    tree("checkout", "-q", "-b", "PAY-10-tree")
    git("checkout", "-q", "-b", "x")
    told(git)
    told(tree)
    place = GitContext(GitEnvironment()).place_at(str(tree.folder), NOW, NOW)
    assert place.linked_worktree
    assert place.repo == ("acme/shop", Evidence.WORKTREE)


def test_clone_and_submodule(git: Git, tmp_path: Path) -> None:
    git("checkout", "-q", "-b", "PAY-5-x")
    clone = Git(tmp_path / "clone", git.seconds)
    git.run("clone", "-q", str(git.folder), str(clone.folder))
    clone("status")
    clone.run("submodule", "add", "-q", str(git.folder), "parts/sub")
    sub = Git(clone.folder / "parts" / "sub", clone.seconds)
    sub("checkout", "-q", "-b", "PAY-6-sub")
    told(clone)
    told(sub)
    place = GitContext(GitEnvironment()).place_at(str(sub.folder), NOW, NOW)
    assert place.repo is None  # cloned from a local path, which is never a name


def test_bare_repository_has_head_only(git: Git, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git.run("clone", "-q", "--bare", str(git.folder), str(bare))
    place = GitContext(GitEnvironment()).place_at(str(bare), NOW, NOW)
    assert place.branch == ("main", Evidence.HEAD)
    assert place.commit == (git.truth[-1][2], Evidence.HEAD)  # from packed-refs


def test_git_reads_the_repositories_that_tests_write_by_hand(tmp_path: Path) -> None:
    checkouts = [(BEGIN, "main"), (BEGIN + 5, "feature/PAY-1"), (BEGIN + 9, "ops/OPS-2")]
    git = Git(make_repo(tmp_path / "made", "git@example.com:acme/shop.git", checkouts, email="ada@example.com"))
    assert git.run("rev-parse", "--abbrev-ref", "HEAD") == "ops/OPS-2"
    assert git.run("rev-parse", "@{-1}") == commit_of("feature/PAY-1")
    assert git.run("rev-parse", "--abbrev-ref", "@{-2}") == "main"
    assert git.run("config", "user.email") == "ada@example.com"
    assert git.run("remote", "get-url", "origin") == "git@example.com:acme/shop.git"
