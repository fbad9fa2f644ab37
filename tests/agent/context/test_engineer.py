"""Who works here: the author git would write, with includes and conditions, and what a person configured."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.repos import make_repo
from tollbook.vocabulary import Evidence
from tollbook.work import Known
from tollbook_agent.context.engineer import GitEnvironment, configured
from tollbook_agent.context.git import GitContext

S = 1_000_000_000
NOW = 1_700_000_000 * S


def user(home: Path, text: str) -> None:
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(text)


def engineer(folder: Path | None, **environment: str) -> str | None:
    """The engineer in a folder, and the same by git where it is installed and has a repository to ask in."""
    context = GitContext(GitEnvironment.of(environment))
    found = context.place_at(None if folder is None else str(folder), NOW, NOW).engineer
    assert found is None or found.evidence is Evidence.HEAD
    if shutil.which("git") and folder is not None:
        asked = {"PATH": os.environ["PATH"], "GIT_CONFIG_SYSTEM": os.devnull, **environment}
        command = ["git", "-c", "user.useConfigOnly=true", "-c", "user.name=x", "var", "GIT_AUTHOR_IDENT"]
        done = subprocess.run(command, cwd=folder, env=asked, capture_output=True, text=True, check=False)
        said = done.stdout.partition("<")[2].partition(">")[0].lower() or None
        assert said == (found and found.value)
    return found and found.value


@pytest.fixture
def home(tmp_path: Path) -> Path:
    user(tmp_path / "home", "[user]\n\tname = Ada\n\temail = Ada@Example.com\n")
    return tmp_path / "home"


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "work" / "shop", "git@host.example:acme/shop", [(1_600_000_000, "main")])


def append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def test_order_of_git(home: Path, repo: Path, tmp_path: Path) -> None:
    assert engineer(repo, HOME=str(tmp_path / "none")) is None
    append(home / ".config" / "git" / "config", "[user]\nemail = xdg@example.com\n")
    assert engineer(repo, HOME=str(home)) == "ada@example.com"
    append(tmp_path / "xdg" / "git" / "config", "[author]\nemail = author@example.com\n")
    assert engineer(repo, HOME=str(home), XDG_CONFIG_HOME=str(tmp_path / "xdg")) == "author@example.com"
    append(repo / ".git" / "config", "[user]\nemail = local@example.com\n")
    assert engineer(repo, HOME=str(home)) == "local@example.com"
    append(repo / ".git" / "config", "[extensions]\nworktreeConfig = true\n[core]\nrepositoryFormatVersion = 1\n")
    append(repo / ".git" / "config.worktree", "[user]\nemail = tree@example.com\n")
    assert engineer(repo, HOME=str(home)) == "tree@example.com"
    assert engineer(repo, HOME=str(home), GIT_AUTHOR_EMAIL="Env@example.com") == "env@example.com"


def test_the_files_of_the_user_can_be_elsewhere(home: Path, repo: Path, tmp_path: Path) -> None:
    append(tmp_path / "other", "[user]\nemail = other@example.com\n")
    assert engineer(repo, HOME=str(home), GIT_CONFIG_GLOBAL=str(tmp_path / "other")) == "other@example.com"
    assert engineer(repo, HOME=str(home), GIT_CONFIG_GLOBAL=os.devnull) is None


def test_outside_a_repository(home: Path, tmp_path: Path) -> None:
    assert engineer(None, HOME=str(home)) == "ada@example.com"
    (tmp_path / "plain").mkdir()
    assert engineer(tmp_path / "plain", HOME=str(home)) == "ada@example.com"


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("gitdir:{work}/", True),
        ("gitdir:{work}/shop/.git", True),
        ("gitdir:{work}/*/.git", True),
        ("gitdir:{work}/*", False),
        ("gitdir:{work}", False),
        ("gitdir:shop/", True),
        ("gitdir:**/work/**", True),
        ("gitdir:sho?/.git", True),
        ("gitdir:[a-s]hop/", True),
        ("gitdir:[!s]hop/", False),
        ("gitdir:WORK/", False),
        ("gitdir/i:WORK/", True),
        ("gitdir:~/../work/", False),
        ("gitdir:[z-a]/", False),
        ("onbranch:other", False),
        ("hasconfig:remote.*.url:git@elsewhere.example:*/**", False),
    ],
)
def test_conditional_includes(home: Path, repo: Path, condition: str, holds: bool) -> None:
    user(
        home, f'[user]\nemail = ada@example.com\n[includeIf "{condition.format(work=repo.parent)}"]\npath = work.inc\n'
    )
    append(home / "work.inc", "[user]\nemail = work@example.com\n")
    assert engineer(repo, HOME=str(home)) == ("work@example.com" if holds else "ada@example.com")


def test_conditions_on_home_and_on_the_file_itself(home: Path) -> None:
    repo = make_repo(home / "src" / "shop", None, [(1_600_000_000, "main")])
    for condition in ("~/src/", "./src/"):
        user(home, f'[includeIf "gitdir:{condition}"]\npath = ~/work.inc\n')
        (home / "work.inc").write_text(f"[user]\nemail = x{len(condition)}@example.com\n")
        assert engineer(repo, HOME=str(home)) == f"x{len(condition)}@example.com"


def test_includes_stand_where_they_are_written(home: Path, repo: Path) -> None:
    user(home, "[include]\npath = a.inc\n[user]\nemail = after@example.com\n")
    append(home / "a.inc", "[user]\nemail = included@example.com\n")
    assert engineer(repo, HOME=str(home)) == "after@example.com"
    user(home, "[user]\nemail = before@example.com\n[include]\npath = a.inc\n")
    assert engineer(repo, HOME=str(home)) == "included@example.com"
    user(home, "[user]\nemail = before@example.com\n[include]\npath = missing.inc\n")
    assert engineer(repo, HOME=str(home)) == "before@example.com"


def test_an_include_that_includes_itself_is_a_problem(home: Path, repo: Path) -> None:
    user(home, "[user]\nemail = ada@example.com\n[include]\npath = .gitconfig\n")
    place = GitContext(GitEnvironment(home=str(home))).place_at(str(repo), NOW, NOW)
    assert place.engineer == Known("ada@example.com", Evidence.HEAD)
    assert {problem.reason for problem in place.problems} == {"git_config_too_deep"}
    assert str(home) not in repr(place.problems)


def test_a_changed_include_is_seen(home: Path, repo: Path) -> None:
    user(home, "[include]\npath = a.inc\n")
    context = GitContext(GitEnvironment(home=str(home)))
    assert context.place_at(str(repo), NOW, NOW).engineer is None
    append(home / "a.inc", "[user]\nemail = new@example.com\n")
    assert context.place_at(str(repo), NOW + 1, NOW + 1).engineer == Known("new@example.com", Evidence.HEAD)


def test_what_is_configured_counts_as_explicit() -> None:
    assert configured(" Ada@Example.com ") == (Known("ada@example.com", Evidence.EXPLICIT), [])
    assert configured(None) == (None, [])
    assert configured("") == (None, [])


@pytest.mark.parametrize(
    "text", ["ada", "a@b@c", "ada@example.com bob@example.com", "<ada@example.com>", "a@" + "b" * 300]
)
def test_what_is_no_address_is_a_problem(text: str) -> None:
    known, problems = configured(text)
    assert known is None
    assert [problem.reason for problem in problems] == ["not_an_email"]
    assert problems[0].detail == f"{len(text)} characters"
