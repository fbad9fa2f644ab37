"""The commands over a real record: what they print, what they return, what they say when something is wrong."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.collector.collector_bench import CALLS, filled_record
from tollbook.answer import DIMENSIONS
from tollbook_collector import exit_codes
from tollbook_collector.cli import spend
from tollbook_collector.cli.main import main

Capture = pytest.CaptureFixture[str]
FIXTURES = Path(__file__).parent / "fixtures" / "settings"
COMMANDS = {
    "serve": ["serve"],
    "spend": ["spend"],
    "ticket": ["ticket", "PAY-1"],
    "calls": ["calls"],
    "status": ["status"],
    "verify": ["verify"],
    "config": ["config", "check"],
    "prices": ["prices", "check"],
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home folder whose record stays open, as beside a running server."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "collector.toml").write_text('project_keys = ["PAY"]\n')
    with filled_record(folder / "record.sqlite"):
        yield folder


@pytest.fixture(autouse=True)
def environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(home))


def exits(*arguments: str) -> int:
    """The exit code; argparse leaves by SystemExit."""
    try:
        return main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


def answer(capsys: Capture, *arguments: str) -> Any:
    assert exits(*arguments) == exit_codes.OK
    return json.loads(capsys.readouterr().out)


def test_help_names_every_command_and_every_exit_code(capsys: Capture) -> None:
    assert exits("--help") == 0
    shown = capsys.readouterr().out
    for command in COMMANDS:
        assert f"\n    {command} " in shown
    for code, meaning in exit_codes.MEANINGS.items():
        assert f"{code}" in shown
        assert meaning in shown


def test_every_exit_code_has_a_meaning_and_is_its_own() -> None:
    codes = [value for name, value in vars(exit_codes).items() if name.isupper() and isinstance(value, int)]
    assert sorted(codes) == sorted(exit_codes.MEANINGS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: Capture) -> None:
    assert exits(command, "--help") == 0
    shown = capsys.readouterr().out
    assert f"tollbook-collector {command}" in shown.partition("examples:")[2]
    assert "exit codes:" in shown


def test_version(capsys: Capture) -> None:
    assert exits("--version") == 0
    assert capsys.readouterr().out.startswith("tollbook-collector 0.")


def test_spend_as_json_and_as_a_table(capsys: Capture) -> None:
    table = answer(capsys, "spend", "--by", "engineer,model", "--from", "2026-10-01", "--to", "2026-11-01", "--json")
    assert (table["from"], table["to"], table["by"]) == ("2026-10-01", "2026-11-01", ["engineer", "model"])
    assert table["total"]["calls"] == CALLS
    assert exits("spend", "--by", "engineer,model") == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 100
    assert "ada@example.com" in shown
    assert shown.splitlines()[-1].startswith("total")
    assert "claude-opus-4-5-20251101" in shown


def test_ticket_as_json_and_as_text(capsys: Capture) -> None:
    ticket = answer(capsys, "ticket", "pay-102", "--json")
    assert (ticket["ticket"], ticket["calls"]) == ("PAY-102", CALLS // 4)
    assert exits("ticket", "PAY-102") == 0
    shown = capsys.readouterr().out
    assert shown.startswith("PAY-102  $")
    assert "known by branch 10" in shown
    assert "by engineer" in shown


def test_the_help_of_spend_names_every_dimension() -> None:
    assert spend.DIMENSIONS == DIMENSIONS


def test_a_ticket_without_calls_says_where_to_look(capsys: Capture) -> None:
    assert exits("ticket", "PAY-999", "--json") == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["calls"] == 0
    assert "spend --by ticket" in captured.err


def test_calls_as_json_lines_and_as_a_table(capsys: Capture) -> None:
    assert exits("calls", "--json", "--limit", "0") == 0
    calls = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len({call["call_id"] for call in calls}) == len(calls) == CALLS
    assert exits("calls", "--json", "--limit", "3", "--engineer", "ada@example.com") == 0
    assert len(capsys.readouterr().out.splitlines()) == 3
    assert exits("calls", "--ticket", "PAY-101") == 0
    assert len(capsys.readouterr().out.splitlines()) == 1 + CALLS // 4


def test_status_and_verify(capsys: Capture) -> None:
    status = answer(capsys, "status", "--json")
    assert status["record"]["calls"] == CALLS
    assert status["receivers"] is None
    assert exits("status") == 0
    assert "claims" in capsys.readouterr().out
    assert answer(capsys, "verify", "--json") == {"faults": []}
    assert exits("verify") == 0
    assert capsys.readouterr().out == "The record is whole.\n"


def test_prices_check_names_what_has_no_price(capsys: Capture) -> None:
    assert exits("prices", "check") == 0
    shown = capsys.readouterr().out
    assert "sound" in shown
    assert "has a price" in shown


@pytest.mark.parametrize("command", COMMANDS)
def test_a_wrong_setting_stops_every_command_that_reads_them(command: str, capsys: Capture) -> None:
    wrong = FIXTURES / "address_reachable_from_outside.toml"
    assert exits(*COMMANDS[command], "--config", str(wrong)) == exit_codes.SETTINGS
    shown = capsys.readouterr().err
    assert "otlp_grpc_address" in shown
    assert "0.0.0.0" in shown
    assert "127.0.0.1:4317" in shown


@pytest.mark.parametrize("command", ["spend", "ticket", "calls", "status", "verify"])
def test_without_a_store_a_command_says_how_to_get_one(
    command: str, capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    assert exits(*COMMANDS[command]) == exit_codes.STORE
    shown = capsys.readouterr().err
    assert "there is no store yet" in shown
    assert "tollbook-collector serve" in shown
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_store(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    (tmp_path / "record.sqlite").write_text("this is a letter, not a database, and long enough to have a header\n" * 10)
    assert exits("status") == exit_codes.STORE
    assert "record.sqlite" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (["spend", "--by", "tickets"], "Did you mean ticket?"),
        (["spend", "--from", "october"], "2026-10-01"),
        (["calls", "--to", "2026-13-01"], "2026-10-01"),
        (["calls", "--limit", "-1"], "--limit"),
        (["config", "show"], "check"),
        (["spned"], "spend"),
        ([], "COMMAND"),
    ],
)
def test_a_wrong_command_line_says_what_would_be_right(arguments: list[str], hint: str, capsys: Capture) -> None:
    assert exits(*arguments) == exit_codes.USAGE
    assert hint in capsys.readouterr().err


def test_a_fault_of_ours_has_its_own_exit_code(capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    from tollbook_collector.ask import Answers

    def broken(self: Answers) -> dict[str, Any]:
        raise RuntimeError("a fault")

    monkeypatch.setattr(Answers, "status", broken)
    assert exits("status") == exit_codes.FAULT
    assert "RuntimeError: a fault" in capsys.readouterr().err


def test_the_command_line_loads_nothing_heavy_before_it_is_needed() -> None:
    heavy = (
        "grpc",
        "sqlite3",
        "starlette",
        "uvicorn",
        "opentelemetry",
        "google",
        "asyncio",
        "email",
        "tollbook.prices",
    )
    program = f"import sys, tollbook_collector.cli.main; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_store_that_cannot_be_read_says_why(capsys: Capture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    (tmp_path / "record.sqlite").mkdir()
    assert exits("verify") == exit_codes.STORE
    shown = capsys.readouterr().err
    assert "Is a directory" in shown
    assert "TOLLBOOK_COLLECTOR_HOME" in shown
