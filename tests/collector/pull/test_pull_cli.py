"""`bills pull` as it is typed, against a recorded provider over the loopback."""

import json
from pathlib import Path

import pytest

from tests.support.pulling import NOW
from tests.support.recorded_provider import KEY, Fault, Play, Provider
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main
from tollbook_collector.pull import bills

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    monkeypatch.setenv("RECORDED_KEY", KEY)
    monkeypatch.setattr(bills, "now", lambda: NOW)
    return tmp_path


def settings(home: Path, *providers: tuple[str, Provider], more: str = "") -> None:
    tables = [
        f'[pull.{name}]\nkey = "env:RECORDED_KEY"\nbase_url = "{provider.base_url}"\n'
        f'since = "2026-10-05"\nrequests_per_minute = 6000\n{more}'
        for name, provider in providers
    ]
    (home / "collector.toml").write_text("\n".join(tables))


def run(capsys: Capture, *words: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = main(words)
    said = capsys.readouterr()
    return code, said.out, said.err


def test_bills_are_pulled_listed_and_pulled_again(home: Path, play: Play, capsys: Capture) -> None:
    settings(home, ("openai", play("openai")), ("anthropic", play("anthropic")))
    code, out, err = run(capsys, "bills", "pull", "--since", "2026-10-05", "--json")
    assert (code, err) == (exit_codes.OK, "")
    rows = json.loads(out)["pulled"]
    assert [(row["report"], row["until"], row["taken"]) for row in rows] == [
        ("openai_costs", "2026-10-08", 2),
        ("openai_usage_completions", "2026-10-08", 2),
        ("anthropic_cost_report", "2026-10-08", 2),
        ("anthropic_usage_report", "2026-10-08", 2),
        ("claude_code_analytics", "2026-10-08", 2),
    ]
    listed = json.loads(run(capsys, "bills", "list", "--json")[1])
    assert sum(row["total_nano_usd"] for row in listed) == 546_980_000 + 566_512_500
    code, out, _ = run(capsys, "bills", "pull")
    assert (code, out.count(": 0 new of ")) == (exit_codes.OK, 5)


def test_what_goes_wrong_with_one_source_is_said_and_the_other_is_pulled(
    home: Path, play: Play, capsys: Capture
) -> None:
    broken, whole = play("cursor"), play("openai")
    broken.faults[1] = Fault(status=401)
    settings(home, ("cursor", broken), ("openai", whole))
    code, out, err = run(capsys, "bills", "pull", "--since", "2026-10-05")
    assert code == exit_codes.WRONG
    assert "the key is refused (status 401)" in err
    assert "openai openai_costs: 2026-10-05 to 2026-10-08: 2 new of 2 documents, 3 lines" in out
    assert KEY not in out + err


def test_a_month_alone(home: Path, play: Play, capsys: Capture) -> None:
    provider = play("cursor")
    for each in provider.exchanges:
        each.body["startDate"] -= 4 * 86_400_000
    settings(home, ("cursor", provider))
    code, out, _ = run(capsys, "bills", "pull", "cursor", "--period", "2026-10", "--dry-run")
    assert (code, "2026-10-01 to 2026-10-08: 2 new" in out) == (exit_codes.OK, True)
    assert run(capsys, "bills", "list", "--json")[1].strip() == "[]"


@pytest.mark.parametrize(
    "words", [("mistral",), ("--since", "soon"), ("--period", "2026"), ("--period", "2026-10", "--since", "2026-10-05")]
)
def test_what_is_asked_wrongly_asks_nobody(words: tuple[str, ...], home: Path, play: Play, capsys: Capture) -> None:
    provider = play("openai")
    settings(home, ("openai", provider))
    assert run(capsys, "bills", "pull", *words)[0] == exit_codes.USAGE
    assert provider.asked == []


def test_without_settings_it_says_what_to_do(capsys: Capture) -> None:
    code, _, err = run(capsys, "bills", "pull")
    assert (code, "docs/bills.md" in err) == (exit_codes.USAGE, True)
