"""What `tollbook context` is told: each value with its reason, and why words that look like keys are none."""

from pathlib import Path

import pytest

from tests.support.repos import make_repo
from tollbook.ticket import TicketRule
from tollbook.vocabulary import Evidence
from tollbook_agent.context.describe import Description
from tollbook_agent.context.engineer import GitEnvironment
from tollbook_agent.context.git import GitContext
from tollbook_agent.context.resolve import Resolver
from tollbook_agent.context.settings import ContextSettings

T0 = 1_700_000_000
NOW = (T0 + 1_000) * 1_000_000_000


def describe(folder: Path, settings: ContextSettings | None = None, ticket: str | None = None) -> Description:
    git = GitContext(GitEnvironment())
    return Resolver(settings or ContextSettings(), git, lambda cwd, at_ns: ticket).describe(str(folder), NOW)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    checkouts = [(T0, "main"), (T0 + 100, "fix/PAY-7-OPS-8-utf-8")]
    return make_repo(tmp_path / "shop", "git@host.example:acme/shop", checkouts, email="ada@example.com")


def test_a_repository(repo: Path) -> None:
    told = describe(repo)
    assert (told.folder, told.git_folder, told.linked_worktree) == (str(repo), str(repo / ".git"), False)
    said = {one.field: (one.value, one.evidence) for one in told.findings}
    assert said.pop("commit")[1] is Evidence.REFLOG
    assert said == {
        "repo": ("acme/shop", Evidence.WORKTREE),
        "branch": ("fix/PAY-7-OPS-8-utf-8", Evidence.REFLOG),
        "tickets": ("OPS-8 PAY-7", Evidence.BRANCH),
        "engineer": ("ada@example.com", Evidence.HEAD),
        "device": (None, None),
    }
    assert told.refused == ("UTF-8 looks like a character set, and there is no list of project keys",)
    assert all(one.why for one in told.findings)


def test_a_list_of_project_keys_decides(repo: Path) -> None:
    told = describe(repo, ContextSettings(tickets=TicketRule(project_keys=frozenset({"PAY"}))))
    assert told.finding("tickets").value == "PAY-7"
    assert told.refused == ("OPS is not in the list of project keys", "UTF is not in the list of project keys")


def test_an_explicit_ticket_is_said_to_be_one(repo: Path) -> None:
    told = describe(repo, ticket="core-1")
    assert told.finding("tickets").value == "CORE-1"
    assert told.finding("tickets").evidence is Evidence.EXPLICIT
    assert told.refused == ()


def test_a_branch_without_a_key(tmp_path: Path) -> None:
    plain = describe(make_repo(tmp_path / "a", None, [(T0, "main")])).finding("tickets")
    assert (plain.value, plain.why) == (None, "none set, and the branch names no key")
    refused = describe(make_repo(tmp_path / "b", None, [(T0, "sha-256")])).finding("tickets")
    assert (refused.value, refused.why) == (None, "none set, and the branch names no key that counts")


def test_no_repository(tmp_path: Path) -> None:
    told = describe(tmp_path / "gone", ContextSettings(engineer="who", device="ada-mac"))
    assert told.git_folder is None
    assert [one.field for one in told.findings if one.value is not None] == ["device"]
    assert [problem.reason for problem in told.problems] == ["not_an_email"]


def test_detached(tmp_path: Path) -> None:
    told = describe(make_repo(tmp_path / "shop", None, [(T0, "main"), (T0 + 5, "a" * 40)]))
    assert told.finding("branch").why == "HEAD is detached"
    assert told.finding("commit").value == "a" * 40
    with pytest.raises(KeyError):
        told.finding("nothing")
