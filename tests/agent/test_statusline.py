"""The status line: one answer in Python and in the shell, whatever the file and the input are."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.commands import Commands
from tollbook_agent import statusline
from tollbook_agent.statusline import MARK, NOT_RUNNING, UNREADABLE, line_of, session_of, show

NOW = 1_790_000_000
SHELL = Path(statusline.__file__).with_suffix(".sh")
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")
GIVEN = b'{"session_id":"s-1","cwd":"/src"}'


def file_text(*, age: int = 0, left: int = 3_600, state: str = "on", now: int = NOW) -> str:
    head = f"tollbook-statusline 1 {now - age} {now + left} {state}"
    return f"{head}\ntoday $18.20\ns-10 OPS-7 $9.00\ns-1 PAY-123 $4.10\ns-2 no ticket $0.05\n"


@pytest.mark.parametrize(
    ("given", "mine"),
    [
        (GIVEN, "PAY-123 $4.10"),
        (b'{ "session_id" : "s-2" }', "no ticket $0.05"),
        (b'{"session_id":"s-10"}', "OPS-7 $9.00"),
        (b'{"session_id":"s-3"}', "no calls yet"),
        (b'{"session_id":"s"}', "no calls yet"),
        (b'{"session_id":null}', "no calls yet"),
        (b'{"session_id":7}', "no calls yet"),
        (b'{"session_id":"s-1', "no calls yet"),
        (b'{"session_id":"s-1 PAY-123"}', "no calls yet"),
        (b'{"session_id":"*"}', "no calls yet"),
        (b'{"a":"\\"session_id\\":\\"s-2\\"","session_id":"s-1"}', "PAY-123 $4.10"),
        (b"", "no calls yet"),
        (b"\x00\xff\xfe{{{{", "no calls yet"),
        (b"[" * 5_000, "no calls yet"),
    ],
)
def test_the_session_that_the_input_names(given: bytes, mine: str) -> None:
    assert line_of(file_text(), session_of(given), NOW) == f"{mine} | today $18.20"


@pytest.mark.parametrize(
    ("text", "end"),
    [
        (file_text(age=300), "today $18.20"),
        (file_text(age=301), f"today $18.20 | {MARK} 5 min old"),
        (file_text(age=7_300), f"today $18.20 | {MARK} 121 min old"),
        (file_text(age=301, left=0), f"today $0.00 | {MARK} 5 min old"),
        (file_text(age=-3_600), "today $18.20"),
        (file_text(state="off"), f"today $18.20 | {MARK} capture off"),
        (file_text(state="error"), f"today $18.20 | {MARK} tollbook cannot store"),
    ],
)
def test_figures_that_are_not_live_are_marked(text: str, end: str) -> None:
    assert line_of(text, "s-1", NOW) == f"PAY-123 $4.10 | {end}"


FOREIGN = (
    "",
    "\n",
    "tollbook-statusline 1 1790000000 1790003600 on",
    "tollbook-statusline 2 1790000000 1790003600 on\ntoday $1.00\n",
    "tollbook-statusline 1 1790000000 1790003600 maybe\ntoday $1.00\n",
    "tollbook-statusline 1 1790000000 1790003600 on more\ntoday $1.00\n",
    "tollbook-statusline 1 0790000000 1790003600 on\ntoday $1.00\n",
    "tollbook-statusline 1 1790000000000 1790003600 on\ntoday $1.00\n",
    "tollbook-statusline 1 -5 1790003600 on\ntoday $1.00\n",
    "tollbook-statusline 1 1790000000 1790003600 on\ntomorrow $1.00\n",
    "tollbook-statusline 1 1790000000 1790003600 on\ntoday $\x1b[31m1.00\n",
    "tollbook-statusline 1 1790000000 1790003600 on\ntoday $1.00\ns-1 PAY-\x07 $1.00\n",
    '{"session_id":"s-1"}\n',
    "\x00\x01\x02\n\n\n",
)


@pytest.mark.parametrize("text", FOREIGN)
def test_a_file_that_is_not_ours_is_said_and_not_shown(text: str) -> None:
    assert line_of(text, "s-1", NOW) == UNREADABLE


@given(st.binary(max_size=300))
def test_any_input_gives_a_session_of_plain_letters_or_none(given: bytes) -> None:
    assert all(each.isascii() and (each.isalnum() or each in "._-") for each in session_of(given))


@given(st.text(max_size=200))
def test_any_file_gives_one_printable_line(text: str) -> None:
    line = line_of(text, "s-1", NOW)
    assert line.isprintable()


def test_no_file_and_no_rights(tmp_path: Path) -> None:
    assert show(str(tmp_path / "none"), GIVEN, NOW) == NOT_RUNNING
    assert show(str(tmp_path), GIVEN, NOW) == UNREADABLE


@POSIX
def test_a_file_of_another_user_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "statusline.txt"
    path.write_text(file_text())
    assert show(str(path), GIVEN, NOW).startswith("PAY-123")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    assert show(str(path), GIVEN, NOW) == UNREADABLE


def program(words: list[str], given: bytes) -> str:
    done = subprocess.run(words, input=given, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    return done.stdout.decode()


@POSIX
def test_the_shell_gives_the_same_line(tmp_path: Path) -> None:
    path = tmp_path / "status line.txt"
    now = int(time.time())
    texts = [
        *FOREIGN,
        *(file_text(state=state, now=now) for state in statusline.STATES),
        file_text(age=900, now=now),
        file_text(left=-5, now=now),
    ]
    for text in texts:
        path.write_text(text)
        expected = show(str(path), GIVEN, int(time.time()))
        assert program(["sh", str(SHELL), str(path)], GIVEN) == f"{expected}\n", text
    path.write_text(file_text(now=now))
    pretty = json.dumps(json.loads(GIVEN), indent=2).encode()
    for said in (GIVEN, pretty, b"", b"{", b'{"session_id":"*"}', b'{"session_id":"s-1', b'{"session_id":"\xc3\xbc"}'):
        expected = show(str(path), said, now)
        assert program(["sh", str(SHELL), str(path)], said) == f"{expected}\n", said
    path.unlink()
    assert program(["sh", str(SHELL), str(path)], GIVEN) == f"{NOT_RUNNING}\n"
    assert program(["sh", str(SHELL), str(tmp_path)], GIVEN) == f"{UNREADABLE}\n"


def test_it_runs_with_nothing_installed_and_imports_only_os(tmp_path: Path) -> None:
    path = tmp_path / "statusline.txt"
    path.write_text(file_text(now=int(time.time())))
    words = [sys.executable, "-I", "-S", str(Path(statusline.__file__)), str(path)]
    assert program(words, GIVEN) == "PAY-123 $4.10 | today $18.20\n"
    code = "import sys; sys.path.insert(0, sys.argv[1]); import os; before = set(sys.modules); import statusline; "
    code += "print(sorted(set(sys.modules) - before))"
    folder = str(Path(statusline.__file__).parent)
    assert program([sys.executable, "-I", "-S", "-c", code, folder], b"") == "['statusline']\n"


def test_the_command_finds_the_file_of_this_home(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statusline, "_input", lambda: GIVEN)
    (tmp_path / "statusline.txt").write_text(file_text(now=int(time.time())))
    said = Commands({"TOLLBOOK_HOME": str(tmp_path)}, capfd)("statusline")
    assert (said.code, said.out) == (0, "PAY-123 $4.10 | today $18.20\n")
    assert Commands({"TOLLBOOK_HOME": str(tmp_path / "none")}, capfd)("statusline").out == f"{NOT_RUNNING}\n"
