"""Published payloads with their expected records: OpenAI, Gemini, Cursor."""

import json
from pathlib import Path
from typing import Any

from tests.agent.wire.openai_recording import Exchange, chunks, read, request_of, response_of, whole
from tests.support.samples import needs_samples, samples_dir
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, IdKind, Purpose, Quality
from tollbook_agent.capture.observation import Observation

FAMILIES = ("openai/", "gemini/", "cursor/")
CHANNELS = {"gemini": "other"}
"""The payloads' platforms that have another name here."""


def payloads() -> list[tuple[Exchange, list[dict[str, Any]]]]:
    """Each payload of the families, with its expected calls."""
    folder = samples_dir()
    assert folder is not None
    folder /= "payloads"
    entries = json.loads((folder / "expected.json").read_bytes())["entries"]
    return [(_exchange(folder, one), one["calls"]) for one in entries if one["file"].startswith(FAMILIES)]


def _exchange(folder: Path, entry: dict[str, Any]) -> Exchange:
    http, body = entry["http"], entry["request_body"]
    complete = all(call["complete"] for call in entry["calls"])
    return Exchange(
        name=entry["file"],
        request=request_of(http),
        body=b"" if body is None else json.dumps(body).encode(),
        response=response_of(http),
        complete=complete,
        answer=(folder / entry["file"]).read_bytes(),
        expected={},
    )


def normalized(usage: Usage | None) -> dict[str, int] | None:
    """The counts by the payloads' names."""
    if usage is None:
        return None
    return {
        "input_uncached": usage.input,
        "cache_read": usage.cache_read,
        "cache_write_5m": usage.cache_write_5m,
        "cache_write_1h": usage.cache_write_1h + usage.cache_write_12h,
        "cache_write_other": usage.cache_write + usage.cache_write_30m,
        "output": usage.output,
        "reasoning": usage.reasoning,
        "web_search": usage.web_searches,
    }


def record(observation: Observation) -> dict[str, Any]:
    """An observation in the payloads' words."""
    sighting = observation.sighting
    ids = {one.kind: one.value for one in sighting.ids}
    return {
        "provider": sighting.provider,
        "platform": sighting.channel,
        "model_requested": sighting.model_requested,
        "model": sighting.model,
        "response_id": ids.get(IdKind.RESPONSE),
        "request_id": ids.get(IdKind.REQUEST),
        "session_id": sighting.session_id,
        "service_tier": sighting.service_tier,
        "region": sighting.scope.region,
        "complete": sighting.quality is Quality.FINAL,
        "billing": sighting.billing or Billing.UNKNOWN,
        "usage": normalized(sighting.usage),
    }


@needs_samples
def test_payloads_give_their_records() -> None:
    found = payloads()
    assert found
    for exchange, calls in found:
        told = read(exchange, whole)
        # A prewarm is a call of its own purpose here, and none there.
        seen = [record(one) for one in told.observations if one.sighting.purpose is not Purpose.PREWARM]
        expected = [{name: call[name] for name in record_names(call)} for call in calls]
        for call in expected:
            call["platform"] = CHANNELS.get(call["platform"], call["platform"])
        assert seen == expected, exchange.name
        turns = [one.sighting.turn_id for one in told.observations if one.sighting.purpose is not Purpose.PREWARM]
        assert turns == [call.get("turn_id") for call in calls], exchange.name


def record_names(call: dict[str, Any]) -> list[str]:
    """What is compared."""
    left = {"api", "speed", "inference_geo", "stream", "list_cost_usd", "turn_id", "endpoint_scope", "estimated"}
    return [name for name in call if name not in left]


@needs_samples
def test_chunks_of_payloads_change_nothing() -> None:
    for exchange, _ in payloads():
        for size in (1, 7, 64, 1000):
            assert read(exchange, chunks(size)) == read(exchange, whole), exchange.name
