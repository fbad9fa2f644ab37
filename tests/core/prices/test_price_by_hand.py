"""Every mechanism of the price book, worked out by hand to the nano-dollar.

Rule of thumb for checking: one dollar per million tokens is 1,000 nano-dollars a token.
"""

from typing import Any

import pytest

from tests.core.prices.calls import a_call, amounts, charge, moment
from tollbook.usage import Usage
from tollbook.vocabulary import Billing, Channel

ANTHROPIC, OPENAI = Channel.ANTHROPIC, Channel.OPENAI

BY_HAND: dict[str, tuple[str, Channel, dict[str, Any], dict[str, int]]] = {
    "cache lifetimes of Anthropic": (
        "claude-opus-5-5",
        ANTHROPIC,
        {"input": 14, "cache_read": 48_211, "cache_write_5m": 2_100, "cache_write_1h": 640, "output": 913},
        # 4, 0.20, 5, 8 and 20 dollars
        {
            "input": 56_000,
            "cache_read": 9_642_200,
            "cache_write_5m": 10_500_000,
            "cache_write_1h": 5_120_000,
            "output": 18_260_000,
        },
    ),
    "cache lifetimes of OpenAI": (
        "gpt-6.1-terra",
        OPENAI,
        {"input": 1_000, "cache_read": 3, "cache_write_30m": 7, "cache_write_12h": 11, "output": 2},
        # 1, 0.05, 1.25, 2.50 and 5 dollars
        {"input": 1_000_000, "cache_read": 150, "cache_write_30m": 8_750, "cache_write_12h": 27_500, "output": 10_000},
    ),
    "reasoning is part of output": (
        "claude-haiku-4-5-20251001",
        ANTHROPIC,
        {"input": 812, "output": 37, "reasoning": 30},
        {"input": 812_000, "output": 185_000},
    ),
    "batch halves tokens, not searches": (
        "claude-opus-5-5",
        ANTHROPIC,
        {"input": 1_001, "output": 33, "web_searches": 2, "service_tier": "batch"},
        {"input": 2_002_000, "output": 330_000, "web_searches": 20_000_000},
    ),
    "half a nano-dollar rounds to even": (
        "claude-haiku-5-5",
        ANTHROPIC,
        # cache read 0.01 x 0.5 (batch) x 1.1 (us) = 5.5 nano-dollars a token; output 0.5 x 0.5 x 1.1 = 275
        {"cache_read": 3, "output": 1, "service_tier": "batch", "inference_geo": "us"},
        {"cache_read": 16, "output": 275},
    ),
    "committed capacity is valued at the list": (
        "claude-opus-5",
        ANTHROPIC,
        {"input": 10, "service_tier": "priority"},
        {"input": 50_000},
    ),
    "fast at twice": (
        "claude-opus-4-8",
        ANTHROPIC,
        {"input": 7, "cache_read": 3, "speed": "fast"},
        {"input": 70_000, "cache_read": 3_000},
    ),
    "fast at six times": ("claude-opus-4-7", ANTHROPIC, {"output": 3, "speed": "fast"}, {"output": 450_000}),
    "fast in the old long context": (
        "claude-opus-4-6",
        ANTHROPIC,
        {"input": 200_001, "output": 1, "speed": "fast", "at": moment("2026-03-01")},
        {"input": 200_001 * 60_000, "output": 225_000},
    ),
    "only in the United States": (
        "claude-sonnet-4-6",
        ANTHROPIC,
        {"input": 3, "inference_geo": "us"},
        {"input": 9_900},
    ),
    "no such premium before 4.6": (
        "claude-sonnet-4-5",
        ANTHROPIC,
        {"input": 3, "inference_geo": "us"},
        {"input": 9_000},
    ),
    "fast and in the United States": (
        "claude-fable-5-2",
        ANTHROPIC,
        {"input": 5, "output": 1, "speed": "fast", "inference_geo": "us", "web_searches": 1},
        # 8 x 2 x 1.1 = 17.6 and 40 x 2 x 1.1 = 88 dollars
        {"input": 88_000, "output": 88_000, "web_searches": 10_000_000},
    ),
    "cheap cache reads": ("claude-fable-5-1", ANTHROPIC, {"cache_read": 9}, {"cache_read": 2_250}),
    "a name nobody dated": ("claude-mythos-5-2", ANTHROPIC, {"cache_write_1h": 2}, {"cache_write_1h": 32_000}),
    "priority at twice": ("gpt-6.1-sol", OPENAI, {"input": 10, "service_tier": "priority"}, {"input": 40_000}),
    "fast is priority": ("gpt-6.1-sol", OPENAI, {"input": 10, "service_tier": "fast"}, {"input": 40_000}),
    "fast speed is priority": ("gpt-6.1-sol", OPENAI, {"input": 10, "speed": "fast"}, {"input": 40_000}),
    "fast speed beside priority counts once": (
        "gpt-6.1-sol",
        OPENAI,
        {"input": 10, "speed": "fast", "service_tier": "priority"},
        {"input": 40_000},
    ),
    "priority at 2.5 times": (
        "gpt-5.5",
        OPENAI,
        {"input": 2, "output": 1, "service_tier": "priority"},
        {"input": 25_000, "output": 75_000},
    ),
    "priority at 1.8 times": (
        "gpt-5-mini",
        OPENAI,
        {"cache_read": 10, "service_tier": "priority"},
        {"cache_read": 450},
    ),
    "flex": ("gpt-6-luna", OPENAI, {"input": 30, "service_tier": "flex"}, {"input": 1_500}),
    "flex as published": (
        "o4-mini-2025-04-16",
        OPENAI,
        {"cache_read": 1_000, "service_tier": "flex"},
        {"cache_read": 138_000},
    ),
    "ultrafast": ("gpt-6.1-sol", OPENAI, {"output": 7, "service_tier": "ultrafast"}, {"output": 420_000}),
    "batch with cached input at full price": (
        "gpt-4.1",
        OPENAI,
        {"input": 4, "cache_read": 4, "output": 4, "service_tier": "batch"},
        {"input": 4_000, "cache_read": 2_000, "output": 16_000},
    ),
    "data residency": ("gpt-5.4", OPENAI, {"input": 3, "region": "eu"}, {"input": 8_250}),
    "data residency by observed scope": ("gpt-5.6-luna", OPENAI, {"input": 3, "endpoint_scope": "geo"}, {"input": 660}),
    "no residency premium before March 2026": ("gpt-5.3-codex", OPENAI, {"input": 3, "region": "eu"}, {"input": 5_250}),
    "writes for nothing extra": ("gpt-5.5", OPENAI, {"cache_write_30m": 4}, {"cache_write_30m": 20_000}),
    "no cached rate": ("gpt-5-pro", OPENAI, {"cache_read": 2}, {"cache_read": 30_000}),
    "Codex names of older models": (
        "gpt-5.1-codex-max",
        OPENAI,
        {"input": 4, "output": 1},
        {"input": 5_000, "output": 10_000},
    ),
    "Bedrock geo profile": (
        "claude-opus-5-5",
        Channel.BEDROCK,
        {"cache_write_1h": 3, "output": 1, "model_requested": "us.anthropic.claude-opus-5-5-v1:0"},
        {"cache_write_1h": 26_400, "output": 22_000},
    ),
    "Bedrock global profile": (
        "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
        Channel.BEDROCK,
        {"input": 10},
        {"input": 30_000},
    ),
    "Bedrock bare id is in-region": (
        "anthropic.claude-haiku-4-5-20251001-v1:0",
        Channel.BEDROCK,
        {"input": 10},
        {"input": 11_000},
    ),
    "Bedrock before 4.5 has no premium": (
        "us.anthropic.claude-sonnet-4-20250514-v1:0",
        Channel.BEDROCK,
        {"input": 10},
        {"input": 30_000},
    ),
    "Bedrock in GovCloud": (
        "us-gov.anthropic.claude-sonnet-4-5-20250929-v1:0",
        Channel.BEDROCK,
        {"input": 10},
        {"input": 36_000},
    ),
    "Bedrock GPT": ("us.openai.gpt-6.1-sol", Channel.BEDROCK, {"cache_write_30m": 10}, {"cache_write_30m": 27_500}),
    "Bedrock batch by region": (
        "eu.anthropic.claude-sonnet-5-5",
        Channel.BEDROCK,
        {"input": 1, "service_tier": "batch"},
        {"input": 1_100},
    ),
    "Vertex region": ("claude-opus-5-5", Channel.VERTEX, {"input": 10, "region": "us-east5"}, {"input": 44_000}),
    "Vertex multi-region": ("claude-opus-5-5", Channel.VERTEX, {"input": 10, "region": "eu"}, {"input": 44_000}),
    "Vertex global": (
        "claude-haiku-4-5@20251001",
        Channel.VERTEX,
        {"input": 10, "region": "global"},
        {"input": 10_000},
    ),
    "Vertex Gemini": (
        "gemini-3.1-pro-preview",
        Channel.VERTEX,
        {"input": 200_001, "region": "global"},
        {"input": 200_001 * 4_000},
    ),
    "ChatGPT plan is worth OpenAI's list": (
        "gpt-6.1-sol",
        Channel.CHATGPT,
        {"input": 10, "service_tier": "priority", "billing": Billing.SUBSCRIPTION},
        {"input": 40_000},
    ),
    "Cursor's own model": (
        "composer-2.5",
        Channel.CURSOR,
        {"input": 4, "cache_read": 5, "output": 6},
        {"input": 2_000, "cache_read": 1_000, "output": 15_000},
    ),
    "Cursor's own fast model": ("composer-2.5[fast=true]", Channel.CURSOR, {"input": 4}, {"input": 12_000}),
    "Cursor's spelling of Claude": (
        "claude-4.6-opus-high-thinking",
        Channel.CURSOR,
        {"input": 3, "output": 20_525},
        {"input": 15_000, "output": 513_125_000},
    ),
    "Cursor's fast Claude": ("claude-opus-4-7-thinking-high-fast", Channel.CURSOR, {"input": 2}, {"input": 60_000}),
    "Cursor's fast GPT": ("gpt-5.5-high-fast", Channel.CURSOR, {"input": 2}, {"input": 25_000}),
    "Cursor's display name": ("Claude Opus 5.5", Channel.CURSOR, {"input": 2}, {"input": 8_000}),
    "Cursor Auto": ("default", Channel.CURSOR, {"input": 4, "output": 1}, {"input": 5_000, "output": 6_000}),
    "Claude Platform on AWS": (
        "claude-opus-5-5",
        Channel.AWS_MARKETPLACE,
        {"input": 10, "inference_geo": "us"},
        {"input": 44_000},
    ),
    "Azure global": ("gpt-5.4-mini", Channel.AZURE, {"input": 4, "endpoint_scope": "global"}, {"input": 3_000}),
}


