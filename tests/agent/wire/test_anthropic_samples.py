"""The readers against the published payloads with expected answers."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.anthropic_wire import FAMILIES
from tests.support.samples import needs_samples, samples_dir
from tollbook.usage import Usage
from tollbook.vocabulary import IdKind, Quality
from tollbook_agent.capture.observation import Observation
from tollbook_agent.capture.wire.exchange import KEY_CLASS, Request, Response

FOLDER = (samples_dir() or Path("absent")) / "payloads"
SCOPES = {"us": "geo", "eu": "geo"}
"""Where the expected answers name the geography itself."""


def entries() -> list[Any]:
    """The entries whose files are there."""
    index = FOLDER / "expected.json"
    found = json.loads(index.read_bytes())["entries"] if index.exists() else []
    ours = [one for one in found if one["file"].split("/")[0] in FAMILIES and (FOLDER / one["file"]).exists()]
    return [pytest.param(one, id=one["file"]) for one in ours]


def read(entry: dict[str, Any], size: int) -> list[Observation] | None:
    """What the reader gives; `None` where there is none."""
    http = entry["http"]
    request = Request(http["method"], http["host"], 443, http["path"], {**http["request_headers"], **KEY}, 1)
    readers = [one for each in FAMILIES.values() if (one := each.open_exchange(request)) is not None]
    if not readers:
        return None
    (reader,) = readers
    reader.request_data(json.dumps(entry["request_body"]).encode())
    reader.response(Response(http["status"], http["response_headers"], 2))
    data = (FOLDER / entry["file"]).read_bytes()
    found = [reader.response_data(data[at : at + size], 3) for at in range(0, len(data), size)]
    found.append(reader.end(4, complete=True))
    assert not any(one.problems for one in found)
    return [one for each in found for one in each.observations]


KEY = {KEY_CLASS: "api_key"}


def usage_of(want: dict[str, int] | None) -> Usage | None:
    if want is None:
        return None
    return Usage(
        input=want["input_uncached"],
        cache_read=want["cache_read"],
        cache_write_5m=want["cache_write_5m"],
        cache_write_1h=want["cache_write_1h"],
        output=want["output"],
        reasoning=want["reasoning"],
        web_searches=want["web_search"],
    )


@needs_samples
@pytest.mark.parametrize("size", [1, 7, 64, 1000, 10**9])
@pytest.mark.parametrize("entry", entries())
def test_payloads(entry: dict[str, Any], size: int) -> None:
    found = read(entry, size)
    assert (found is None) is entry["free"]
    assert len(found or ()) == len(entry["calls"])
    for observation, want in zip(found or (), entry["calls"], strict=True):
        one = observation.sighting
        assert one.usage == usage_of(want["usage"])
        ids = {each.kind: each.value for each in one.ids}
        assert ids.get(IdKind.RESPONSE) == want["response_id"]
        assert ids.get(IdKind.REQUEST) == want["request_id"]
        assert (one.channel, one.provider, one.billing) == (want["platform"], want["provider"], want["billing"])
        assert (one.model, one.model_requested) == (want["model"], want["model_requested"])
        assert one.session_id == want["session_id"]
        geography = None if want["inference_geo"] == "not_available" else want["inference_geo"]
        assert (one.service_tier, one.speed, one.inference_geo) == (want["service_tier"], want["speed"], geography)
        scope = want.get("endpoint_scope")
        assert (one.scope.region, one.scope.endpoint_scope) == (want["region"], SCOPES.get(scope, scope))
        assert (one.quality is Quality.FINAL and one.status is None) is want["complete"]
