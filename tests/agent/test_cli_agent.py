"""`tollbook` as people and scripts use it: help, faults, exit codes, nothing imported that is not needed."""

import io
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.commands import Commands, scanned_demo
from tollbook_agent.cli import exit_codes, output
from tollbook_agent.cli.main import COMMANDS, main
from tollbook_agent.lock import StoreLock
from tollbook_agent.store import schema

PROGRAM = Path(sys.executable).with_name("tollbook")
SLOW = ("msgspec", "grpc", "dataclasses", "typing", "pathlib", "argparse", "sqlite_utils", "zstandard", "watchdog")
WRITING = ("scan", "agent run", "ticket set PAY-1 --dir /")
READING = ("today", "spend", "session", "calls", "tail", "status", "context", "ticket PAY-1")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Nothing writes into this one."""
    return scanned_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def tollbook(demo: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(demo, capsys)


@pytest.fixture
def fresh(tmp_path: Path, demo: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Commands:
    """A laptop on which nothing was read yet."""
    return Commands({**demo, "TOLLBOOK_HOME": str(tmp_path / "fresh")}, capsys)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help_with_an_example(tollbook: Commands, name: str) -> None:
    said = tollbook(name, "--help")
    assert (said.code, said.err) == (0, "")
    assert f"tollbook {name}" in said.out
    assert "example" in said.out


@pytest.mark.parametrize("words", [(), ("--help",), ("help",), ("-h",)])
def test_help_names_every_command(tollbook: Commands, words: tuple[str, ...]) -> None:
    said = tollbook(*words)
    assert said.code == 0
    assert "example: " in said.out
    for name, (_, about) in COMMANDS.items():
        assert name in said.out
        assert about in said.out


def test_the_version(tollbook: Commands) -> None:
    assert tollbook("--version").out.startswith("tollbook 0.")


def test_an_unknown_command_suggests_a_known_one(tollbook: Commands) -> None:
    said = tollbook("stauts")
    assert said.code == exit_codes.USAGE
    assert "`tollbook status`" in said.err
    assert "`tollbook --help` lists them" in tollbook("xyzzy").err


@pytest.mark.parametrize(
    "words",
    [
        "spend --by colour",
        "spend --by ,",
        "spend --from yesterday",
        "spend --to 2026-02-30",
        "spend --unknown",
        "calls --limit 0",
        "calls --limit -1",
        "calls --limit many",
        "calls --limit 9999999999",
        "tail --count 0",
        "agent",
        "agent walk",
        "ticket",
        "ticket garbage",
        "ticket PAY-1 PAY-2",
        "ticket PAY-1 --clear",
        "ticket PAY-123-x",
        "ticket set",
        "ticket set garbage",
        "ticket set PAY-1 --clear",
        "ticket set PAY-1 --dir /no/such/folder",
    ],
)
def test_a_wrong_command_line_is_2_and_says_why(fresh: Commands, words: str) -> None:
    said = fresh(*words.split())
    assert (said.code, said.out) == (exit_codes.USAGE, "")
    assert said.err.strip()


@pytest.mark.parametrize("words", ["spend", "scan", "agent run", "ticket set PAY-1", "status --json"])
def test_a_wrong_setting_is_3_and_named(fresh: Commands, words: str) -> None:
    said = fresh(*words.split(), TOLLBOOK_COLLECTOR="here")
    assert (said.code, said.out) == (exit_codes.SETTINGS, "")
    assert said.err.startswith("tollbook: setting TOLLBOOK_COLLECTOR: ")


def damage(fresh: Commands, content: bytes) -> Path:
    store = Path(fresh.environment["TOLLBOOK_HOME"]) / "laptop.db"
    store.parent.mkdir(parents=True)
    store.write_bytes(content)
    return store


def test_a_damaged_store_is_4_with_advice(fresh: Commands) -> None:
    store = damage(fresh, b"this is no database" * 500)
    for words in (*WRITING, *READING):
        said = fresh(*words.split())
        assert (said.code, said.out) == (exit_codes.STORE, ""), words
        assert f"{store} cannot be used" in said.err
        assert "`tollbook scan` reads all logs anew" in said.err


def test_a_store_of_a_newer_program_is_4_and_says_what_to_do(fresh: Commands) -> None:
    assert fresh("scan").code == 0
    connection = sqlite3.connect(Path(fresh.environment["TOLLBOOK_HOME"]) / "laptop.db")
    connection.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    connection.close()
    for words in (*WRITING, *READING):
        said = fresh(*words.split())
        assert (said.code, said.out) == (exit_codes.STORE, ""), words
        assert "upgrade tollbook-agent" in said.err


def test_a_store_that_another_process_writes_to_is_5(fresh: Commands) -> None:
    lock = StoreLock(Path(fresh.environment["TOLLBOOK_HOME"]) / "lock")
    for words in ("scan", "agent run"):
        said = fresh(*words.split())
        assert (said.code, said.out) == (exit_codes.BUSY, "")
        assert "another process is writing" in said.err
    lock.release()
    assert fresh("scan").code == 0


def test_a_home_that_cannot_be_written_is_told_without_a_traceback(fresh: Commands, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = fresh("scan", TOLLBOOK_HOME=str(tmp_path / "file" / "home"))
    assert said.code == exit_codes.SETTINGS
    assert "Traceback" not in said.err


@pytest.mark.parametrize("words", [each for each in READING if each != "context"])
def test_before_the_first_scan_every_answer_is_an_empty_one(fresh: Commands, words: str) -> None:
    said = fresh(*words.split())
    assert said.code == 0
    assert "tollbook scan" in said.out or "`tollbook status` what was read" in said.out
    said = fresh(*words.split(), "--json")
    assert (said.code, said.out.count("\n")) == (0, 0 if words in ("session", "calls", "tail") else 1)


def test_colour_is_for_terminals_of_people_who_want_it(tollbook: Commands, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in tollbook("spend").out
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    for variable, coloured in (("", True), ("1", False)):
        monkeypatch.setenv("NO_COLOR", variable)
        assert output.colour() is coloured
        assert ("\x1b" in output.bold("x")) is coloured


def test_a_bar_is_drawn_on_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for terminal in (False, True):
        stream = io.StringIO()
        monkeypatch.setattr(stream, "isatty", lambda answer=terminal: answer)
        monkeypatch.setattr(sys, "stderr", stream)
        bar = output.ProgressBar("reading")
        bar(1, 2)
        bar(0, 0)
        bar.close()
        assert ("50%" in stream.getvalue()) is terminal


@pytest.mark.parametrize(
    ("nano_usd", "shown"),
    [
        (0, "$0.0000"),
        (49_999, "$0.0000"),
        (50_000, "$0.0001"),
        (999_999_999, "$1.0000"),
        (10**9, "$1.00"),
        (1_234_567_890_123, "$1,234.57"),
        (-1_500_000_000, "-$1.50"),
        (9 * 10**18, "$9,000,000,000.00"),
    ],
)
def test_money_for_people(nano_usd: int, shown: str) -> None:
    assert output.money(nano_usd) == shown


# ---- the process


def test_output_that_nobody_reads_ends_quietly(demo: dict[str, str]) -> None:
    for words in ("calls --json", "--help"):
        reader, writer = os.pipe()
        os.close(reader)
        done = subprocess.run(
            [PROGRAM, *words.split()],
            env={**os.environ, **demo},
            stdout=writer,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
        os.close(writer)
        assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(("words", "shown"), [((), r"/tmp/\xfc"), (("--json",), r'"folder":"/tmp/\u00fc"')])
def test_output_that_cannot_show_a_letter_shows_its_number(
    tollbook: Commands, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], shown: str
) -> None:
    written = io.BytesIO()
    stream = io.TextIOWrapper(written, encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    assert tollbook("context", "--dir", "/tmp/ü", *words).code == 0
    stream.flush()
    assert shown in written.getvalue().decode("ascii")


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("tollbook_agent.cli.spend.load", interrupt)


@pytest.mark.usefixtures("interrupted")
def test_an_interrupt_is_130() -> None:
    assert main(["spend"]) == exit_codes.INTERRUPTED == 130


def test_a_scan_that_finds_nothing_new_imports_next_to_nothing() -> None:
    program = (
        "import sys; before = set(sys.modules)\n"
        "import tollbook_agent.cli.main, tollbook_agent.cli.quick_scan\n"
        f"print(sorted(set({SLOW!r}) & (set(sys.modules) - before)))"
    )
    done = subprocess.run([sys.executable, "-S", "-c", _with_path(program)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def _with_path(program: str) -> str:
    """Without `site`, which imports what it likes."""
    root = Path(__file__).parents[2]
    return f"import sys; sys.path += [{str(root / 'core')!r}, {str(root / 'agent')!r}]\n{program}"
