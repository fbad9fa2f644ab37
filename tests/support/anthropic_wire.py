"""Recordings of exchanges in Anthropic's words, through whichever front: how they are read and what is expected.

A folder holds `exchange.json` (both heads, the request's body, whether the answer came whole), `answer.*` (the bytes of
the answer, coded as its headers say) and `expected.json` (the calls, and the reasons of all Problems).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tollbook.sighting import SCOPE_FIELDS, SIGHTING_FIELDS, Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import Source
from tollbook_agent.capture.observation import NOWHERE, Observation
from tollbook_agent.capture.wire import anthropic, bedrock, vertex
from tollbook_agent.capture.wire.codings import decoder
from tollbook_agent.capture.wire.exchange import HEADERS_READ, KEY_CLASS, Found, Reader, Request, Response

RECORDINGS = Path(__file__).parents[1] / "recordings" / "wire"
FAMILIES = {"anthropic": anthropic, "bedrock": bedrock, "vertex": vertex}
ASKED, ANSWERED, READ, ENDED = 1000, 2000, 3000, 4000
"""Times of a recording; everything of an answer comes at once."""
SIZES = (1, 7, 64, 1000, 10**9)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One exchange."""

    family: str
    name: str
    exchange: dict[str, Any]
    answer: bytes
    calls: list[dict[str, Any]]
    problems: list[str]

    @property
    def request(self) -> Request:
        """The head of the request: no header that a reader is not given."""
        one = self.exchange
        assert one["request_headers"].keys() <= {*HEADERS_READ, KEY_CLASS}
        return Request(one["method"], one["host"], 443, one["path"], one["request_headers"], ASKED)

    @property
    def response(self) -> Response:
        """The head of the response."""
        return Response(self.exchange["status"], self.exchange["response_headers"], ANSWERED)

    @property
    def request_body(self) -> bytes:
        """The body of the request, if it has one."""
        body = self.exchange["request_body"]
        return b"" if body is None else json.dumps(body).encode()

    @property
    def framing(self) -> str:
        """How the plain answer is framed: `sse`, `frames`, `jsonl` or `json`."""
        kind = self.response.headers["content-type"]
        known = {
            "text/event-stream": "sse",
            "application/vnd.amazon.eventstream": "frames",
            "application/x-jsonl": "jsonl",
        }
        return known.get(kind.partition(";")[0], "json")

    @property
    def plain(self) -> bytes:
        """The answer with its coding undone."""
        return decoder(self.response.headers.get("content-encoding"), "test").feed(self.answer)

    def open(self) -> Reader | None:
        """A reader of it."""
        found = [reader for each in FAMILIES.values() if (reader := each.open_exchange(self.request)) is not None]
        assert len(found) <= 1, "two modules claim one exchange"
        return found[0] if found else None

    def read(self, edges: list[int] | None = None, *, size: int = 10**9) -> Found:
        """What a reader makes of it, cut at these edges or into pieces of one size."""
        reader = self.open()
        assert reader is not None
        for part in pieces(self.request_body, edges, size):
            reader.request_data(part)
        reader.response(self.response)
        undo = decoder(self.response.headers.get("content-encoding"), "test")
        found = [reader.response_data(undo.feed(part), READ) for part in pieces(self.answer, edges, size)]
        found.append(reader.end(ENDED, complete=self.exchange["complete"]))
        found.append(reader.end(ENDED, complete=True))  # a second end says nothing new
        observations = tuple(one for each in found for one in each.observations)
        return Found(observations, tuple(one for each in found for one in each.problems))


def pieces(data: bytes, edges: list[int] | None, size: int) -> Iterator[bytes]:
    """The data cut at edges, else into pieces of a size."""
    if edges is None:
        yield from (data[at : at + size] for at in range(0, len(data), size))
    else:
        inner = sorted(edge % (len(data) + 1) for edge in edges)
        yield from (data[begin:end] for begin, end in pairwise([0, *inner, len(data)]))


def recordings(family: str) -> list[Recording]:
    """All recordings of a family."""
    return [_recording(folder) for folder in sorted((RECORDINGS / family).iterdir())]


def _recording(folder: Path) -> Recording:
    (answer,) = folder.glob("answer.*")
    expected = json.loads((folder / "expected.json").read_bytes())
    return Recording(
        family=folder.parent.name,
        name=folder.name,
        exchange=json.loads((folder / "exchange.json").read_bytes()),
        answer=answer.read_bytes(),
        calls=expected["calls"],
        problems=expected["problems"],
    )


def counts(usage: Usage) -> dict[str, int]:
    """Only the counts that are not zero."""
    return {name: count for name, count in usage.as_dict().items() if count}


def told(observation: Observation) -> dict[str, Any]:
    """An observation in the words of `expected.json`: what is not known is left out."""
    one: Sighting = observation.sighting
    assert observation.place is NOWHERE
    assert (one.source, one.started_at, one.reported_cost_nano_usd) == (Source.PROXY, ASKED, None)
    fields = {name: value for name in SIGHTING_FIELDS if (value := getattr(one, name)) is not None}
    fields["ids"] = {each.kind: each.value for each in one.ids}
    fields["usage"] = None if one.usage is None else counts(one.usage)
    fields["quality"] = one.quality.name.lower()
    fields["ended_at"] = one.ended_at
    fields["scope"] = {name: value for name in SCOPE_FIELDS if (value := getattr(one.scope, name)) is not None}
    if one.extra:
        fields["extra"] = {model: counts(usage) for model, usage in one.extra.items()}
    if one.basis:
        fields["basis"] = {name: basis.name.lower() for name, basis in one.basis.items()}
    return fields


def reasons(found: Found) -> list[str]:
    """The reasons of all Problems."""
    return sorted(problem.reason for problem in found.problems)
