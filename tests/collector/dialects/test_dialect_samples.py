"""The published samples of emitters, posted over HTTP: the expected records, in any order, and one call of a group."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from tests.collector.dialects.recording import records, sightings
from tests.collector.receivers.http_bench import JSON, Bench, run
from tests.support.samples import needs_samples, samples_dir
from tollbook.claim import Claim, merge
from tollbook.conclude import conclude
from tollbook.group import group
from tollbook.sighting import Sighting
from tollbook.ticket import NO_LIST
from tollbook_collector.receivers.plain import Signal

_ID_KINDS = {
    "response_id": "response",
    "provider_request_id": "request",
    "client_request_id": "client_request",
}
_CHANNELS = {"aws.bedrock": "bedrock"}
_NOT_BOOKED = {"claude_code_logs.json": 1, "codex_logs.json": 2}
"""Records that name no call: one that failed, and Codex's, which another observer names."""


def folder() -> Path:
    found = samples_dir()
    assert found is not None
    return found / "otlp"


def expected() -> dict[str, Any]:
    return json.loads((folder() / "expected.json").read_text())


def names() -> list[str]:
    return list(expected()["files"]) if samples_dir() else []


def signal_of(name: str) -> Signal:
    return Signal(expected()["files"][name]["signal"])


def post(bench: Bench, name: str) -> None:
    answer = bench.send(f"/v1/{signal_of(name)}", (folder() / name).read_bytes(), JSON)
    assert (answer.status, json.loads(answer.body)) == (200, {})


def posted(files: list[str]) -> list[Claim]:
    claims: list[Claim] = []

    def test(bench: Bench) -> None:
        for name in files:
            post(bench, name)
        claims.extend(bench.sink.claims)

    run(test)
    return claims


def check(record: dict[str, Any], found: Sighting) -> None:
    """What a record of the expected answers says, of those parts a sighting has."""
    tokens, usage = record["tokens"], found.usage
    if record["kind"] == "llm_error":
        assert usage is None
    else:
        assert usage is not None
        counts = (usage.input, usage.cache_read, usage.cache_write_total, usage.output)
        assert counts == tuple(tokens[name] for name in ("input_uncached", "cache_read", "cache_write", "output"))
        for name in ("cache_write_5m", "cache_write_1h"):
            assert getattr(usage, name) == (tokens[name] or 0)
        assert usage.reasoning == (tokens["reasoning"] or 0)
        channel = _CHANNELS.get(record["provider"], record["provider"])
        assert found.channel in (channel, None)
        assert found.provider == ("anthropic" if channel == "bedrock" else channel)
    assert found.model_requested == record["model_requested"]
    assert found.model == (record["model_responded"] or record["model_requested"])
    cost = record["cost_reported_usd"]
    assert found.reported_cost_nano_usd == (None if cost is None else round(cost * 10**9))
    ids = {one.kind: one.value for one in found.ids}
    for name, kind in _ID_KINDS.items():
        assert ids.get(kind) == record["ids"].get(name)  # type: ignore[call-overload]
    assert found.session_id == record["session"]
    assert (found.status or "ok") == record["status"]
    check_work(record, found)


def check_work(record: dict[str, Any], found: Sighting) -> None:
    work, user, team = found.work, record["user"] or {}, record["team"] or {}
    tags = {name: known.value for name, known in work.tags.items()}
    mail = user.get("email") or (user["id"] if "@" in user.get("id", "") else None)
    assert (work.engineer and work.engineer.value) == mail
    assert (work.team and work.team.value) == (team.get("alias") or team.get("id"))
    assert (work.customer and work.customer.value) == record["customer"]
    for tag in record["tags"]:
        name, _, value = tag.replace("=", ":").partition(":")
        assert tags[name] == (value or "true")
    for name, value in ((team.get("metadata")) or {}).items():
        assert tags[name] == value
    if record["key"]:
        assert tags["key"] == record["key"]["alias"]
        assert record["key"]["hash"] not in repr(found)
    if "ticket" in record:
        assert work.tickets is not None
        assert (work.tickets.value, work.branch and work.branch.value) == (record["ticket"], record["branch"])


@needs_samples
@pytest.mark.parametrize("name", names())
def test_a_file_gives_the_expected_records(name: str) -> None:
    wanted = expected()["files"][name]["records"]
    read = sightings(records((folder() / name).read_bytes(), signal_of(name), protobuf=False))
    assert len(read) == len(wanted)
    for record, (_, found) in zip(wanted, read, strict=True):
        check(record, found)


@needs_samples
@pytest.mark.parametrize("name", names())
def test_a_file_posted_over_http_books_its_records(name: str) -> None:
    wanted = len(expected()["files"][name]["records"]) - _NOT_BOOKED.get(name, 0)
    assert len(posted([name])) == wanted


@needs_samples
def test_all_files_in_any_order_give_the_same_calls() -> None:
    files = names()
    first = merge(posted(files))
    orders = [files[::-1], files[3:] + files[:3], files + files[::-1]]
    for order in orders:
        assert merge(posted(order)) == first
    calls = [conclude(each, NO_LIST) for each in group(first.values()).groups]
    wanted = sum(len(each["records"]) for each in expected()["files"].values()) - sum(_NOT_BOOKED.values())
    duplicates = sum(len(each) - 1 for each in expected()["schema"]["cross_file_duplicates"])
    assert len(calls) == wanted - duplicates


@needs_samples
def test_files_that_describe_the_same_call_give_one() -> None:
    told = expected()["schema"]["cross_file_duplicates"]
    assert told
    for each in told:
        for order in itertools.permutations({name.partition("#")[0] for name in each}):
            claims = posted(list(order))
            groups = group(merge(claims).values()).groups
            shared = [one for one in groups if len(one.claims) > 1]
            assert len(shared) == 1
            call = conclude(shared[0], NO_LIST)
            assert call.work.team is not None  # only the tool's own events know it
            assert call.work.repo is not None  # only the agent knows it
