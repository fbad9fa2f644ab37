"""Completion scripts: sound for their shell, and bash completes commands and options with one."""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tests.support.domain import SECOND, made_for
from tests.support.small_store import prepared, store_at
from tollbook.vocabulary import Evidence
from tollbook_agent.cli.completion import SHELLS
from tollbook_agent.cli.main import COMMANDS
from tollbook_agent.cli.recent_tickets import MOST
from tollbook_agent.store import recent
from tollbook_collector.cli.main import main as collector

BASH = shutil.which("bash")
COMPLETE = """
source "$1"
COMP_WORDS=($2); [ "${2: -1}" = " " ] && COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); COMP_LINE="$2"; COMP_POINT=${#2}
function=$(complete -p ${COMP_WORDS[0]} | sed 's/.*-F \\([^ ]*\\).*/\\1/')
$function ${COMP_WORDS[0]} "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the script of each program for each shell."""
    return tmp_path_factory.mktemp("completion")


@pytest.fixture
def written(scripts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    tollbook = Commands({"TOLLBOOK_HOME": str(tmp_path)}, capsys)
    for shell in SHELLS:
        if not (scripts / f"tollbook.{shell}").exists():
            (scripts / f"tollbook.{shell}").write_text(tollbook("completion", shell).out)
            assert collector(["completion", shell]) == 0
            (scripts / f"tollbook-collector.{shell}").write_text(capsys.readouterr().out)
    return scripts


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("program", ["tollbook", "tollbook-collector"])
def test_a_script_is_sound_and_names_its_program(written: Path, program: str, shell: str) -> None:
    path = written / f"{program}.{shell}"
    text = path.read_text()
    assert program in text
    assert "--json" in text or "json" in text
    if shutil.which(shell):
        done = subprocess.run([shell, "-n", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")


def completed(path: Path, line: str, own: Mapping[str, str] | None = None) -> set[str]:
    assert BASH is not None
    command = [BASH, "-c", COMPLETE, "-", str(path), line]
    return set(subprocess.run(command, env=own, capture_output=True, text=True, check=True).stdout.split())


@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize(
    ("program", "line", "found"),
    [
        ("tollbook", "tollbook wee", {"week"}),
        ("tollbook", "tollbook session --cs", {"--csv"}),
        ("tollbook", "tollbook completion f", {"fish"}),
        ("tollbook-collector", "tollbook-collector reconc", {"reconcile"}),
        ("tollbook-collector", "tollbook-collector spend --per", set[str]()),
    ],
)
def test_bash_completes(written: Path, program: str, line: str, found: set[str]) -> None:
    assert completed(written / f"{program}.bash", line) == found


@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="needs bash")
def test_bash_offers_every_command(written: Path) -> None:
    assert set(COMMANDS) <= completed(written / "tollbook.bash", "tollbook ")


def home_with(folder: Path, tickets: Sequence[str]) -> dict[str, str]:
    """The environment of a laptop whose calls, the oldest first, were made for these tickets."""
    store = store_at(folder / "laptop.db")
    now = time.time_ns()
    works = [made_for(tickets=(each, Evidence.EXPLICIT)) for each in tickets]
    batch = [
        prepared(at, started_at=now + at * SECOND, ended_at=now + at * SECOND, work=work)
        for at, work in enumerate(works)
    ]
    store.commit(batch, now_ns=now)
    store.close()
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return {**os.environ, "TOLLBOOK_HOME": str(folder), "PATH": path}


def offered(own: Mapping[str, str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    said = Commands(own, capsys)("completion", "tickets")
    assert (said.code, said.err) == (0, "")
    return said.out.splitlines()


def test_the_tickets_of_the_newest_calls_come_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = home_with(tmp_path, ["PAY-1", "OPS-2", "OPS-2 WEB-3", "PAY-1", "PAY-4"])
    assert offered(own, capsys) == ["PAY-4", "PAY-1", "OPS-2", "WEB-3"]


def test_no_more_are_offered_than_somebody_reads(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = home_with(tmp_path, [f"PAY-{number}" for number in range(1, MOST + 20)])
    assert offered(own, capsys) == [f"PAY-{number}" for number in range(MOST + 19, 19, -1)]


def test_no_more_calls_are_looked_at_than_a_key_may_cost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "MAX_CALLS", 2)
    assert offered(home_with(tmp_path, ["PAY-1", "PAY-2", "PAY-3"]), capsys) == ["PAY-3", "PAY-2"]


@pytest.mark.parametrize("hostile", ["$(touch x)-1", "`id`-1", "-rf", "A-1;id", "x" * 65, "é-1"])
def test_what_a_shell_could_run_is_not_offered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], hostile: str
) -> None:
    assert offered(home_with(tmp_path, ["PAY-1", hostile]), capsys) == ["PAY-1"]


@pytest.mark.parametrize("content", [None, b"", b"this is no store" * 100])
def test_without_a_store_nothing_is_offered_and_nothing_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "laptop.db").write_bytes(content)
    assert offered({"TOLLBOOK_HOME": str(tmp_path)}, capsys) == []


@pytest.mark.skipif(BASH is None or sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("tollbook ticket PAY-", {"PAY-1", "PAY-12"}),
        ("tollbook ticket set PAY-12", {"PAY-12"}),
        ("tollbook ticket fi", {"fix"}),
        ("tollbook ticket --la", {"--laptop"}),
    ],
)
def test_bash_offers_tickets(written: Path, tmp_path: Path, line: str, found: set[str]) -> None:
    own = home_with(tmp_path / "laptop", ["PAY-1", "OPS-2", "PAY-12"])
    assert completed(written / "tollbook.bash", line, own) == found


@pytest.mark.skipif(shutil.which("fish") is None, reason="needs fish")
def test_fish_offers_tickets(written: Path, tmp_path: Path) -> None:
    own = home_with(tmp_path / "laptop", ["PAY-1", "OPS-2"]) | {"HOME": str(tmp_path)}
    code = f"source {written / 'tollbook.fish'}; complete -C 'tollbook ticket PAY'"
    done = subprocess.run(["fish", "--no-config", "-c", code], env=own, capture_output=True, text=True, check=True)
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["PAY-1"]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="needs zsh")
def test_zsh_offers_tickets(written: Path, tmp_path: Path) -> None:
    own = home_with(tmp_path / "laptop", ["PAY-1", "OPS-2"]) | {"HOME": str(tmp_path)}
    script = (written / "tollbook.zsh").read_text()
    function = next(line for line in script.splitlines() if line.startswith("_tollbook_tickets()"))
    code = f"compadd() {{ print -rl -- $@ }}; {function}; _tollbook_tickets"
    done = subprocess.run(["zsh", "-f", "-c", code], env=own, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["-V", "tickets", "--", "OPS-2", "PAY-1", "set", "fix"]
