"""The resident process, in this one: imports, notices, obeys, ends without a trace."""

import contextlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.support.claude_lines import FIRST_MINUTE, Laptop, answer
from tests.support.laptop import settings_of
from tests.support.small_store import eventually
from tollbook_agent import daemon
from tollbook_agent.capture.logs.discover import Found, Root, discover
from tollbook_agent.cli.main import main
from tollbook_agent.control import ask
from tollbook_agent.daemon import Agent
from tollbook_agent.lock import Locked
from tollbook_agent.scan import Scanned, scan
from tollbook_agent.store.connect import connect_reading
from tollbook_agent.store.reading import counts
from tollbook_agent.store.tickets import set_ticket

NEVER = 3_600.0
"""As POLL_SECONDS: only events wake the agent."""
OFTEN = 0.02
"""As POLL_SECONDS: the poll does the work."""
Running = Callable[..., AbstractContextManager[Agent]]


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


@pytest.fixture
def running(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Running:
    """Runs an agent beside the test, from its first look until the end of the block."""

    @contextmanager
    def run(*, poll: float = NEVER, **more: str) -> Generator[Agent]:
        monkeypatch.setattr(daemon, "POLL_SECONDS", poll)
        environment = {**laptop.environment, **more}
        agent = Agent(settings_of(environment), environment)
        looked = threading.Event()

        def ready(_first: Scanned) -> None:
            looked.set()

        thread = threading.Thread(target=agent.run, kwargs={"ready": ready}, name="agent")
        thread.start()
        try:
            assert looked.wait(20)
            yield agent
        finally:
            agent.stop()
            thread.join(20)
        assert not thread.is_alive()

    return run


def calls(laptop: Laptop) -> int:
    connection = connect_reading(laptop.home / "laptop.db")
    assert connection is not None
    with contextlib.closing(connection):
        return counts(connection)["calls"]


def wait_for(laptop: Laptop, number: int) -> None:
    eventually(lambda: calls(laptop) == number)


def test_it_imports_what_is_there_and_notices_a_line_that_is_added(laptop: Laptop, running: Running) -> None:
    laptop.write(1, 2)
    with running():
        assert calls(laptop) == 2
        laptop.write(3)
        wait_for(laptop, 3)


def test_a_new_project_a_moved_file_and_a_line_in_parts_are_noticed(laptop: Laptop, running: Running) -> None:
    laptop.write(1)
    with running():
        laptop.write(2, name="another", project="web")
        wait_for(laptop, 2)
        shutil.move(laptop.write(3, name="x", project="../elsewhere"), laptop.log("moved", "web"))
        wait_for(laptop, 3)
        half = len(answer(4)) // 2
        with laptop.log().open("ab", buffering=0) as file:
            file.write(answer(4)[:half])
            file.write(answer(4)[half:])
        wait_for(laptop, 4)


def test_folders_that_appear_later_or_come_back_are_watched_from_then_on(laptop: Laptop, running: Running) -> None:
    second = laptop.folder / "second"
    log = second / "projects" / "p" / "log.jsonl"
    laptop.write(1)
    with running(CLAUDE_CONFIG_DIR=f"{laptop.folder}/claude,{second}"):
        for start in (10, 20):
            before = calls(laptop)
            log.parent.mkdir(parents=True)
            log.write_bytes(answer(start))
            laptop.write(start + 1)  # its event wakes the agent, which then looks everywhere
            wait_for(laptop, before + 2)
            with log.open("ab") as file:
                file.write(answer(start + 2))
            wait_for(laptop, before + 3)
            shutil.rmtree(second)
            laptop.write(start + 3)
            wait_for(laptop, before + 4)


def test_the_poll_finds_what_no_event_told(laptop: Laptop, running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    """No watch is left on the machine, or none was given for one of the folders."""

    def schedule(*_arguments: Any, **_named: Any) -> None:
        raise OSError(28, "inotify watch limit reached")

    monkeypatch.setattr("tollbook_agent.watch.Observer.schedule", schedule)
    laptop.write(1)
    with running(poll=OFTEN):
        laptop.write(2)
        wait_for(laptop, 2)


def test_a_poll_that_finds_nothing_opens_no_file(
    laptop: Laptop, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    laptop.write(1, 2)
    looks = 0
    opened: list[str] = []
    open_: Any = open

    def looking(wanted: list[Root]) -> Iterator[Found]:
        nonlocal looks
        looks += 1
        return discover(wanted)

    def opening(*arguments: Any, **named: Any) -> Any:
        opened.append(str(arguments[0]))
        return open_(*arguments, **named)

    monkeypatch.setattr(daemon, "discover", looking)
    with running(poll=OFTEN):
        start = looks
        monkeypatch.setattr("builtins.open", opening)
        eventually(lambda: looks > start + 5)
        monkeypatch.setattr("builtins.open", open_)
    assert opened == []


def test_a_ticket_that_is_set_while_it_runs_holds_for_later_calls(laptop: Laptop, running: Running) -> None:
    laptop.write(1)
    since = (FIRST_MINUTE + 90) * 10**9
    with running():
        set_ticket(settings_of(laptop.environment).store, str(laptop.repository.resolve()), since, "OPS-9")
        laptop.write(2)
        wait_for(laptop, 2)
    connection = sqlite3.connect(settings_of(laptop.environment).store)
    found = connection.execute("SELECT tickets, ticket_evidence FROM call ORDER BY started_at").fetchall()
    connection.close()
    assert found == [("PAY-1", "branch"), ("OPS-9", "explicit")]


def test_it_ends_without_a_trace(laptop: Laptop, running: Running) -> None:
    before = {thread.ident for thread in threading.enumerate()}
    laptop.write(1)
    with running(TOLLBOOK_COLLECTOR="127.0.0.1:1"):
        assert (laptop.home / "control.json").exists()
        assert (laptop.home / "control.json").stat().st_mode & 0o777 == 0o600
    eventually(lambda: not [thread for thread in threading.enumerate() if is_new(thread, before)])
    assert sorted(path.name for path in laptop.home.iterdir()) == ["device", "laptop.db", "lock"]
    with running():
        assert calls(laptop) == 1


def is_new(thread: threading.Thread, before: set[int | None]) -> bool:
    """watchdog's own reader of events is one for all and stays."""
    return thread.ident not in before and type(thread).__name__ != "InotifyFD"


def test_a_second_writer_is_refused_and_the_first_goes_on(laptop: Laptop, running: Running) -> None:
    laptop.write(1)
    with running():
        with pytest.raises(Locked):
            Agent(settings_of(laptop.environment), laptop.environment)
        laptop.write(2)
        wait_for(laptop, 2)


@pytest.fixture
def commands(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs commands in the laptop's environment."""

    def run(*words: str, **more: str) -> int:
        with monkeypatch.context() as patch:
            for name, value in {**laptop.environment, **more}.items():
                patch.setenv(name, value)
            return main(list(words))

    return run


def test_scan_beside_it_asks_it_and_waits(
    laptop: Laptop, running: Running, commands: Callable[..., int], monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def look(_watcher: object) -> None:
        """Hears nothing."""

    monkeypatch.setattr("tollbook_agent.watch.Watcher.look", look)
    laptop.write(1)
    with running():
        laptop.write(2, 3)
        assert commands("scan", "--json") == 0
        assert json.loads(capsys.readouterr().out)["calls"] == 2
        assert commands("scan") == 0
        assert "nothing new" in capsys.readouterr().out
        backup = laptop.folder / "backup"
        shutil.copytree(laptop.folder / "claude", backup)
        (backup / "projects" / "shop" / "old.jsonl").write_bytes(answer(99))
        assert commands("scan", CLAUDE_CONFIG_DIR=str(backup)) == 0
        assert "1 calls new or changed" in capsys.readouterr().out, "it looks where the command would have looked"
        assert calls(laptop) == 4


def test_a_store_that_cannot_be_written_is_told_and_tried_again(
    laptop: Laptop,
    running: Running,
    commands: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
    capsys: Any,
) -> None:
    laptop.write(1)
    with running(poll=OFTEN) as agent:

        def full(*_arguments: Any, **_named: Any) -> int:
            raise sqlite3.OperationalError("database or disk is full")

        with monkeypatch.context() as patch:
            patch.setattr("tollbook_agent.store.store.Store.commit", full)
            laptop.write(2)
            eventually(lambda: ask(laptop.home / "control.json", "status")["store_error"])
            assert commands("scan") == 1
            assert "disk is full" in capsys.readouterr().err
            commands("status")
            assert "cannot store what it reads: database or disk is full" in capsys.readouterr().out
        wait_for(laptop, 2)
        agent.scan()
        assert ask(laptop.home / "control.json", "status")["store_error"] is None


def test_a_first_look_that_fails_ends_it_without_a_trace(laptop: Laptop, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: Any, **_named: Any) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    laptop.write(1)
    agent = Agent(settings_of(laptop.environment), laptop.environment)
    monkeypatch.setattr("tollbook_agent.store.store.Store.commit", full)
    with pytest.raises(sqlite3.OperationalError):
        agent.run()
    monkeypatch.undo()
    assert not (laptop.home / "control.json").exists()
    again = Agent(settings_of(laptop.environment), laptop.environment)
    again.run(ready=lambda _first: again.stop())
    assert calls(laptop) == 1


def test_stopping_during_a_long_import_ends_it_soon_and_loses_nothing(laptop: Laptop) -> None:
    for number in range(20):
        laptop.write(number, name=str(number))
    agent = Agent(settings_of(laptop.environment), laptop.environment)
    agent.run(progress=lambda _done, _total: agent.stop())
    assert calls(laptop) < 20
    again = Agent(settings_of(laptop.environment), laptop.environment)
    again.run(ready=lambda _first: again.stop())
    assert calls(laptop) == 20


def test_looks_of_the_loop_and_of_others_never_overlap(
    laptop: Laptop, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    inside = 0
    most = 0

    def counting(*arguments: Any, **named: Any) -> Scanned:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        try:
            return scan(*arguments, **named)
        finally:
            inside -= 1

    monkeypatch.setattr(daemon, "scan", counting)
    with running(poll=0.001):
        for number in range(30):
            laptop.write(number)
            assert "error" not in ask(laptop.home / "control.json", "scan")
    assert most == 1
    assert calls(laptop) == 30


def test_an_agent_without_a_relay_has_no_engine_to_make_warm(laptop: Laptop, running: Running) -> None:
    with running():
        assert ask(laptop.home / "control.json", "warm") == {"engine": False}
