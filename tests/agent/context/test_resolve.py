"""The resolver: whose word counts for repository, branch, commit, ticket and engineer; nothing local in a sighting."""

from dataclasses import fields
from pathlib import Path

import pytest

from tests.support.repos import commit_of, make_repo
from tollbook.identity import Id
from tollbook.sighting import NO_WORK, Scope, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Basis, Billing, Channel, Evidence, IdKind, Provider, Purpose, Quality, Source, Tool
from tollbook.work import Known, Work
from tollbook_agent.capture.observation import NOWHERE, Observation, Place
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.git import GitContext
from tollbook_agent.context.resolve import Resolver, no_explicit_ticket
from tollbook_agent.context.settings import ContextSettings

S = 1_000_000_000
T0 = 1_700_000_000
NOW = (T0 + 100_000) * S
HASH = "d" * 40
LOG = Place(branch="log-branch", commit=HASH, remote_url="https://u:secret@host.example/acme/shop.git")


def sighting(seconds: float = T0 + 150, work: Work = NO_WORK) -> Sighting:
    at_ns = round(seconds * S)
    return Sighting(source=Source.LOG, tool=Tool.CODEX, ids=(), started_at=at_ns, ended_at=at_ns, work=work)


def resolver(engineer: str | None = None, device: str | None = None) -> Resolver:
    return Resolver(ContextSettings(engineer=engineer, device=device), GitContext(GitEnvironment()))


def work(place: Place, seconds: float = T0 + 150, now_ns: int = NOW) -> Work:
    found, problems = resolver().resolve(Observation(sighting=sighting(seconds), place=place), now_ns)
    assert problems == []
    return found.work


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    checkouts = [(T0, "main"), (T0 + 100, "feature/PAY-1"), (T0 + 200, "e" * 40)]
    return make_repo(tmp_path / "CANARY-folder", "git@host.example:acme/shop", checkouts, email="ada@example.com")


def at(repo: Path, **place: str) -> Place:
    return Place(cwd=str(repo), **place)


def test_git_beats_the_log(repo: Path) -> None:
    found = work(at(repo, branch="stale", commit=HASH, remote_url="git@host.example:acme/shop"))
    assert found.repo == Known("acme/shop", Evidence.WORKTREE)
    assert found.branch == Known("feature/PAY-1", Evidence.REFLOG)
    assert found.commit == Known(commit_of("feature/PAY-1"), Evidence.REFLOG)
    assert found.engineer == Known("ada@example.com", Evidence.HEAD)
    assert found.tickets is None


def test_git_beats_the_worktree_state(repo: Path) -> None:
    assert work(at(repo, worktree_branch="other")).branch == Known("feature/PAY-1", Evidence.REFLOG)


def test_a_detached_head_is_not_filled_from_the_log(repo: Path) -> None:
    found = work(at(repo, branch="stale", commit=HASH, worktree_branch="other"), T0 + 250)
    assert found.branch is None
    assert found.commit == Known("e" * 40, Evidence.REFLOG)


def test_before_the_reflog_the_log_is_the_better_word(repo: Path) -> None:
    assert work(at(repo, branch="feature/PAY-9"), T0 - 5).branch == Known("feature/PAY-9", Evidence.LOG)
    assert work(at(repo, branch="HEAD"), T0 - 5).branch == Known("main", Evidence.LOG_STALE)


def test_a_log_of_another_repository_is_not_believed_about_branches(repo: Path) -> None:
    found = work(at(repo, branch="x", commit=HASH, remote_url="git@host.example:acme/other"), T0 - 5)
    assert found.repo == Known("acme/shop", Evidence.WORKTREE)
    assert found.branch == Known("main", Evidence.LOG_STALE)
    assert found.commit is None


def test_a_repository_without_a_remote_takes_the_name_from_the_log(tmp_path: Path) -> None:
    local = make_repo(tmp_path / "local", None, [(T0, "main")])
    found = work(at(local, branch="x", remote_url="git@host.example:acme/shop"))
    assert found.repo == Known("acme/shop", Evidence.LOG)
    assert found.branch == Known("main", Evidence.REFLOG)


def test_without_a_readable_folder_the_log_is_all_there_is() -> None:
    for cwd in (None, "/gone/shop"):
        found = work(Place(cwd=cwd, branch=LOG.branch, commit=LOG.commit, remote_url=LOG.remote_url))
        assert found.repo == Known("acme/shop", Evidence.LOG)
        assert found.branch == Known("log-branch", Evidence.LOG)
        assert found.commit == Known(HASH, Evidence.LOG)
        assert "secret" not in repr(found)
    assert work(NOWHERE) == Work()


def test_the_worktree_state_beats_the_log_and_takes_no_foreign_commit() -> None:
    moved = work(Place(branch="main", commit=HASH, worktree_branch="refs/heads/PAY-7"))
    assert (moved.branch, moved.commit) == (Known("PAY-7", Evidence.WORKTREE), None)
    same = work(Place(branch="PAY-7", commit=HASH, worktree_branch="PAY-7"))
    assert same.commit == Known(HASH, Evidence.LOG)


