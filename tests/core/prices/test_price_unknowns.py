"""What the price book does not know is unpriced or flagged, never given a default."""

from typing import Any

import pytest

from tests.core.prices.calls import amounts, charge, moment
from tollbook.usage import Usage
from tollbook.vocabulary import Channel


@pytest.mark.parametrize(
    ("model", "channel"),
    [
        ("claude-opus-9", Channel.ANTHROPIC),
        ("claude-opus-5-6", Channel.ANTHROPIC),
        ("gpt-5.3-codex-spark", Channel.OPENAI),
        ("codex-auto-review", Channel.CHATGPT),
        ("gpt-4o:extended", Channel.OPENAI),
        ("gpt-6.1-sol", Channel.ANTHROPIC),
        ("claude-opus-5-5", Channel.OPENAI),
        ("claude-opus-5-5", Channel.GATEWAY),
        ("claude-opus-5-5", Channel.OTHER),
        ("arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123", Channel.BEDROCK),
        (None, Channel.ANTHROPIC),
        ("", Channel.ANTHROPIC),
        ("x" * 10_000, Channel.ANTHROPIC),
    ],
)
def test_an_unknown_model_is_unpriced(model: str | None, channel: Channel) -> None:
    charged = charge(model, channel, input=10, output=1, service_tier="batch")
    assert [(line.kind, line.row, line.list_nano_usd) for line in charged.lines] == [
        ("input", None, None),
        ("output", None, None),
    ]
    assert (charged.list_nano_usd, charged.unpriced, charged.flags) == (0, True, ("unpriced_model",))
    assert charged.lines[0].model == (model or "unknown")


def test_the_priced_part_of_a_call_is_still_priced() -> None:
    charged = charge("claude-opus-5-5", input=1, extra={"nobody-knows-this-model": Usage(input=5)})
    assert (charged.list_nano_usd, charged.unpriced, charged.flags) == (4_000, True, ("unpriced_model",))


def test_unknown_usage_is_no_zero() -> None:
    charged = charge("claude-opus-5-5", usage=None)
    assert (charged.lines, charged.list_nano_usd, charged.unpriced) == ((), 0, True)
    assert charged.flags == ("usage_unknown",)


def test_unknown_usage_with_a_known_extra_model() -> None:
    charged = charge("claude-opus-5-5", usage=None, extra={"claude-haiku-4-5": Usage(input=1)})
    assert (charged.list_nano_usd, charged.unpriced, charged.flags) == (1_000, True, ("usage_unknown",))


def test_a_kind_that_the_channel_does_not_sell() -> None:
    charged = charge("us.anthropic.claude-opus-5-5", Channel.BEDROCK, input=1, web_searches=1)
    assert amounts(charged) == {"input": 4_400, "web_searches": None}
    assert (charged.unpriced, charged.flags) == (True, ("unpriced_kind",))


@pytest.mark.parametrize(
    ("model", "channel", "nano_usd"),
    [
        ("claude-opus-5-5", Channel.ANTHROPIC, 10 * 5_000),
        ("gpt-6.1-sol", Channel.OPENAI, 10 * 2_500),
        ("gpt-5.5", Channel.OPENAI, 10 * 5_000),
        ("claude-opus-5-5", Channel.CURSOR, 10 * 5_000),
        ("composer-2.5", Channel.CURSOR, 10 * 500),
    ],
)
def test_a_write_of_unknown_lifetime_takes_the_shortest_and_says_so(
    model: str, channel: Channel, nano_usd: int
) -> None:
    charged = charge(model, channel, cache_write=10)
    assert amounts(charged) == {"cache_write": nano_usd}
    assert (charged.unpriced, charged.flags) == (False, ("cache_write_lifetime_unknown",))


ASSUMED: dict[str, tuple[str, Channel, dict[str, Any], int, str]] = {
    "tier nobody sells": ("claude-opus-5-5", Channel.ANTHROPIC, {"service_tier": "express"}, 4_000, "tier_unknown"),
    "tier not sold for the model": ("gpt-5.3-codex", Channel.OPENAI, {"service_tier": "flex"}, 1_750, "tier_unknown"),
    "ultrafast of unknown price": ("gpt-5.6-sol", Channel.OPENAI, {"service_tier": "ultrafast"}, 4_000, "tier_unknown"),
    "fast where there is none": ("claude-sonnet-5-5", Channel.ANTHROPIC, {"speed": "fast"}, 2_000, "speed_unknown"),
    "speed nobody sells": ("claude-opus-5-5", Channel.ANTHROPIC, {"speed": "warp"}, 4_000, "speed_unknown"),
    "geography nobody sells": ("claude-opus-5-5", Channel.ANTHROPIC, {"inference_geo": "eu"}, 4_000, "geo_unknown"),
    "Bedrock without id": ("claude-opus-5-5", Channel.BEDROCK, {}, 4_000, "region_unknown"),
    "Bedrock region alone tells nothing": (
        "claude-opus-5-5",
        Channel.BEDROCK,
        {"region": "us-east-1"},
        4_000,
        "region_unknown",
    ),
    "Bedrock application profile": (
        "claude-opus-5-5",
        Channel.BEDROCK,
        {"model_requested": "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123"},
        4_000,
        "region_unknown",
    ),
    "Vertex without location": ("claude-opus-5-5", Channel.VERTEX, {}, 4_000, "region_unknown"),
    "Azure Data Zone": ("gpt-6.1-sol", Channel.AZURE, {"endpoint_scope": "geo"}, 2_000, "region_unknown"),
    "Azure somewhere": ("gpt-6.1-sol", Channel.AZURE, {}, 2_000, "region_unknown"),
}


@pytest.mark.parametrize("case", ASSUMED)
def test_what_must_be_assumed_is_flagged_and_priced_plainly(case: str) -> None:
    model, channel, fields, nano_usd, flag = ASSUMED[case]
    charged = charge(model, channel, input=1, **fields)
    assert amounts(charged) == {"input": nano_usd}
    assert (charged.unpriced, charged.flags) == (False, (flag,))


def test_no_flag_where_the_unknown_scope_cannot_matter() -> None:
    assert charge("claude-sonnet-4", Channel.BEDROCK, input=1).flags == ()


@pytest.mark.parametrize("geo", [None, "", "not_available", "global"])
@pytest.mark.parametrize("tier", [None, "", "standard", "default", "auto"])
@pytest.mark.parametrize("speed", [None, "", "standard", "normal"])
def test_the_plain_words_are_plain(geo: str | None, tier: str | None, speed: str | None) -> None:
    charged = charge("claude-opus-5-5", input=1, inference_geo=geo, service_tier=tier, speed=speed)
    assert (charged.list_nano_usd, charged.flags) == (4_000, ())


def test_fast_mode_that_was_withdrawn_is_not_sold_any_more() -> None:
    last = charge("claude-opus-4-8", input=1, speed="fast", at=moment("2026-11-29"))
    gone = charge("claude-opus-4-8", input=1, speed="fast", at=moment("2026-11-30"))
    assert (last.list_nano_usd, last.flags) == (10_000, ())
    assert (gone.list_nano_usd, gone.flags) == (5_000, ("speed_unknown",))
