"""The status line's file: what the resident agent writes into it, and when."""

import stat
import sys
import threading
from pathlib import Path

import pytest

from tests.support.claude_lines import Laptop
from tests.support.domain import NOON, SECOND, made_for
from tests.support.laptop import scan_once, settings_of
from tests.support.small_store import eventually, prepared, store_at
from tollbook.usage import Usage
from tollbook.vocabulary import Evidence
from tollbook_agent import glance as module
from tollbook_agent.capture.proxy import files
from tollbook_agent.daemon import Agent
from tollbook_agent.glance import StatusFile, cents, text_of
from tollbook_agent.statusline import FILE
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.glance import Glance, Session, glance


def test_the_text() -> None:
    sessions = (
        Session("s-1", "PAY-123", 4_100_000_000),
        Session("s-2", "", 49_000_000),
        Session("s-3", "OPS-1 PAY-1 WEB-2", 0),
        Session("not a word", "PAY-1", 1),
        Session("s-4", "PAY-1\x1b", 5_000_000),
    )
    assert text_of(Glance(18_204_999_999, sessions), "on", 1, 2).splitlines() == [
        "tollbook-statusline 1 1 2 on",
        "today $18.20",
        "s-1 PAY-123 $4.10",
        "s-2 no ticket $0.05",
        "s-3 OPS-1+2 $0.00",
        "s-4 no ticket $0.01",
    ]


@pytest.mark.parametrize(
    ("nano_usd", "shown"), [(0, "$0.00"), (4_999_999, "$0.00"), (5_000_000, "$0.01"), (1_234_995_000_000, "$1,235.00")]
)
def test_cents(nano_usd: int, shown: str) -> None:
    assert cents(nano_usd) == shown


def test_sums_of_today_and_of_whole_sessions_newest_first(tmp_path: Path) -> None:
    store = store_at(tmp_path / "laptop.db")
    on_main = made_for(repo=("acme/shop", Evidence.WORKTREE), branch=("main", Evidence.REFLOG))
    inside = {"claude-haiku-4-5": Usage(output=1_000)}
    calls = [
        prepared(1, session_id="a"),
        prepared(100_000, session_id="a", work=on_main),
        prepared(100_001, session_id="b", extra=inside),
        prepared(100_002, session_id=None),
        prepared(2, session_id="gone"),
    ]
    store.commit(calls, now_ns=NOON)
    store.close()
    connection = connect_reading(tmp_path / "laptop.db")
    assert connection is not None
    day = NOON + 90_000 * SECOND
    found = glance(connection, day, day)
    every = glance(connection, 0, 0)
    rows = connection.execute("SELECT session_id, started_at, list_nano_usd, parts FROM call").fetchall()
    connection.close()

    def money(session: str | None, since: int) -> int:
        return sum(
            own + (5_000_000 if parts else 0) for name, at, own, parts in rows if name == session and at >= since
        )

    assert [one.session_id for one in found.sessions] == ["b", "a"]
    assert [one.session_id for one in every.sessions] == ["b", "a", "gone"]
    assert {one.session_id: one.tickets for one in every.sessions} == {"a": "", "b": "PAY-100001", "gone": "PAY-2"}
    assert {one.session_id: one.list_nano_usd for one in found.sessions} == {"a": money("a", 0), "b": money("b", 0)}
    assert money("b", 0) > 5_000_000
    assert found.today_nano_usd == sum(money(name, day) for name in ("a", "b", None))


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    made = Laptop(tmp_path)
    made.write(1, 2)
    scan_once(made.environment)
    return made


def state_in(path: Path) -> str:
    return path.read_text().splitlines()[0].split(" ")[-1]


def test_the_file_is_private_whole_and_says_whether_capture_is_on(laptop: Laptop) -> None:
    settings = settings_of(laptop.environment)
    failing = [False]
    one = StatusFile(settings, lambda: failing[0])
    path = settings.home / FILE
    states = {
        "on": lambda: None,
        "off": lambda: files.save(settings.home, files.ProxyState(port=4711, capture=False)),
        "error": lambda: failing.append(failing.pop() or True),
    }
    for state, happen in states.items():
        happen()
        one.write(one._state())  # pyright: ignore[reportPrivateUsage]
        assert state_in(path) == state
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in settings.home.iterdir() if each.name.startswith(f".{FILE}")] == []


def test_the_resident_agent_writes_after_a_booking_and_at_its_end(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "APART_SECONDS", 0.01)
    settings = settings_of(laptop.environment)
    agent = Agent(settings, dict(laptop.environment))
    thread = threading.Thread(target=agent.run, name="agent")
    thread.start()
    path = settings.home / FILE
    try:
        eventually(lambda: path.exists() and state_in(path) == "on")
        before = path.stat().st_ino
        laptop.write(3)
        eventually(lambda: path.stat().st_ino != before)
    finally:
        agent.stop()
        thread.join(20)
    assert not path.exists()
