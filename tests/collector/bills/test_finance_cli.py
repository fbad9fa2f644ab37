"""A month as a finance person goes through it, by commands: import, reconcile, ask why, close, verify."""

import argparse
import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.support.bills import RECORDINGS, TOLD_CALL
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main, parser

Capture = pytest.CaptureFixture[str]
PAGE = (Path(__file__).parents[3] / "docs" / "commands.md").read_text()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    return tmp_path


def run(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as left:
        return int(left.code or 0)


def answer(capsys: Capture, *arguments: str) -> Any:
    assert run(*arguments) == exit_codes.OK
    return json.loads(capsys.readouterr().out)


def take(capsys: Capture, pulled_at: str, *names: str) -> None:
    assert run("bills", "import", "--pulled-at", pulled_at, *(str(RECORDINGS / name) for name in names)) == 0
    capsys.readouterr()


def test_a_month_from_the_first_bill_to_its_close(home: Path, capsys: Capture) -> None:
    (home / "calls.jsonl").write_text(json.dumps(TOLD_CALL))
    assert run("calls", "import", str(home / "calls.jsonl")) == 0
    take(capsys, "2026-09-16T08:00:00Z", "anthropic_cost.json", "anthropic_usage_1.json")
    first = answer(capsys, "reconcile", "--period", "2026-09", "--json")
    assert (first["state"], first["total"]["billed_nano_usd"]) == ("provisional", 299_845_679)
    assert answer(capsys, "reconcile", "--period", "2026-09", "--json")["entries_written"] == 0
    assert run("close", "--period", "2026-09") == exit_codes.WRONG
    assert "provisional" in capsys.readouterr().err

    take(capsys, "2026-10-16T08:00:00Z", "anthropic_cost_restated.json")
    again = answer(capsys, "reconcile", "--period", "2026-09", "--json")
    assert again["total"]["billed_nano_usd"] - first["total"]["billed_nano_usd"] == 1_000
    rows = answer(capsys, "bills", "list", "--json")
    assert [(row["number"], row["state"], row["supersedes"]) for row in rows if row["role"] == "bill"] == [
        (1, "superseded", None),
        (3, "final", 1),
    ]
    closed = answer(capsys, "close", "--period", "2026-09", "--json")
    assert (closed["state"], len(closed["ledger_hash"])) == ("closed", 32)
    assert answer(capsys, "reconcile", "--period", "2026-09", "--json")["state"] == "closed"
    assert run("verify") == 0
    assert capsys.readouterr().out == "The record is whole.\nThe ledger is whole.\n"


def test_why_a_number_is_what_it_is(home: Path, capsys: Capture) -> None:
    (home / "calls.jsonl").write_text(json.dumps(TOLD_CALL))
    assert run("calls", "import", str(home / "calls.jsonl")) == 0
    take(capsys, "2026-09-16T08:00:00Z", "anthropic_cost.json", "anthropic_usage_1.json")
    scope = "anthropic,user_01GRACE,,,,grace@acme.example,,"
    (home / "scopes.csv").write_text(f"channel,hint,workspace,project,principal,owner,valid_from,valid_to\n{scope}\n")
    assert run("scopes", "import", str(home / "scopes.csv")) == 0
    words = ("reconcile", "--period", "2026-09", "--channel", "anthropic", "--day", "2026-09-14", "--explain")
    assert run(*words) == 0
    shown = capsys.readouterr().out
    assert "billed $0.250000000, 6000 of 10000 tokens seen" in shown
    assert "$0.150000000  tracked  grace@acme.example PAY-7  (tokens 6000 of 10000)" in shown
    assert "$0.100000000  untracked  key:apikey_01BOT  (tokens 4000 of 10000)" in shown
    assert "bill lines (document/line): 1/0" in shown


def test_a_dry_run_says_what_would_be_and_writes_nothing(capsys: Capture) -> None:
    said = answer(capsys, "bills", "import", "--dry-run", "--json", str(RECORDINGS / "anthropic_cost.json"))
    (document,) = said["documents"]
    assert (document["mapped_nano"], document["unmapped_nano"]) == (297_345_679, 2_500_000)
    assert document["unmapped"] == ["Claude Opus 5 Usage - New Class"]
    assert answer(capsys, "bills", "list", "--json") == []


def test_rates_seats_and_scopes(home: Path, capsys: Capture) -> None:
    take(capsys, "2026-10-20T08:00:00Z", "invoices.csv")
    assert run("bills", "rate", "eur", "1.1", "--from", "2026-01-01", "--source", "ECB") == 0
    seats = "channel,plan,email,assigned_from,assigned_to,active_days,period\n"
    seats += "anthropic,team,ada@acme.example,2026-09-01,,9,2026-09\nanthropic,team,,2026-09-01,,0,2026-09\n"
    (home / "seats.csv").write_text(seats)
    assert run("bills", "seats", str(home / "seats.csv")) == 0
    capsys.readouterr()
    total = answer(capsys, "reconcile", "--period", "2026-09", "--json")["total"]
    assert (total["billed_nano_usd"], total["tracked_nano_usd"]) == (151_663_000_000, 50_000_000_000)
    take(capsys, "2026-10-20T08:00:00Z", "anthropic_usage_1.json")
    assert run("scopes", "check") == exit_codes.WRONG
    assert "apikey_01BOT" in capsys.readouterr().out
    lines = [f"anthropic,{hint},,,,team:bots,," for hint in ("apikey_01BOT", "user_01GRACE")]
    header = "channel,hint,workspace,project,principal,owner,valid_from,valid_to"
    (home / "scopes.csv").write_text("\n".join([header, *lines]))
    assert run("scopes", "import", str(home / "scopes.csv")) == 0
    assert run("scopes", "check") == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["bills", "import", "nowhere.json"], exit_codes.WRONG),
        (["bills", "import", "--pulled-at", "soon", "x"], exit_codes.USAGE),
        (["bills", "import"], exit_codes.USAGE),
        (["bills", "rate", "EUR", "free", "--from", "2026-01-01", "--source", "me"], exit_codes.USAGE),
        (["bills", "rate", "EUR", "-1", "--from", "2026-01-01", "--source", "me"], exit_codes.USAGE),
        (["bills", "seats", "nowhere.csv"], exit_codes.WRONG),
        (["scopes", "import", "nowhere.csv"], exit_codes.WRONG),
        (["reconcile", "--period", "October"], exit_codes.USAGE),
        (["close", "--period", "2026-13"], exit_codes.USAGE),
        (["close", "--period", "2026-09"], exit_codes.WRONG),
        (["calls", "import", "nowhere.jsonl"], exit_codes.WRONG),
    ],
)
def test_what_is_wrong_is_said(arguments: list[str], code: int, capsys: Capture) -> None:
    assert run(*arguments) == code
    assert capsys.readouterr().err


