"""The syntax of git's configuration: read as by git; what git refuses is a problem and the rest counts."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tollbook_agent.context.gitconfig import MAX_ENTRIES, Entry, is_true, last, parse

SAMPLE = rb"""
; a comment
# another
[core]
	repositoryformatversion = 0
	bare
	Pager = less -R   ; not part of it
[User] email = Ada@Example.com
	name = "Ada  \"the first\" Lovelace" # Countess
[remote "origin"]
	url = https://example.com/a;b
	url2 = "https://example.com/a;b#c"
	fetch = +refs/heads/*:refs/remotes/origin/*
[branch "we\"ird\\name"]
	remote=origin
[alias.Sub]
	long = one \
two\tthree@@@
	empty =
	spaces = "  kept  "
[x-1 "Sub Section"] a-b = 'single'
""".replace(b"@@@", b" \t ")

EXPECTED = [
    Entry("core", None, "repositoryformatversion", "0"),
    Entry("core", None, "bare", None),
    Entry("core", None, "pager", "less -R"),
    Entry("user", None, "email", "Ada@Example.com"),
    Entry("user", None, "name", 'Ada  "the first" Lovelace'),
    Entry("remote", "origin", "url", "https://example.com/a"),
    Entry("remote", "origin", "url2", "https://example.com/a;b#c"),
    Entry("remote", "origin", "fetch", "+refs/heads/*:refs/remotes/origin/*"),
    Entry("branch", 'we"ird\\name', "remote", "origin"),
    Entry("alias", "sub", "long", "one two\tthree"),
    Entry("alias", "sub", "empty", ""),
    Entry("alias", "sub", "spaces", "  kept  "),
    Entry("x-1", "Sub Section", "a-b", "'single'"),
]


@pytest.mark.parametrize("prefix", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
def test_syntax(prefix: bytes, ends: bytes) -> None:
    assert parse(prefix + SAMPLE.replace(b"\n", ends), "git config") == (EXPECTED, [])


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_git_reads_the_same(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_bytes(SAMPLE)
    environment = {"PATH": os.environ["PATH"], "HOME": os.devnull}
    done = subprocess.run(
        ["git", "config", "-z", "--list", "-f", str(file)], env=environment, capture_output=True, check=True
    )
    said = [one.decode().partition("\n") for one in done.stdout.split(b"\0") if one]
    ours = [
        (".".join(part for part in (entry.section, entry.subsection, entry.key) if part is not None), entry.value)
        for entry in parse(SAMPLE, "git config")[0]
    ]
    assert ours == [(name, value if line else None) for name, line, value in said]


@pytest.mark.parametrize(
    "broken",
    [
        b"key = before any section\n",
        b"[a]\n1key = x\n",
        b'[a]\nkey = "open\n',
        b"[a]\nkey = bad \\q escape\n",
        b"[a]\nkey another\n",
        b"[unclosed\n",
        b"[a]\n= x\n",
        b"\xff\xfe\n",
    ],
)
def test_a_broken_line_is_a_problem_and_the_rest_counts(broken: bytes) -> None:
    entries, problems = parse(broken + b"[user]\n\temail = ada@example.com\n", "git config")
    assert last(entries, "user", "email") == "ada@example.com"
    assert [problem.reason for problem in problems] == ["git_config_syntax"]
    assert problems[0].where == "git config"
    assert problems[0].detail in ("line 1", "line 2")


def test_the_last_value_counts() -> None:
    entries, _ = parse(b'[a]\nk = 1\nk = 2\nk\n[a "b"]\nk = 3\n', "x")
    assert last(entries, "a", "k") == "2"
    assert last(entries, "a", "k", "b") == "3"
    assert last(entries, "a", "none") is None


@pytest.mark.parametrize(("value", "true"), [("true", True), ("On", True), ("1", True), ("no", False), (None, False)])
def test_booleans(value: str | None, true: bool) -> None:
    assert is_true(value) is true


def test_bound() -> None:
    entries, problems = parse(b"[a]\n" + b"k = 1\n" * (MAX_ENTRIES + 1), "x")
    assert len(entries) == MAX_ENTRIES
    assert [problem.reason for problem in problems] == ["git_config_too_long"]


@given(st.binary(max_size=200) | st.text('[]"\\#;=\n ab', max_size=60).map(str.encode))
def test_any_bytes_are_read(data: bytes) -> None:
    entries, problems = parse(data, "x")
    assert len(entries) + len(problems) <= len(data)


@given(st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=40))
def test_a_quoted_value_comes_back(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    entries, problems = parse(f'[a]\nk = "{quoted}" # c\n'.encode(), "x")
    assert (entries, problems) == ([Entry("a", None, "k", value)], [])
