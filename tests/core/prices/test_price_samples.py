"""List costs of the sample payloads, computed independently of the price book."""

import json
from decimal import Decimal
from typing import Any

from tests.core.prices.calls import BOOK, USD, a_call
from tests.support.samples import needs_samples, samples_dir
from tollbook.prices import price
from tollbook.vocabulary import Channel

CHANNELS = {"gemini": Channel.VERTEX}


def counts(usage: dict[str, int], openai: bool) -> dict[str, int]:
    """The samples keep OpenAI's 12-hour writes under 1 h and its 30-minute writes under `other`."""
    return {
        "input": usage["input_uncached"],
        "cache_read": usage["cache_read"],
        "cache_write_5m": usage["cache_write_5m"],
        "cache_write_12h" if openai else "cache_write_1h": usage["cache_write_1h"],
        "cache_write_30m": usage["cache_write_other"],
        "output": usage["output"],
        "reasoning": usage["reasoning"],
        "web_searches": usage["web_search"],
    }


def priced(sample: dict[str, Any]) -> int:
    call = a_call(
        sample["model"],
        CHANNELS.get(sample["platform"]) or Channel(sample["platform"]),
        model_requested=sample["model_requested"],
        service_tier=sample["service_tier"],
        speed=sample["speed"],
        inference_geo=sample["inference_geo"],
        region=sample["region"],
        **counts(sample["usage"], sample["provider"] == "openai"),
    )
    return price(call, BOOK).list_nano_usd


@needs_samples
def test_sample_payloads_cost_what_they_should() -> None:
    folder = samples_dir()
    assert folder is not None
    entries = json.loads((folder / "payloads" / "expected.json").read_text(encoding="utf-8"))["entries"]
    calls = [call for entry in entries for call in entry["calls"] if call["usage"] and call["list_cost_usd"]]
    assert len(calls) >= 10
    assert [priced(call) for call in calls] == [int(Decimal(call["list_cost_usd"]) * USD) for call in calls]