def test_a_finance_file_that_is_another_file(home: Path, capsys: Capture) -> None:
    (home / "finance.sqlite").write_bytes(b"something else entirely, and long enough to be no empty file" * 20)
    assert run("bills", "list") == exit_codes.STORE
    assert "finance.sqlite" in capsys.readouterr().err


def options(command: str) -> set[str]:
    """The options of a command's actions."""
    parsers: dict[str, argparse.ArgumentParser] = _choices(parser())
    return {
        option
        for action in _choices(parsers[command]).values()
        for each in action._actions
        for option in each.option_strings
    } - {"-h", "--help", "--config"}


def _choices(of: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    return next(action.choices for action in of._actions if isinstance(action.choices, dict))


@pytest.mark.parametrize("command", ["bills", "scopes", "calls"])
def test_the_page_has_every_option_of_every_action(command: str) -> None:
    section = PAGE.split(f"### `tollbook-collector {command}`")[1].split("\n### ")[0]
    said = set(re.findall(r"^\| [a-z, ]+ `(--[a-z-]+)", section, flags=re.MULTILINE))
    assert said == options(command)


def test_a_month_held_by_a_rate_says_which_bill_and_what_to_type(home: Path, capsys: Capture) -> None:
    take(capsys, "2026-10-20T08:00:00Z", "invoices.csv")
    assert run("reconcile", "--period", "2026-09") == exit_codes.WRONG
    printed = capsys.readouterr()
    text = printed.out + printed.err
    assert "Nothing was posted: 2026-09 is held by rate_missing." in text
    (command,) = re.findall(r"`tollbook-collector (bills rate EUR DOLLARS --from \S+ --source WHO)`", text)
    assert run("close", "--period", "2026-09") == exit_codes.WRONG
    printed = capsys.readouterr()
    assert command in printed.out + printed.err
    typed = command.replace("DOLLARS", "1.0832").replace("WHO", "ECB").split()
    assert run(*typed) == exit_codes.OK
    assert run("reconcile", "--period", "2026-09") == exit_codes.OK
    printed = capsys.readouterr()
    assert "rate_missing" not in printed.out + printed.err
