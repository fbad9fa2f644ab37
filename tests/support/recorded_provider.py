"""A provider on the loopback that plays recorded conversations, and breaks where a test says so.

A request must match a recorded one in method, path, query (in its order) and body, and carry the recorded headers with
the key; anything else is answered 599 and noted in `unexpected`, which a test then finds.
"""

import base64
import json
from collections.abc import Callable, Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback_http import Quiet, served

RECORDINGS = Path(__file__).parents[1] / "recordings" / "pull"
KEY = "sk-recorded-0123456789-never-print-me"
HALF = 2


class Fault(NamedTuple):
    """What happens instead of an answer, or to it."""

    status: int = 0
    """An answer with this status and no content."""
    headers: tuple[tuple[str, str], ...] = ()
    cut: bool = False
    """The connection breaks in the middle of the answer."""
    half: bool = False
    """Half an answer, said to be whole: JSON that ends too early."""
    silent: bool = False
    """The connection breaks before an answer."""


@dataclass
class Exchange:
    """One recorded request and its answer."""

    method: str
    path: str
    query: list[list[str]]
    body: Any
    answer: str
    headers: dict[str, str]
    status: int = 200


@dataclass
class Provider:
    """Plays the exchanges of a recording."""

    exchanges: list[Exchange]
    headers: dict[str, str]
    faults: dict[int, Fault] = field(default_factory=dict[int, Fault])
    """Number of a request, from 1 -> what goes wrong with it."""
    asked: list[str] = field(default_factory=list[str])
    """Method and path of each request, in order."""
    unexpected: list[str] = field(default_factory=list[str])
    base_url: str = ""

    @classmethod
    def of(cls, name: str) -> "Provider":
        """A recording by its name."""
        raw = json.loads((RECORDINGS / f"{name}.json").read_text())
        exchanges = [
            Exchange(
                method=each["method"],
                path=each["path"],
                query=each.get("query", []),
                body=each.get("body"),
                answer=json.dumps(each["answer"]) if "answer" in each else "",
                status=each.get("status", 200),
                headers=each.get("answer_headers", {}),
            )
            for each in raw["exchanges"]
        ]
        return cls(exchanges, raw["headers"])

    def change(self, old: str, new: str, path: str = "") -> None:
        """Change a text that stands in exactly one answer, or in one answer of a path."""
        found = [each for each in self.exchanges if old in each.answer and path in each.path]
        assert len(found) == 1, (old, [each.path for each in found])
        found[0].answer = found[0].answer.replace(old, new)

    def __enter__(self) -> "Provider":
        provider = self

        class Handler(_Handler):
            played = provider

        self._serving = ExitStack()
        self.base_url = self._serving.enter_context(served(Handler))
        return self

    def __exit__(self, *why: object) -> None:
        self._serving.close()

    def matching(self, method: str, target: str, body: bytes, headers: Any) -> Exchange | None:
        """The exchange of a request; what does not match is noted."""
        parts = urlsplit(target)
        query = [list(pair) for pair in parse_qsl(parts.query, keep_blank_values=True)]
        said = json.loads(body) if body else None
        for each in self.exchanges:
            if (method, parts.path, query, said) == (each.method, each.path, each.query, each.body):
                wrong = [name for name, value in self.headers.items() if headers.get(name) != _filled(value)]
                if wrong:
                    self.unexpected.append(f"{method} {parts.path}: header {wrong[0]}")
                    return None
                return each
        self.unexpected.append(f"{method} {target} {said}")
        return None


def _filled(value: str) -> str:
    """A recorded header with the key in it: `{key}`, or `{basic}` and `{basic:USER}` of basic authentication."""
    if not value.startswith("Basic "):
        return value.replace("{key}", KEY)
    user = value.removeprefix("Basic {basic").strip(":}")
    pair = f"{user}:{KEY}" if user else f"{KEY}:"
    return "Basic " + base64.b64encode(pair.encode()).decode()


Play = Callable[[str], Provider]


@contextmanager
def playing() -> Generator[Play]:
    """Plays recordings by their names; a request that no recording has fails the test at the end."""
    started: list[Provider] = []
    with ExitStack() as stack:

        def start(name: str) -> Provider:
            provider = stack.enter_context(Provider.of(name))
            started.append(provider)
            return provider

        yield start
    assert [each for provider in started for each in provider.unexpected] == []


class _Handler(Quiet):
    played: Provider

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("content-length", 0))))

    do_PUT = do_PATCH = do_DELETE = do_POST

    def _answer(self, body: bytes) -> None:
        provider = self.played
        provider.asked.append(f"{self.command} {urlsplit(self.path).path}")
        fault = provider.faults.get(len(provider.asked), Fault())
        self.close_connection = True
        if fault.silent:
            return
        if fault.status:
            self._send(fault.status, dict(fault.headers), b'{"error": "no"}')
            return
        found = provider.matching(self.command, self.path, body, self.headers)
        if found is None:
            self._send(599, {}, b"{}")
            return
        raw = found.answer.replace("{base}", provider.base_url).encode()
        headers = {name: value.replace("{base}", provider.base_url) for name, value in found.headers.items()}
        if fault.half:
            raw = raw[: len(raw) // HALF]
        self._send(found.status, headers, raw, sent=raw[: len(raw) // HALF] if fault.cut else raw)

    def _send(self, status: int, headers: dict[str, str], raw: bytes, sent: bytes | None = None) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.send_header("connection", "close")
        self.end_headers()
        self.wfile.write(raw if sent is None else sent)
