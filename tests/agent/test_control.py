"""Asking the resident process: its own user only, and nothing that comes over the socket disturbs it."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.support.small_store import eventually
from tollbook_agent import control
from tollbook_agent.control import MAX_CONNECTIONS, ControlServer, Request, Unreachable, ask

GARBAGE = {
    "nothing": b"",
    "no line": b'{"token":',
    "no json": b"GET / HTTP/1.1\r\n",
    "no object": b"[1]\n",
    "a number": b"7\n",
    "deep": b"[" * 60_000 + b"\n",
    "not utf-8": b'{"token":"\xff"}\n',
    "no token": b'{"command":"scan"}\n',
    "a wrong token": b'{"token":"0123456789abcdef","command":"scan"}\n',
    "a strange token": '{"token":"ünï\\ud800","command":"scan"}\n'.encode(),
    "a token that is none": b'{"token":{},"command":"scan"}\n',
    "too long": b'{"token":"' + b"x" * 100_000,
}


class Server:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.asked: list[Request] = []
        self.go_on = threading.Event()
        self.control = ControlServer(path, self._handle)
        self.port: int = json.loads(path.read_text())["port"]

    def _handle(self, request: Request) -> dict[str, Any]:
        self.asked.append(request)
        if request["command"] == "wait":
            assert self.go_on.wait(20)
        if request["command"] == "fail":
            raise ValueError("no such thing")
        return {"said": request["command"]}

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 20)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path / "control.json")
    yield made
    made.go_on.set()
    made.control.close()


def test_a_command_and_what_belongs_to_it_arrive_and_the_answer_comes_back(server: Server) -> None:
    assert ask(server.path, "scan", roots=[["/a", "codex"]]) == {"said": "scan"}
    (request,) = server.asked
    assert (request["command"], request["roots"]) == ("scan", [["/a", "codex"]])


def test_the_token_is_for_this_user_only(server: Server) -> None:
    assert server.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in server.path.parent.iterdir()] == ["control.json"]


@pytest.mark.parametrize("kind", GARBAGE)
def test_garbage_is_not_answered_and_disturbs_nobody(
    server: Server, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(control, "REQUEST_SECONDS", 0.05)
    with server.connect() as connection:
        answer = b""
        with suppress(OSError):  # it may hang up before it has read all of it
            connection.sendall(GARBAGE[kind])
            if kind != "nothing":
                connection.shutdown(socket.SHUT_WR)
            answer = connection.recv(100)
        assert answer == b""
    assert server.asked == []
    assert ask(server.path, "status") == {"said": "status"}


def test_a_fault_of_the_handler_is_told_to_who_asked(server: Server) -> None:
    assert ask(server.path, "fail") == {"error": "ValueError: no such thing"}
    assert ask(server.path, "status") == {"said": "status"}


def test_a_long_answer_does_not_keep_others_waiting(server: Server) -> None:
    answers: list[dict[str, Any]] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(server.path, "wait")))
    waiting.start()
    eventually(lambda: server.asked)
    assert ask(server.path, "status") == {"said": "status"}
    with pytest.raises(Unreachable):
        ask(server.path, "wait", timeout=0.01)
    server.go_on.set()
    waiting.join(20)
    assert answers == [{"said": "wait"}]


def test_silent_connections_are_bounded(server: Server) -> None:
    with ExitStack() as held:
        for _ in range(MAX_CONNECTIONS):
            held.enter_context(server.connect())
        eventually(lambda: _refused(server))
    eventually(lambda: not _refused(server))


def _refused(server: Server) -> bool:
    try:
        return ask(server.path, "status") != {"said": "status"}
    except Unreachable:
        return True


def test_closing_leaves_no_thread_no_file_and_no_listener(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    server = Server(tmp_path / "control.json")
    ask(server.path, "status")
    server.control.close()
    assert not server.path.exists()
    eventually(lambda: not set(threading.enumerate()) - before)
    with pytest.raises(ConnectionRefusedError):
        server.connect()
    with pytest.raises(Unreachable):
        ask(server.path, "status")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"port":"x","token":"y"}', '{"port":1,"token":"y"}', "\0"])
def test_a_file_left_by_a_killed_process_leads_nowhere(tmp_path: Path, content: str) -> None:
    path = tmp_path / "control.json"
    with pytest.raises(Unreachable):
        ask(path, "status")
    path.write_text(content)
    with pytest.raises(Unreachable):
        ask(path, "status")


@pytest.mark.parametrize("said", [b"", b"[]\n", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
def test_another_program_on_that_port_is_not_the_agent(tmp_path: Path, said: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = tmp_path / "control.json"
        path.write_text(json.dumps({"port": listener.getsockname()[1], "token": "x"}))

        def answer() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(1_000)
                connection.sendall(said)

        other = threading.Thread(target=answer)
        other.start()
        with pytest.raises(Unreachable):
            ask(path, "status")
        other.join(20)
