"""Whole calls priced by genai-prices' own calculation, beside ours: the sum over kinds, bands and variants.

Quantities are whole thousands, so that every line is exact and no rounding can hide a difference.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.core.prices.calls import AUTUMN, USD, charge
from tollbook.vocabulary import Channel

genai_prices = pytest.importorskip("genai_prices")

WHEN = datetime.fromtimestamp(AUTUMN / 10**9, UTC)
CLAUDE = {"input": 7_000, "cache_read": 31_000, "cache_write_5m": 4_000, "cache_write_1h": 3_000, "output": 2_000}
CLAUDE_LONG = {**CLAUDE, "cache_read": 91_000}
GPT_OLD = {"input": 7_000, "cache_read": 31_000, "output": 2_000}
GPT = {**GPT_OLD, "cache_write_30m": 4_000}
GPT_LONG = {**GPT, "cache_read": 300_000}

CLAUDE_MODELS = [
    "claude-fable-5-2",
    "claude-opus-5-5",
    "claude-opus-4-8",
    "claude-opus-4-6",
    "claude-sonnet-5",
    "claude-sonnet-4-20250514",
    "claude-haiku-5-5",
    "claude-haiku-4-5-20251001",
    "claude-3-5-haiku-20241022",
]
GPT_MODELS = ["gpt-6.1-sol", "gpt-6-astra", "gpt-5.6-luna", "gpt-6.1-terra"]
GPT_OLD_MODELS = ["gpt-5.5", "gpt-5.4", "gpt-5.3-codex", "gpt-5.1-codex", "gpt-5-mini", "o4-mini"]
PRIORITY = {"service_tier": "priority"}


def theirs(provider: str, model: str, counts: dict[str, int], **context: str) -> Decimal:
    writes = {"5m": counts.get("cache_write_5m", 0), "1h": counts.get("cache_write_1h", 0)}
    written = sum(writes.values()) + counts.get("cache_write_30m", 0)
    usage: dict[str, Any] = {
        "input_tokens": counts["input"] + counts["cache_read"] + written,
        "cache_read_tokens": counts["cache_read"],
        "cache_write_tokens": written,
        "output_tokens": counts["output"],
        "web_searches": 1,
    }
    if written and writes["5m"]:
        usage |= {"cache_write_5m_tokens": writes["5m"], "cache_write_1h_tokens": writes["1h"]}
    calculated = genai_prices.calc_price(
        genai_prices.Usage(**usage), model, provider_id=provider, genai_request_timestamp=WHEN, price_context=context
    )
    return calculated.total_price


def ours(channel: Channel, model: str, counts: dict[str, int], **terms: str) -> Decimal:
    charged = charge(model, channel, web_searches=1, **counts, **terms)
    assert (charged.unpriced, charged.flags) == (False, ())
    return Decimal(charged.list_nano_usd) / USD


@pytest.mark.parametrize("counts", [CLAUDE, CLAUDE_LONG], ids=["short", "long"])
@pytest.mark.parametrize("model", CLAUDE_MODELS)
def test_claude(model: str, counts: dict[str, int]) -> None:
    assert ours(Channel.ANTHROPIC, model, counts) == theirs("anthropic", model, counts)


@pytest.mark.parametrize("counts", [CLAUDE, CLAUDE_LONG], ids=["short", "long"])
@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-haiku-5-5", "claude-haiku-4-5"])
def test_claude_batch(model: str, counts: dict[str, int]) -> None:
    batch = ours(Channel.ANTHROPIC, model, counts, service_tier="batch")
    assert batch == theirs("anthropic", model, counts, processing="batch")


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-opus-5", "claude-opus-4-8", "claude-fable-5-2"])
def test_claude_fast(model: str) -> None:
    assert ours(Channel.ANTHROPIC, model, CLAUDE, speed="fast") == theirs("anthropic", model, CLAUDE, speed="fast")


@pytest.mark.parametrize("counts", [GPT, GPT_LONG], ids=["short", "long"])
@pytest.mark.parametrize("tier", ["default", "flex", "priority"])
@pytest.mark.parametrize("model", GPT_MODELS)
def test_gpt(model: str, tier: str, counts: dict[str, int]) -> None:
    assert ours(Channel.OPENAI, model, counts, service_tier=tier) == theirs("openai", model, counts, service_tier=tier)


@pytest.mark.parametrize("tier", ["default", "priority"])
@pytest.mark.parametrize("model", GPT_OLD_MODELS)
def test_gpt_before_paid_cache_writes(model: str, tier: str) -> None:
    difference = ours(Channel.OPENAI, model, GPT_OLD, service_tier=tier) - theirs(
        "openai", model, GPT_OLD, service_tier=tier
    )
    unpriced_search = Decimal("0.01") if model == "gpt-5.3-codex" else 0  # genai-prices has no searches for it
    assert difference == unpriced_search
