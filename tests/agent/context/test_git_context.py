"""Repositories found and read from their files: names, evidence, caching, what can be wrong with a folder."""

import os
import shutil
from pathlib import Path

import pytest

from tests.support.repos import commit_of, make_repo
from tollbook.vocabulary import Evidence
from tollbook.work import Known
from tollbook_agent.context import checkout, reflog, repository
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.git import HEAD_FRESH_NS, LOOK_AGAIN_NS, MAX_CHECKOUTS, MAX_FOLDERS, GitContext, GitPlace

S = 1_000_000_000
T0 = 1_700_000_000
NOW = (T0 + 100_000) * S
URL = "https://ada:ghp_secret@example.com/acme/shop.git"
TWO_REMOTES = '[remote "a"]\nurl = git@h.example:x/a\n[remote "b"]\nurl = git@h.example:x/b\n[branch "main"]\nremote=b'
TWO = [(T0, "main"), (T0 + 100, "feature/PAY-1")]


@pytest.fixture
def context() -> GitContext:
    return GitContext(GitEnvironment())


def ask(context: GitContext, folder: Path, seconds: float, now_ns: int = NOW) -> GitPlace:
    return context.place_at(str(folder), round(seconds * S), now_ns)


def test_repository_branch_and_commit_at_a_moment(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    (repo / "deep" / "er").mkdir(parents=True)
    place = ask(context, repo / "deep" / "er", T0 + 99)
    assert place.repo == Known("acme/shop", Evidence.WORKTREE)
    assert place.branch == Known("main", Evidence.REFLOG)
    assert place.commit == Known(commit_of("main"), Evidence.REFLOG)
    assert ask(context, repo, T0 + 100).branch == Known("feature/PAY-1", Evidence.REFLOG)
    assert "secret" not in repr(place)


def test_before_the_reflog_the_branch_is_stale(tmp_path: Path, context: GitContext) -> None:
    place = ask(context, make_repo(tmp_path / "shop", URL, TWO), T0 - 1)
    assert place.branch == Known("main", Evidence.LOG_STALE)
    assert place.commit is None


def test_the_fraction_of_the_last_checkout_is_known_from_head(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, [(T0, "main"), (T0 + 100.4, "x")])
    told = [ask(context, repo, T0 + 100 + part) for part in (0.251, 0.399, 0.4, 0.9)]
    assert [place.branch.value if place.branch else None for place in told] == ["main", "main", "x", "x"]


def test_detached(tmp_path: Path, context: GitContext) -> None:
    place = ask(context, make_repo(tmp_path / "shop", URL, [(T0, "main"), (T0 + 100, "a" * 40)]), T0 + 200)
    assert place.detached
    assert place.branch is None
    assert place.commit == Known("a" * 40, Evidence.REFLOG)


def test_without_a_reflog_head_speaks_only_for_its_own_moment(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    shutil.rmtree(repo / ".git" / "logs")
    fresh = context.place_at(str(repo), NOW - HEAD_FRESH_NS, NOW)
    assert fresh.branch == Known("feature/PAY-1", Evidence.HEAD)
    assert fresh.commit == Known(commit_of("feature/PAY-1"), Evidence.HEAD)
    old = context.place_at(str(repo), NOW - HEAD_FRESH_NS - 1, NOW)
    assert old.branch is None
    assert old.commit is None
    assert not old.detached
    assert old.repo == Known("acme/shop", Evidence.WORKTREE)


def test_a_commit_is_seen_without_a_reflog(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, [(T0, "main")])
    shutil.rmtree(repo / ".git" / "logs")
    ref = repo / ".git" / "refs" / "heads" / "main"
    ref.unlink()
    (repo / ".git" / "packed-refs").write_text(f"# pack-refs with: peeled\n{'1' * 40} refs/heads/main\n")
    assert context.place_at(str(repo), NOW, NOW).commit == Known("1" * 40, Evidence.HEAD)
    ref.write_text("2" * 40 + "\n")
    assert context.place_at(str(repo), NOW + 1, NOW + 1).commit == Known("2" * 40, Evidence.HEAD)


def test_what_was_looked_at_answers_for_earlier_calls_only(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, [(T0, "main")])
    assert ask(context, repo, T0 + 10, (T0 + 10) * S).branch == Known("main", Evidence.REFLOG)
    shutil.rmtree(repo)
    make_repo(repo, URL, [(T0, "main"), (T0 + 11, "x")])
    now = (T0 + 11) * S
    assert now < (T0 + 10) * S + LOOK_AGAIN_NS
    assert ask(context, repo, T0 + 10, now).branch == Known("main", Evidence.REFLOG)
    assert ask(context, repo, T0 + 11, now).branch == Known("x", Evidence.REFLOG)


def test_a_long_lived_cache_sees_every_change(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, [(T0, "main")])
    assert ask(context, repo, T0).repo == Known("acme/shop", Evidence.WORKTREE)
    config = repo / ".git" / "config"
    config.write_text(config.read_text().replace("acme/shop", "acme/store"))
    assert ask(context, repo, T0, NOW + LOOK_AGAIN_NS).repo == Known("acme/shop", Evidence.WORKTREE)
    assert ask(context, repo, T0, NOW + LOOK_AGAIN_NS + 1).repo == Known("acme/store", Evidence.WORKTREE)
    shutil.rmtree(repo / ".git")
    assert not ask(context, repo, T0, NOW + 2 * LOOK_AGAIN_NS + 2).repository
    make_repo(repo, URL, [(T0, "again")])
    assert ask(context, repo, T0, NOW + 3 * LOOK_AGAIN_NS + 3).branch == Known("again", Evidence.REFLOG)
    assert ask(context, repo, T0, NOW).repository  # the clock went back: look again


def test_warm_answers_touch_no_file(tmp_path: Path, context: GitContext, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    first = ask(context, repo, T0 + 50)

    def never(path: object) -> object:
        raise AssertionError(path)

    monkeypatch.setattr(os, "stat", never)
    assert ask(context, repo, T0 + 60) is first
    assert ask(context, repo, T0 + 100).branch == Known("feature/PAY-1", Evidence.REFLOG)


def test_many_folders_are_forgotten_not_kept(tmp_path: Path, context: GitContext) -> None:
    repos = [make_repo(tmp_path / f"r{place}", URL, TWO) for place in range(MAX_CHECKOUTS + 2)]
    for repo in repos:
        assert ask(context, repo, T0).branch == Known("main", Evidence.REFLOG)
    for place in range(MAX_FOLDERS + 5):
        assert not context.place_at(f"/gone/{place}", T0 * S, NOW).repository
    assert ask(context, repos[0], T0).branch == Known("main", Evidence.REFLOG)
    assert len(context._folders) <= MAX_FOLDERS  # pyright: ignore[reportPrivateUsage]
    assert len(context._checkouts) <= MAX_CHECKOUTS  # pyright: ignore[reportPrivateUsage]


def test_a_folder_that_is_gone_is_of_no_repository(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    (tmp_path / "plain").mkdir()
    for folder in (repo / "gone", tmp_path / "plain", tmp_path / "a\0b", Path("relative"), Path(r"C:\Users\ada\shop")):
        place = ask(context, folder, T0)
        assert not place.repository
        assert (place.repo, place.branch, place.problems) == (None, None, ())
    assert not context.place_at(None, T0 * S, NOW).repository


def test_a_long_reflog_is_read_from_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moves = [(T0 + at, ("main", "feature/PAY-1")[at % 2]) for at in range(2_000)]
    repo = make_repo(tmp_path / "shop", URL, moves)
    monkeypatch.setattr(checkout, "MAX_REFLOG", 20_000)
    context = GitContext(GitEnvironment())
    assert ask(context, repo, T0 + 1_998).branch == Known("main", Evidence.REFLOG)
    assert ask(context, repo, T0 + 1_999).branch == Known("feature/PAY-1", Evidence.REFLOG)
    early = ask(context, repo, T0 + 10)
    assert early.branch is not None
    assert early.branch.evidence is Evidence.LOG_STALE
    assert early.problems == ()


def test_reftable_is_said_and_the_repository_still_known(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    shutil.rmtree(repo / ".git" / "logs")
    (repo / ".git" / "HEAD").write_text("ref: refs/heads/.invalid\n")
    place = context.place_at(str(repo), NOW, NOW)
    assert place.repo == Known("acme/shop", Evidence.WORKTREE)
    assert place.branch is None
    assert [problem.reason for problem in place.problems] == ["git_reftable"]


def test_broken_reflog_lines_are_counted(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    log = repo / ".git" / "logs" / "HEAD"
    log.write_bytes(b"broken\n" + log.read_bytes())
    place = ask(context, repo, T0)
    assert place.branch == Known("main", Evidence.REFLOG)
    assert [(one.reason, one.detail) for one in place.problems] == [("git_reflog_syntax", "1 lines")]


def test_unreadable_files_are_a_problem(tmp_path: Path, context: GitContext, monkeypatch: pytest.MonkeyPatch) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)

    def denied(layout: object) -> object:
        raise PermissionError(13, "denied", str(repo))

    monkeypatch.setattr(repository, "read_head", denied)
    place = ask(context, repo, T0)
    assert place.branch is None
    assert [(one.reason, one.detail, one.permanent) for one in place.problems] == [
        ("git_file_unreadable", "PermissionError", False)
    ]
    assert str(repo) not in repr(place)


def test_pipes_and_links(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").symlink_to(repo / ".git")
    assert ask(context, linked, T0).repo == Known("acme/shop", Evidence.WORKTREE)
    (repo / "deep").mkdir()
    (tmp_path / "current").symlink_to(repo / "deep")
    assert ask(context, tmp_path / "current", T0).repo == Known("acme/shop", Evidence.WORKTREE)
    log = repo / ".git" / "logs" / "HEAD"
    log.unlink()
    os.mkfifo(log)  # reading it would wait for ever
    assert ask(context, repo, T0, NOW + LOOK_AGAIN_NS + 1).branch is None


def test_a_git_file_that_leads_nowhere_ends_the_search(tmp_path: Path, context: GitContext) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    (repo / "tree").mkdir()
    for text in ("gitdir: /gone/worktrees/x\n", "gitdir: \n", "nonsense", "gitdir: ../missing"):
        (repo / "tree" / ".git").write_text(text)
        assert not GitContext(GitEnvironment()).place_at(str(repo / "tree"), T0 * S, NOW).repository
    (repo / "tree" / ".git").unlink()
    (repo / "tree" / ".git").mkdir()  # an empty .git folder is passed over, as by git
    assert ask(context, repo / "tree", T0).repo == Known("acme/shop", Evidence.WORKTREE)


@pytest.mark.parametrize(
    ("extra", "head", "name"),
    [
        ('[remote "up"]\nurl = https://example.com/acme/up\n', "main", "acme/up"),
        ('[remote "up"]\nurl = /srv/up\n[remote "b"]\nurl = git@h.example:a/b\n', "main", "a/b"),
        (
            TWO_REMOTES,
            "main",
            "x/b",
        ),
        (
            TWO_REMOTES,
            "o",
            None,
        ),
        ('[remote "a"]\nurl = git@h.example:x/a\n[remote "origin"]\nurl = git@h.example:x/o\n', "main", "x/o"),
        ('[remote "origin"]\nurl = git@h.example:x/first\nurl = git@h.example:x/mirror\n', "main", "x/first"),
        ('[remote "origin"]\nurl = /home/ada/shop\n', "main", None),
        ("", "main", None),
    ],
)
def test_which_remote(tmp_path: Path, context: GitContext, extra: str, head: str, name: str | None) -> None:
    repo = make_repo(tmp_path / "shop", None, [(T0, head)])
    with (repo / ".git" / "config").open("a") as config:
        config.write(extra)
    place = ask(context, repo, T0)
    assert (place.repo and place.repo.value) == name


def test_the_reflog_is_read_anew_only_when_it_changed(
    tmp_path: Path, context: GitContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = make_repo(tmp_path / "shop", URL, TWO)
    parsed: list[int] = []
    real = reflog.parse

    def counted(data: bytes, *, torn_start: bool = False) -> reflog.Reflog:
        parsed.append(len(data))
        return real(data, torn_start=torn_start)

    monkeypatch.setattr(reflog, "parse", counted)
    for later in range(5):
        ask(context, repo, T0, NOW + later * 2 * LOOK_AGAIN_NS)
        ask(context, repo / ".git", T0, NOW + later * 2 * LOOK_AGAIN_NS)
    assert len(parsed) == 1
