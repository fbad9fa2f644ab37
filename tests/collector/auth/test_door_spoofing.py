"""Spoofing at the OTLP doors: nothing but one credential says who sends, in headers, metadata, attributes or claims."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.collector.auth import lies
from tests.collector.auth.auth_bench import bench, claim_by
from tests.collector.auth.doors_bench import CUT_OFF, Doors, Header, doors
from tests.collector.claim_maker import add_attributes, make_request, make_span, request_of
from tests.collector.dialects import recording
from tests.support.small_store import eventually
from tollbook_collector.auth.records import Kind
from tollbook_collector.receivers.dialects.registry import DIALECTS
from tollbook_collector.receivers.otlp_grpc import MAX_HEADER_BYTES

EVE, ADA = "eve@example.com", "ada@example.com"
EVES_DEVICE = "5e5e5e5e5e5e5e5e"
OK, REFUSED = (grpc.StatusCode.OK, 200), (grpc.StatusCode.UNAUTHENTICATED, 401)
TWO_MONTHS = 60 * 24 * 3600
NUMBERS = count(1)
"""Each request tells of a call of its own."""
WORDS = ("user", "device", "tenant", "engineer", "email")
"""Attributes whose names have one of these may say who somebody is."""


@dataclass(frozen=True)
class World:
    """The doors, and Eve who lies before them."""

    doors: Doors
    eve: str
    """What stands for her in the record."""
    mine: Header
    theirs: Header
    """Of a laptop of the other tenant."""

    def answers(self, *headers: Header) -> tuple[grpc.StatusCode, int]:
        """What each door says to a call that nobody has told of, said to be Ada's."""
        told = (request_of([claim_by(next(NUMBERS), ADA)]) for _ in range(2))
        return self.doors.over_grpc(next(told), headers), self.doors.over_http(next(told), headers)

    def booked(self) -> int:
        """Calls there are; all of them are Eve's, whatever was said, and none is the other tenant's."""
        rows = list(self.doors.rows())
        assert {row.engineer for row in rows} <= {self.eve}
        documents = self.doors.tenants.record(1).documents(limit=10_000)
        assert {one["device"] for one in documents} <= {EVES_DEVICE}
        assert not any("paid" in flag for one in documents for flag in one["flags"])
        assert list(self.doors.rows(2)) == []
        return len(rows)


@contextmanager
def a_world(folder: Path) -> Iterator[World]:
    with bench(folder) as parts:
        assert parts.access.make_tenant("other", parts.clock()) == 2
        eve = parts.token(Kind.DEVICE, email=EVE, device=EVES_DEVICE)
        parts.token(Kind.DEVICE, email=ADA)
        other = parts.token(Kind.DEVICE, 2, "cfo@other.example")
        parts.clock.pass_seconds(TWO_MONTHS)  # recordings are younger than made-up calls
        mine, theirs = (("authorization", f"Bearer {token}") for token in (eve, other))
        with doors(parts) as opened:
            yield World(opened, parts.directory.reference(1, EVE), mine, theirs)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with a_world(tmp_path_factory.mktemp("doors")) as made:
        yield made


@pytest.mark.parametrize("lie", lies.HEADERS, ids=[name for name, _ in lies.HEADERS])
def test_no_header_says_who_sends(world: World, lie: Header) -> None:
    before = world.booked()
    assert world.answers(world.mine, lie) == OK
    assert world.answers(lie, world.mine) == OK
    assert world.answers(lie) == REFUSED
    assert world.booked() == before + 4


def test_two_credentials_are_none(world: World) -> None:
    before, (name, mine), (_, theirs) = world.booked(), world.mine, world.theirs
    for pair in ((mine, theirs), (theirs, mine), (mine, mine), (mine, ""), ("", mine)):
        assert world.answers(*((name, each) for each in pair)) == REFUSED, pair
    for listed in (f"{mine!s}, {theirs!s}", f"{mine!s},{mine!s}", f"{mine!s} {mine!s}", f"{mine!s};"):
        assert world.answers((name, listed)) == REFUSED, listed
    assert world.booked() == before


