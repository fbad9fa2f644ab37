"""Discovery: where the tools say that their logs are, and only the logs that are there."""

import os
from pathlib import Path

import pytest

from tests.support.demo import environment
from tests.support.laptop import contents, scan_once
from tollbook_agent.capture.logs.discover import MAX_DEPTH, Root, discover, roots

USER = "/home/ada"
CODEX = [Root(f"{USER}/.codex/sessions", "codex"), Root(f"{USER}/.codex/archived_sessions", "codex")]

# what the environment says -> where Claude Code's logs are
CLAUDE_ROOTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "nothing": ({}, [f"{USER}/.claude/projects", f"{USER}/.config/claude/projects"]),
    "xdg": ({"XDG_CONFIG_HOME": "/conf"}, [f"{USER}/.claude/projects", "/conf/claude/projects"]),
    "one": ({"CLAUDE_CONFIG_DIR": "/a"}, ["/a/projects"]),
    "list": ({"CLAUDE_CONFIG_DIR": " /a, /b/projects ,,/c/"}, ["/a/projects", "/b/projects", "/c/projects"]),
    "projects": ({"CLAUDE_CONFIG_DIR": "/b/projects/"}, ["/b/projects/"]),
    "twice": ({"CLAUDE_CONFIG_DIR": "/a,/a/,/a/projects"}, ["/a/projects"]),
    "only commas": ({"CLAUDE_CONFIG_DIR": " , "}, [f"{USER}/.claude/projects", f"{USER}/.config/claude/projects"]),
}


@pytest.mark.parametrize("case", CLAUDE_ROOTS)
def test_claude_code_is_where_the_environment_says(case: str) -> None:
    variables, expected = CLAUDE_ROOTS[case]
    assert roots(variables, USER) == [*(Root(path, "claude-code") for path in expected), *CODEX]


def test_codex_home_and_a_tilde_are_honoured() -> None:
    found = roots({"CODEX_HOME": "~/c", "CLAUDE_CONFIG_DIR": "~/d"}, USER)
    own = os.path.expanduser("~")
    assert found == [
        Root(f"{own}/d/projects", "claude-code"),
        Root(f"{own}/c/sessions", "codex"),
        Root(f"{own}/c/archived_sessions", "codex"),
    ]


def test_two_names_of_one_folder_are_one_root(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    found = roots({"CLAUDE_CONFIG_DIR": f"{tmp_path}/link,{tmp_path}/real"}, USER)
    assert found[0] == Root(f"{tmp_path}/link/projects", "claude-code")
    assert len(found) == 3


def put(path: Path, content: bytes = b"{}\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def seen(root: Path, reader: str = "claude-code") -> set[str]:
    return {os.path.relpath(found.path, root) for found in discover([Root(str(root), reader)])}


def test_only_logs_and_never_what_tools_wrote_into_their_folders(tmp_path: Path) -> None:
    for name in (
        "p/one.jsonl",
        "p/session/subagents/agent-1.jsonl",
        "p/one.jsonl.zst",
        "p/agent.meta.json",
        "p/tool-results/big.jsonl",
        "p/session/tool-results/x/big.jsonl",
        "p/node_modules/x/log.jsonl",
        "p/.git/log.jsonl",
    ):
        put(tmp_path / name)
    assert seen(tmp_path) == {"p/one.jsonl", "p/session/subagents/agent-1.jsonl"}
    assert "p/one.jsonl.zst" in seen(tmp_path, "codex")


def test_a_linked_project_is_entered_and_a_loop_ends(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "one.jsonl")
    root = tmp_path / "root"
    put(root / "own" / "two.jsonl")
    (root / "linked").symlink_to(tmp_path / "elsewhere")
    (root / "own" / "loop").symlink_to(root)
    (root / "self").symlink_to(root)
    assert seen(root) == {"linked/one.jsonl", "own/two.jsonl", "self/own/two.jsonl"}


def test_a_linked_root_is_a_root(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere" / "p" / "one.jsonl")
    (tmp_path / "root").symlink_to(tmp_path / "elsewhere")
    assert seen(tmp_path / "root") == {"p/one.jsonl"}


def test_depth_is_bounded(tmp_path: Path) -> None:
    deep = Path(*["d"] * (MAX_DEPTH - 1))
    put(tmp_path / deep / "x.jsonl")
    put(tmp_path / deep / "d" / "d" / "y.jsonl")
    assert seen(tmp_path) == {str(deep / "x.jsonl")}


def test_what_is_no_file_is_no_log(tmp_path: Path) -> None:
    (tmp_path / "p" / "folder.jsonl").mkdir(parents=True)
    (tmp_path / "p" / "linked.jsonl").symlink_to(tmp_path / "p" / "folder.jsonl")
    (tmp_path / "p" / "dangling.jsonl").symlink_to(tmp_path / "nowhere")
    os.mkfifo(tmp_path / "p" / "pipe.jsonl")
    assert seen(tmp_path) == set()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_hides_nothing_else(tmp_path: Path) -> None:
    put(tmp_path / "closed" / "one.jsonl")
    put(tmp_path / "open" / "two.jsonl")
    (tmp_path / "closed").chmod(0)
    try:
        assert seen(tmp_path) == {"open/two.jsonl"}
    finally:
        (tmp_path / "closed").chmod(0o700)


def test_a_folder_that_vanishes_while_it_is_listed_hides_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "gone" / "one.jsonl")
    put(tmp_path / "here" / "two.jsonl")
    scandir = os.scandir

    def refusing(path: str) -> object:
        if path.endswith("gone"):
            raise PermissionError(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refusing)
    assert seen(tmp_path) == {"here/two.jsonl"}


def test_scanning_where_nothing_is_finds_nothing(tmp_path: Path) -> None:
    own = environment(tmp_path)
    assert (scan_once(own).files, contents(own)["calls"]) == (0, [])