@pytest.mark.parametrize("branch", ["HEAD", "", "two words", "a\nb", "x" * 256, "refs/heads/", "a..b\x7f"])
def test_what_is_no_branch_in_a_log(branch: str) -> None:
    found = work(Place(branch=branch, commit="abc1234", remote_url="/home/ada/shop"))
    assert (found.branch, found.commit, found.repo) == (None, None, None)


def test_configured_values() -> None:
    observation = Observation(sighting=sighting())
    found, problems = resolver(engineer="Ada@Example.com", device="ada-mac").resolve(observation, NOW)
    assert found.work == Work(
        engineer=Known("ada@example.com", Evidence.EXPLICIT), device=Known("ada-mac", Evidence.EXPLICIT)
    )
    assert problems == []


def test_a_configured_engineer_beats_git(repo: Path) -> None:
    observation = Observation(sighting=sighting(), place=at(repo))
    found, _ = resolver(engineer="boss@example.com").resolve(observation, NOW)
    assert found.work.engineer == Known("boss@example.com", Evidence.EXPLICIT)


def test_explicit_tickets_are_asked_for_folder_and_moment(repo: Path) -> None:
    asked: list[tuple[str | None, int]] = []

    def explicit(cwd: str | None, at_ns: int) -> str | None:
        asked.append((cwd, at_ns))
        return {T0: "pay-2, UTF-8", T0 + 1: "nonsense", T0 + 2: None}[at_ns // S]

    one = Resolver(ContextSettings(), GitContext(GitEnvironment()), explicit)
    found = [one.resolve(Observation(sighting=sighting(T0 + later), place=at(repo)), NOW) for later in range(3)]
    assert [each.work.tickets for each, _ in found] == [Known("PAY-2 UTF-8", Evidence.EXPLICIT), None, None]
    assert [[problem.reason for problem in problems] for _, problems in found] == [[], ["not_a_ticket_key"], []]
    assert asked == [(str(repo), (T0 + later) * S) for later in range(3)]
    assert "nonsense" not in repr(found[1][1])


def test_problems_of_a_folder_are_said_once(repo: Path) -> None:
    log = repo / ".git" / "logs" / "HEAD"
    log.write_bytes(b"broken\n" + log.read_bytes())
    one = resolver(engineer="nobody")
    observation = Observation(sighting=sighting(), place=at(repo))
    said = [[problem.reason for problem in one.resolve(observation, NOW)[1]] for _ in range(3)]
    assert said == [["not_an_email", "git_reflog_syntax"], [], []]


def test_what_the_sighting_already_knew_better_stays(repo: Path) -> None:
    own = Work(
        repo=Known("wire/repo", Evidence.METADATA),
        branch=Known("wire-branch", Evidence.LOG),
        team=Known("payments", Evidence.GATEWAY_KEY),
        tags={"app": Known("x", Evidence.METADATA)},
    )
    found, _ = resolver(device="d").resolve(Observation(sighting=sighting(work=own), place=at(repo)), NOW)
    assert found.work.repo == Known("wire/repo", Evidence.METADATA)
    assert found.work.branch == Known("feature/PAY-1", Evidence.REFLOG)
    assert found.work.device == Known("d", Evidence.EXPLICIT)
    assert (found.work.team, found.work.tags) == (own.team, own.tags)


def test_everything_else_of_the_sighting_is_kept(repo: Path) -> None:
    values: dict[str, object] = {one.name: f"a {one.name}" for one in fields(Sighting)}
    values |= {
        "source": Source.HOOK,
        "tool": Tool.CURSOR,
        "ids": (Id(IdKind.RESPONSE, "resp_1"),),
        "started_at": T0 * S,
        "ended_at": T0 * S + 1,
        "quality": Quality.PARTIAL,
        "usage": Usage(input=1),
        "extra": {"m": Usage(output=2)},
        "channel": Channel.AZURE,
        "provider": Provider.OPENAI,
        "billing": Billing.METERED,
        "scope": Scope(region="eu"),
        "purpose": Purpose.TITLE,
        "work": Work(team=Known("t", Evidence.PERSON)),
        "reported_cost_nano_usd": 5,
        "reader_epoch": 3,
        "order": 4,
        "basis": {"model": Basis.SHAPE},
    }
    before = Sighting(**values)  # pyright: ignore[reportArgumentType]
    after, _ = resolver().resolve(Observation(sighting=before, place=at(repo)), NOW)
    assert after.work.branch == Known("main", Evidence.REFLOG)
    assert {one.name for one in fields(Sighting) if getattr(after, one.name) != getattr(before, one.name)} == {"work"}


def test_no_path_enters_a_sighting(repo: Path) -> None:
    for place in (at(repo), at(repo, remote_url=str(repo), branch=str(repo)), Place(remote_url=f"file://{repo}")):
        found, problems = resolver().resolve(Observation(sighting=sighting(), place=place), NOW)
        assert "CANARY-folder" not in repr((found, problems))


def test_nobody_sets_tickets_by_default() -> None:
    assert no_explicit_ticket("/x", 0) is None