def test_letters_of_a_header_s_name_make_no_second_one(world: World) -> None:
    """HTTP only: gRPC's names are small letters."""
    raw, (_, mine), (_, theirs) = request_of([claim_by(next(NUMBERS), ADA)]), world.mine, world.theirs
    before = world.booked()
    for names in (("authorization", "Authorization"), ("AUTHORIZATION", "authorization")):
        assert world.doors.over_http(raw, list(zip(names, (mine, theirs), strict=True))) == 401
    assert world.doors.over_http(raw, [("AUTHORIZATION", mine)]) == 200
    assert world.booked() == before + 1


def test_a_credential_in_binary_metadata_is_none(world: World) -> None:
    """gRPC only: names that end in -bin carry bytes."""
    before, mine = world.booked(), str(world.mine[1]).encode()
    for name in ("authorization-bin", "x-tenant-bin", "grpc-trace-bin", "grpc-tags-bin", "x-authorization-bin"):
        for value in (mine, b"2", b"\x00\xff", b""):
            told = request_of([claim_by(next(NUMBERS), ADA)])
            assert world.doors.over_grpc(told, [(name, value)]) is grpc.StatusCode.UNAUTHENTICATED, name
            assert world.doors.over_grpc(told, [world.mine, (name, value)]) is grpc.StatusCode.OK, name
            before += 1
            assert world.booked() == before


@pytest.mark.parametrize("name", ["x-padding", "authorization"])
def test_headers_that_are_too_large_are_refused_and_the_next_request_is_taken(world: World, name: str) -> None:
    before = world.booked()
    large = (name, f"Bearer {'a' * 8 * MAX_HEADER_BYTES}")
    refused = world.answers(large, world.mine)
    assert refused[0] in (grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.UNAVAILABLE)
    assert refused[1] in (400, 401, 431, CUT_OFF)
    assert world.booked() == before
    eventually(lambda: world.answers(world.mine) == OK)
    assert world.booked() > before


def test_no_attribute_of_a_span_or_its_resource_says_whose_it_is(world: World) -> None:
    before = world.booked()
    for value in (ADA, "2", "other", "root"):
        span = make_span(claim_by(next(NUMBERS), ADA))
        lied = dict.fromkeys(lies_of({"tollbook_plain"}), value)
        add_attributes(span, lied)
        raw = make_request([span], {"service.name": "tollbook-agent", **lied})
        assert world.doors.over_grpc(raw, [world.mine]) is grpc.StatusCode.OK
        before += 1
        assert world.booked() == before, value


def lies_of(dialects: set[str]) -> list[str]:
    """Names that say who somebody is, and those of them that an emitter itself writes. Names of other emitters would
    make it one of those."""
    own = {name for dialect in DIALECTS if dialect.name in dialects for name in dialect.names}
    return sorted({*lies.ATTRIBUTES, *(name for name in own if any(word in name for word in WORDS))})


def lie(holder: dict[str, Any], names: Sequence[str]) -> None:
    """Let attributes of a recorded resource, scope or record say that they are Ada's."""
    told = [each for each in holder.get("attributes", []) if each["key"] not in names]
    holder["attributes"] = [*({"key": name, "value": {"stringValue": ADA}} for name in names), *told]


def holders_of(request: Any) -> Iterator[dict[str, Any]]:
    """Resources, scopes and records of a request in JSON."""
    if isinstance(request, list):
        for each in request:
            yield from holders_of(each)
    elif isinstance(request, dict):
        for name, value in request.items():
            if name in ("resource", "scope") and isinstance(value, dict):
                yield value
            elif name in ("spans", "logRecords"):
                yield from value
            else:
                yield from holders_of(value)


@pytest.mark.parametrize("name", recording.NAMES)
def test_no_emitter_s_attributes_say_whose_a_call_is(tmp_path: Path, name: str) -> None:
    recorded = recording.load(name)
    dialects = {each["dialect"] for each in recorded.expected}
    for holder in holders_of(recorded.request):
        lie(holder, lies_of(dialects))
    assert json.dumps(recorded.request).count(ADA) > len(lies.ATTRIBUTES)
    with a_world(tmp_path) as world:
        told = recorded.json
        assert world.doors.over_http(told, [world.mine], recorded.signal, "application/json") == 200
        booked = world.booked()
        assert (booked > 0) == any(each["ids"] for each in recorded.expected)
        assert world.doors.over_grpc(recorded.protobuf, [world.mine], recorded.signal) is grpc.StatusCode.OK
        assert world.booked() == booked