@pytest.mark.parametrize("case", BY_HAND)
def test_by_hand(case: str) -> None:
    model, channel, fields, expected = BY_HAND[case]
    charged = charge(model, channel, **fields)
    assert amounts(charged) == expected
    assert charged.list_nano_usd == sum(expected.values())
    assert (charged.unpriced, charged.flags) == (False, ())


def test_extra_models_have_lines_of_their_own_in_their_own_band() -> None:
    extra = {
        "claude-haiku-5-5": Usage(input=100_001, output=1),
        "claude-opus-5-5": Usage(cache_read=10),
    }
    charged = charge("claude-haiku-5-5-20261001", input=100_000, extra=extra)
    assert [(line.model, line.kind, line.list_nano_usd) for line in charged.lines] == [
        ("claude-haiku-5-5-20261001", "input", 100_000 * 100),
        ("claude-haiku-5-5", "input", 100_001 * 500),
        ("claude-haiku-5-5", "output", 2_500),
        ("claude-opus-5-5", "cache_read", 2_000),
    ]
    assert charged.list_nano_usd == 10_000_000 + 50_000_500 + 2_500 + 2_000


def test_the_terms_of_the_call_hold_for_its_extra_models() -> None:
    charged = charge("claude-sonnet-5-5", service_tier="batch", input=2, extra={"claude-opus-5-5": Usage(input=2)})
    assert [line.list_nano_usd for line in charged.lines] == [2_000, 4_000]


def test_an_extra_model_on_bedrock_is_priced_in_the_scope_of_the_call() -> None:
    call = {
        "model_requested": "us.anthropic.claude-sonnet-5-5",
        "input": 1,
        "extra": {"claude-opus-5-5": Usage(input=1)},
    }
    charged = charge("claude-sonnet-5-5", Channel.BEDROCK, **call)
    assert [line.list_nano_usd for line in charged.lines] == [2_200, 4_400]


def test_the_requested_model_prices_a_call_that_never_named_another() -> None:
    assert amounts(charge(None, model_requested="claude-opus-5-5", input=1)) == {"input": 4_000}


def test_nothing_used_costs_nothing_whatever_the_model() -> None:
    charged = charge("nobody-knows-this-model")
    assert (charged.lines, charged.list_nano_usd, charged.unpriced, charged.flags) == ((), 0, False, ())


def test_a_call_of_the_test_is_what_it_says() -> None:
    made = a_call("m", Channel.VERTEX, input=1, region="us-east5", speed="fast")
    assert (made.usage, made.scope.region, made.speed) == (Usage(input=1), "us-east5", "fast")
