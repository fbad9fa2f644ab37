"""Recorded exchanges with OpenAI's protocols, Gemini and Cursor: fed to a reader in any chunks, told as plain values.

A recording is a folder: `exchange.json` (heads and request), `answer.*` (the bytes, or the frames of a socket, one JSON
line each), `expected.json` (the calls and the reasons of the Problems).
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from tollbook.sighting import NO_WORK
from tollbook.vocabulary import Source
from tollbook_agent.capture.observation import NOWHERE, Observation
from tollbook_agent.capture.wire import azure, codex_socket, cursor, gemini, openai
from tollbook_agent.capture.wire.exchange import HEADERS_READ, KEY_CLASS, Found, Reader, Request, Response, SocketReader

RECORDINGS = Path(__file__).resolve().parents[2] / "recordings" / "wire"
STARTED, ANSWERED, ENDED = 1_000, 2_000, 3_000
CANARY = "CANARY"

type Cut = Callable[[bytes], Iterable[bytes]]


class Exchange(NamedTuple):
    """One recording."""

    name: str
    request: Request
    body: bytes
    response: Response
    complete: bool
    answer: bytes
    expected: dict[str, Any]

    @property
    def is_socket(self) -> bool:
        return self.response.status == 101


def recorded(family: str) -> list[Exchange]:
    """All recordings of a family."""
    return [_read(folder) for folder in sorted((RECORDINGS / family).iterdir())]


def request_of(http: dict[str, Any]) -> Request:
    """The head of a request, with the headers that reach a reader and no other."""
    headers = {name: value for name, value in http["request_headers"].items() if name in HEADERS_READ | {KEY_CLASS}}
    return Request(http["method"], http["host"], 443, http["path"], headers, STARTED)


def response_of(http: dict[str, Any]) -> Response:
    """The head of a response, likewise."""
    headers = {name: value for name, value in http["response_headers"].items() if name in HEADERS_READ}
    return Response(http["status"], headers, ANSWERED)


def _read(folder: Path) -> Exchange:
    http = json.loads((folder / "exchange.json").read_bytes())
    (answer,) = folder.glob("answer.*")
    return Exchange(
        name=folder.name,
        request=request_of(http),
        body=b"" if http["request_body"] is None else json.dumps(http["request_body"]).encode(),
        response=response_of(http),
        complete=http["complete"],
        answer=answer.read_bytes(),
        expected=json.loads((folder / "expected.json").read_bytes()),
    )


def reader_of(request: Request) -> Reader | None:
    """The one reader that takes a request. No two may."""
    readers = [one.open_exchange(request) for one in (openai, azure, gemini, cursor)]
    taken = [reader for reader in readers if reader is not None]
    assert len(taken) <= 1, request.path
    return taken[0] if taken else None


def frames_of(answer: bytes) -> list[tuple[bool, str]]:
    """The frames of a recorded socket: whether the client sent it, and its text."""
    lines = [json.loads(line) for line in answer.splitlines()]
    return [(line["from"] == "client", line["text"]) for line in lines]


def read(exchange: Exchange, cut: Cut) -> Found:
    """What the reader finds, fed with the chunks that `cut` makes."""
    if exchange.is_socket:
        return read_socket(exchange)
    reader = reader_of(exchange.request)
    assert reader is not None
    found: list[Found] = []
    for part in cut(exchange.body):
        reader.request_data(part)
    reader.response(exchange.response)
    for part in cut(exchange.answer):
        found.append(reader.response_data(part, ENDED))
    found.append(reader.end(ENDED, complete=exchange.complete))
    return _together(found)


def read_socket(exchange: Exchange) -> Found:
    """What the reader of a socket finds; frames are whole, whatever the chunks were."""
    socket: SocketReader | None = codex_socket.open_socket(exchange.request)
    assert socket is not None
    found = [
        socket.message(text.encode(), ENDED if is_end(text) else ANSWERED, from_client=client)
        for client, text in frames_of(exchange.answer)
    ]
    return _together([*found, socket.end(ENDED)])


def is_end(text: str) -> bool:
    """Whether a frame may end a call."""
    return json.loads(text)["type"] not in ("response.create", "response.created")


def _together(found: list[Found]) -> Found:
    observations = tuple(each for one in found for each in one.observations)
    return Found(observations, tuple(each for one in found for each in one.problems))


def chunks(size: int) -> Cut:
    """Chunks of one size."""
    return lambda data: [data[at : at + size] for at in range(0, len(data), size)]


def whole(data: bytes) -> Iterable[bytes]:
    """One chunk."""
    return [data]


def told(found: Found) -> dict[str, Any]:
    """What was found, in the words of `expected.json`: only what is known, counts only where they are not zero."""
    return {"calls": [call(one) for one in found.observations], "problems": [one.reason for one in found.problems]}


def call(observation: Observation) -> dict[str, Any]:
    """One observation as plain values."""
    sighting = observation.sighting
    assert sighting.source is Source.PROXY
    assert STARTED <= sighting.started_at <= sighting.ended_at == ENDED
    assert sighting.work is NO_WORK
    assert not sighting.extra
    plain = {name: value for name, value in asdict(sighting).items() if value is not None}
    for name in ("source", "started_at", "ended_at", "work", "extra", "reader_epoch"):
        del plain[name]
    plain["ids"] = [f"{one.kind}:{one.value}" for one in sighting.ids]
    plain["quality"] = sighting.quality.name
    plain["scope"] = {name: value for name, value in plain["scope"].items() if value is not None}
    plain["basis"] = {name: basis.name for name, basis in sighting.basis.items()}
    if sighting.usage is not None:
        plain["usage"] = _plain(sighting.usage.as_dict())
    if observation.place != NOWHERE:
        plain["place"] = {name: value for name, value in asdict(observation.place).items() if value is not None}
    return {name: value for name, value in plain.items() if value != {} or name == "usage"}


def counts_by_id(found: Found) -> dict[str, dict[str, int] | None]:
    """The counts that are not zero, by the strongest id of each call; `None` where they are unknown."""
    calls = [one.sighting for one in found.observations]
    return {one.ids[0].value: None if one.usage is None else _plain(one.usage.as_dict()) for one in calls}


def _plain(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
