"""What the asking commands of `tollbook` answer, in the documented shapes, on the laptop of the demo."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.support.commands import DEMO, Commands, scanned_demo
from tollbook.usage import FIELDS
from tollbook_agent.cli.status import BLIND_SPOTS
from tollbook_agent.spans import begin

EXPECTED: Mapping[str, Any] = json.loads((DEMO / "expected.json").read_text())
SUM = {"calls", "usage", "list_nano_usd", "list_usd"}
TICKET = SUM | {
    "ticket",
    "source",
    "status",
    "billed_nano_usd",
    "billed_usd",
    "months",
    "effective_nano_usd",
    "by",
    "evidence",
    "unpriced_calls",
    "price_book",
    "flags",
}
CALL = """
    call_id ids tool channel provider model started_at ended_at usage extra quality status billing scope service_tier
    speed inference_geo purpose session_id turn_id agent_id engineer device repo branch commit tickets evidence sources
    list_nano_usd list_usd unpriced price_book lines flags
"""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return scanned_demo(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def tollbook(demo: dict[str, str], capsys: pytest.CaptureFixture[str]) -> Commands:
    return Commands(demo, capsys)


def keys(document: Any) -> set[str]:
    return set(document)


def check_sum(one: Mapping[str, Any], *more: str) -> None:
    """Counts, and money as an integer beside a decimal string that is the same amount."""
    assert keys(one) == SUM | set(more)
    assert tuple(one["usage"]) == FIELDS
    check_money(one)


def check_money(one: Mapping[str, Any]) -> None:
    nano_usd, usd = one["list_nano_usd"], one["list_usd"]
    assert type(nano_usd) is int
    assert usd == f"{nano_usd // 10**9}.{nano_usd % 10**9:09d}"


def same(one: Mapping[str, Any], expected: Mapping[str, int]) -> None:
    assert one["calls"] == expected["calls"]
    assert {name: count for name, count in one["usage"].items() if name in expected} == {
        name: count for name, count in expected.items() if name != "calls"
    }


@pytest.mark.parametrize("dimension", [name for name in EXPECTED if name not in ("total", "tool", "channel")])
def test_spend_adds_up_to_what_the_demo_is_known_to_hold(tollbook: Commands, dimension: str) -> None:
    answer = tollbook("spend", "--by", dimension, "--json").document
    assert keys(answer) == {"from", "to", "by", "rows", "total", "flags"}
    assert (answer["from"], answer["to"], answer["by"]) == (None, None, [dimension])
    check_sum(answer["total"])
    same(answer["total"], EXPECTED["total"])
    for row in answer["rows"]:
        check_sum(row, "key")
        same(row, EXPECTED[dimension]["-" if row["key"][0] is None else row["key"][0]])
    assert len(answer["rows"]) == len(EXPECTED[dimension])
    assert sum(row["list_nano_usd"] for row in answer["rows"]) == answer["total"]["list_nano_usd"]


def test_spend_of_some_days_by_two_dimensions(tollbook: Commands) -> None:
    days = sorted(EXPECTED["day"])
    first, last = days[1], days[3]
    answer = tollbook("spend", "--by", "day,ticket", "--from", first, "--to", last, "--json").document
    assert (answer["from"], answer["to"]) == (first, last)
    assert answer["total"]["calls"] == sum(EXPECTED["day"][day]["calls"] for day in days if first <= day < last)
    assert {row["key"][0] for row in answer["rows"]} == {day for day in days if first <= day < last}
    assert "no calls in this span" in tollbook("spend", "--from", "1999-01-01", "--to", "1999-01-02").out


def test_the_table_for_people_ends_in_the_total(tollbook: Commands) -> None:
    said = tollbook("spend", "--by", "repo,model")
    lines = said.out.splitlines()
    assert lines[0].split()[:2] == ["repo", "model"]
    (total,) = [line for line in lines if line.startswith("total")]
    assert f" {EXPECTED['total']['calls']} " in total
    assert "(unallocated)" in tollbook("spend").out


@pytest.mark.parametrize("period", ["today", "week", "month"])
def test_periods_answer_as_spend_does_and_say_in_which_zone(tollbook: Commands, period: str) -> None:
    answer = tollbook(period, "--json", TOLLBOOK_TIMEZONE="Asia/Kathmandu").document
    assert keys(answer) == {"from", "to", "by", "rows", "total", "flags"}
    assert answer["from"].endswith("T00:00:00+05:45")
    assert answer["to"].endswith("+05:45")
    assert tollbook(period, TOLLBOOK_TIMEZONE="Asia/Kathmandu").out.splitlines()[0].endswith(":00 Asia/Kathmandu")


def test_periods_begin_at_midnight_monday_and_the_first_also_when_clocks_change() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    now = datetime(2026, 10, 25, 1, 30, tzinfo=UTC).astimezone(berlin)  # a Sunday, half an hour after the change
    starts = {name: begin(name, now).isoformat() for name in ("today", "week", "month")}
    assert starts == {
        "today": "2026-10-25T00:00:00+02:00",
        "week": "2026-10-19T00:00:00+02:00",
        "month": "2026-10-01T00:00:00+02:00",
    }


@pytest.mark.parametrize("key", ["PAY-123", "pay-123"])
def test_a_ticket(tollbook: Commands, key: str) -> None:
    answer = tollbook("ticket", key, "--json").document
    assert keys(answer) == TICKET
    assert (answer["ticket"], answer["source"], answer["status"]) == ("PAY-123", "laptop", "estimated")
    same(answer, EXPECTED["ticket"]["PAY-123"])
    check_money(answer)
    assert list(answer["by"]) == ["engineer", "model", "tool", "repo", "branch", "day"]
    for rows in answer["by"].values():
        for row in rows:
            check_sum(row, "key")
        assert sum(row["list_nano_usd"] for row in rows) == answer["list_nano_usd"]
    assert answer["evidence"] == {"branch": answer["calls"]}
    assert all(keys(flag) == {"flag", "calls"} for flag in answer["flags"])
    text = tollbook("ticket", key).out
    assert text.startswith("PAY-123  $")
    assert "from the laptop" in text


def test_a_ticket_nobody_worked_on_is_an_empty_answer(tollbook: Commands) -> None:
    assert tollbook("ticket", "WEB-1", "--json").document["calls"] == 0
    assert "no call names this ticket" in tollbook("ticket", "WEB-1").out


def test_calls(tollbook: Commands) -> None:
    calls = tollbook("calls", "--json").lines
    assert len(calls) == EXPECTED["total"]["calls"]
    assert [call["started_at"] for call in calls] == sorted((call["started_at"] for call in calls), reverse=True)
    for call in calls:
        assert keys(call) == set(CALL.split())
        check_money(call)
        assert tuple(call["usage"]) == FIELDS
        assert sum(line["list_nano_usd"] for line in call["lines"]) == call["list_nano_usd"]
        assert all(keys(line) == {"model", "kind", "quantity", "list_nano_usd", "price_row"} for line in call["lines"])
    total = tollbook("spend", "--json").document["total"]
    assert sum(call["list_nano_usd"] for call in calls) == total["list_nano_usd"]


def test_fewer_calls(tollbook: Commands) -> None:
    every = tollbook("calls", "--json").lines
    assert tollbook("calls", "--json", "--limit", "3").lines == every[:3]
    session = every[0]["session_id"]
    day = every[0]["started_at"][:10]
    for words, wanted in (
        ("--ticket pay-123", [call for call in every if call["tickets"] == ["PAY-123"]]),
        ("--repo acme/web", [call for call in every if call["repo"] == "acme/web"]),
        (f"--session {session}", [call for call in every if call["session_id"] == session]),
        (f"--from {day}", [call for call in every if call["started_at"][:10] >= day]),
        (f"--to {day}", [call for call in every if call["started_at"][:10] < day]),
        ("--repo acme", []),
        ("--ticket PAY-12", []),
    ):
        assert tollbook("calls", "--json", *words.split()).lines == wanted
    assert tollbook("calls", "--repo", "acme").out == "no such calls\n"


def test_calls_for_people_are_the_newest_thirty(tollbook: Commands) -> None:
    lines = tollbook("calls").out.splitlines()
    assert lines[0].split()[0] == "started"
    assert len(lines) == 31


def test_context(tollbook: Commands, demo: dict[str, str]) -> None:
    folder = Path(demo["TOLLBOOK_HOME"]).parent / "src" / "shop"
    seen = tollbook("context", "--dir", str(folder), "--json").document
    assert keys(seen) == {"folder", "git_folder", "linked_worktree", "findings", "refused", "problems"}
    assert keys(seen["findings"]) == {"repo", "branch", "commit", "tickets", "engineer", "device"}
    assert all(keys(each) == {"value", "evidence", "why"} for each in seen["findings"].values())
    assert seen["findings"]["tickets"]["value"] == "PAY-456"
    assert "PAY-456" in tollbook("context", "--dir", str(folder)).out
    nowhere = tollbook("context", "--dir", "/", "--json").document
    assert nowhere["git_folder"] is None
    assert nowhere["findings"]["repo"]["value"] is None


def test_a_ticket_that_a_person_sets_and_clears(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], demo: dict[str, str]
) -> None:
    tollbook = Commands({**demo, "TOLLBOOK_HOME": str(tmp_path)}, capsys)
    folder = Path(demo["TOLLBOOK_HOME"]).parent / "src" / "shop"
    inside = folder / "a" / "b"
    inside.mkdir(parents=True)

    def ticket() -> tuple[str, str]:
        found = tollbook("context", "--dir", str(inside), "--json").document["findings"]["tickets"]
        return found["value"], found["evidence"]

    assert ticket() == ("PAY-456", "branch")
    said = tollbook("ticket", "set", "web-2", "WEB-1", "web-1", "--dir", str(folder), "--json").document
    assert (keys(said), said["tickets"]) == ({"folder", "since", "tickets"}, ["WEB-1", "WEB-2"])
    assert ticket() == ("WEB-1 WEB-2", "explicit")
    assert tollbook("ticket", "set", "OPS-9", "--dir", str(inside)).code == 0
    assert ticket() == ("OPS-9", "explicit")
    for place in (inside, folder):
        assert "the branch decides again" in tollbook("ticket", "set", "--clear", "--dir", str(place)).out
    assert ticket() == ("PAY-456", "branch")
    assert tollbook("context", "--dir", str(inside), TOLLBOOK_TICKET="ops-1").out.count("OPS-1") == 1


def test_status(tollbook: Commands, demo: dict[str, str]) -> None:
    found = tollbook("status", "--json").document
    assert found["counts"] == {"calls": 39, "claims": 39, "files": 10, "unsent": 39, "unpriced_calls": 0}
    assert (found["home"], found["collector"], found["agent"]) == (demo["TOLLBOOK_HOME"], None, None)
    assert {one["tool"]: one["calls"] for one in found["coverage"]} == {
        tool: sums["calls"] for tool, sums in _tools(EXPECTED["tool"].items())
    }
    assert [root["present"] for root in found["roots"]] == [True, True, False]
    assert found["blind_spots"] == {tool: list(texts) for tool, texts in BLIND_SPOTS.items()}
    assert set(BLIND_SPOTS) == {"claude-code", "codex"}
    text = tollbook("status", TOLLBOOK_COLLECTOR="127.0.0.1:1").out
    assert "127.0.0.1:1, 39 claims wait" in text
    assert "not running: `tollbook agent run` starts it" in text
    for texts in BLIND_SPOTS.values():
        assert all(each in text for each in texts)


def _tools(sums: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    return ((name.replace("_", "-"), each) for name, each in sums)


def test_status_names_what_could_not_be_read_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = scanned_demo(tmp_path)
    log = next((tmp_path / "claude").rglob("*.jsonl"))
    with log.open("ab") as file:
        file.write(b'{"type":"assistant","message":{"usage":\n' * 3)
    tollbook = Commands(own, capsys)
    assert "3 places could not be read (`tollbook status` says why)" in tollbook("scan").out
    (one,) = tollbook("status", "--json").document["discarded"]
    assert (one["reason"], one["count"], one["files"], one["file"]) == ("line_not_json", 3, 1, log.name)
    (informed,) = tollbook("status", "--json").document["informed"]
    assert (informed["reason"], informed["count"]) == ("cost_state_seen", EXPECTED_COST_STATES)
    assert "line_not_json" in tollbook("status").out


EXPECTED_COST_STATES = sum(
    line.count(b'"cost-state"') for path in DEMO.rglob("*.jsonl") for line in path.read_bytes().splitlines()
)


def test_other_project_keys_hold_for_the_next_answer_whatever_was_scanned(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tollbook = Commands(scanned_demo(tmp_path), capsys)
    assert tollbook("scan").code == 0
    assert {row["key"][0] for row in tollbook("spend", "--json").document["rows"]} == {
        "PAY-123",
        "PAY-456",
        "OPS-77",
        None,
    }
    (tmp_path / "tollbook" / "config.toml").write_text('project_keys = ["OPS"]')
    assert {row["key"][0] for row in tollbook("spend", "--json").document["rows"]} == {"OPS-77", None}
    assert {key for call in tollbook("calls", "--json").lines for key in call["tickets"]} == {"OPS-77"}
    assert tollbook("ticket", "PAY-123", "--json").document["calls"] == 0
    assert "nothing new" in tollbook("scan").out
