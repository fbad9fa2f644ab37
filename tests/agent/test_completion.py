"""Completion scripts: sound for their shell, and bash completes commands and options with one."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Commands
from tollbook_agent.cli.completion import SHELLS
from tollbook_agent.cli.main import COMMANDS
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


def completed(path: Path, line: str) -> set[str]:
    assert BASH is not None
    done = subprocess.run([BASH, "-c", COMPLETE, "-", path, line], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


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
