"""Both sides of every boundary: context bands to the token, price changes to the nanosecond, knowledge to the day."""

from typing import Any

import pytest

from tests.core.prices.calls import amounts, charge, moment
from tollbook.vocabulary import Channel

BANDS = [
    # model, channel, threshold, moment, (input, output) below and above in nano-dollars a token
    ("claude-haiku-5-5", Channel.ANTHROPIC, 100_000, "2026-11-20", (100, 500), (500, 2_500)),
    ("claude-opus-4-6", Channel.ANTHROPIC, 200_000, "2026-03-12", (5_000, 25_000), (10_000, 37_500)),
    ("claude-opus-4-6", Channel.ANTHROPIC, 200_000, "2026-03-13", (5_000, 25_000), (5_000, 25_000)),
    ("claude-sonnet-4-6", Channel.ANTHROPIC, 200_000, "2026-03-12", (3_000, 15_000), (6_000, 22_500)),
    ("claude-sonnet-4-6", Channel.ANTHROPIC, 200_000, "2026-03-13", (3_000, 15_000), (3_000, 15_000)),
    ("claude-sonnet-4-5", Channel.ANTHROPIC, 200_000, "2026-04-29", (3_000, 15_000), (6_000, 22_500)),
    ("claude-sonnet-4-5", Channel.ANTHROPIC, 200_000, "2026-04-30", (3_000, 15_000), (3_000, 15_000)),
    ("claude-sonnet-4", Channel.ANTHROPIC, 200_000, "2025-08-11", (3_000, 15_000), (3_000, 15_000)),
    ("claude-sonnet-4", Channel.ANTHROPIC, 200_000, "2025-08-12", (3_000, 15_000), (6_000, 22_500)),
    ("claude-sonnet-4", Channel.ANTHROPIC, 200_000, "2026-04-30", (3_000, 15_000), (3_000, 15_000)),
    ("gpt-6.1-sol", Channel.OPENAI, 272_000, "2026-11-20", (2_000, 10_000), (4_000, 15_000)),
    ("gpt-6-astra", Channel.OPENAI, 272_000, "2026-11-20", (10_000, 50_000), (20_000, 75_000)),
    ("gpt-5.6-sol", Channel.OPENAI, 272_000, "2026-08-20", (5_000, 30_000), (10_000, 45_000)),
    ("gpt-5.5", Channel.OPENAI, 272_000, "2026-11-20", (5_000, 30_000), (10_000, 45_000)),
    ("gpt-5.4", Channel.CHATGPT, 272_000, "2026-11-20", (2_500, 15_000), (5_000, 22_500)),
    ("gpt-5.3-codex", Channel.OPENAI, 272_000, "2026-11-20", (1_750, 14_000), (1_750, 14_000)),
    ("grok-4.7", Channel.CURSOR, 256_000, "2026-11-20", (2_000, 6_000), (4_000, 12_000)),
]


@pytest.mark.parametrize(("model", "channel", "threshold", "day", "below", "above"), BANDS)
def test_context_bands(
    model: str, channel: Channel, threshold: int, day: str, below: tuple[int, int], above: tuple[int, int]
) -> None:
    for prompt, (per_input, per_output) in ((threshold, below), (threshold + 1, above)):
        charged = charge(model, channel, input=prompt, output=2, at=moment(day))
        assert amounts(charged) == {"input": prompt * per_input, "output": 2 * per_output}


def test_the_whole_prompt_counts_cache_reads_and_writes_included() -> None:
    parts: dict[str, Any] = {
        "input": 10,
        "cache_read": 60_000,
        "cache_write_5m": 39_000,
        "cache_write_1h": 980,
        "cache_write": 10,
    }
    assert charge("claude-haiku-5-5", **parts).list_nano_usd == 1_000 + 600_000 + 4_875_000 + 196_000 + 1_250
    parts["cache_read"] += 1
    more = charge("claude-haiku-5-5", **parts)
    assert more.list_nano_usd == 5 * (1_000 + 600_010 + 4_875_000 + 196_000 + 1_250)


def test_output_never_moves_the_band() -> None:
    assert amounts(charge("claude-haiku-5-5", input=1, output=1_000_000)) == {"input": 100, "output": 500_000_000}


def test_priority_of_gpt_5_5_has_no_long_context_rate() -> None:
    charged = charge("gpt-5.5", Channel.OPENAI, input=272_001, output=1, service_tier="priority")
    assert amounts(charged) == {"input": 272_001 * 12_500, "output": 75_000}


CHANGES = [
    # model, first day, nano-dollars per (input, output) token before and from it
    ("gpt-5.6-sol", "2026-08-21", (5_000, 30_000), (4_000, 20_000)),
    ("gpt-5.6-terra", "2026-07-30", (2_500, 15_000), (2_000, 12_000)),
    ("gpt-5.6-luna", "2026-07-30", (1_000, 6_000), (200, 1_200)),
    ("o3", "2025-06-10", (10_000, 40_000), (2_000, 8_000)),
]


@pytest.mark.parametrize(("model", "day", "before", "after"), CHANGES)
@pytest.mark.parametrize("channel", [Channel.OPENAI, Channel.CHATGPT, Channel.CURSOR])
def test_price_changes(model: str, day: str, before: tuple[int, int], after: tuple[int, int], channel: Channel) -> None:
    for at, (per_input, per_output) in ((moment(day) - 1, before), (moment(day), after)):
        charged = charge(model, channel, input=1, output=1, at=at)
        assert amounts(charged) == {"input": per_input, "output": per_output}


def test_the_day_is_the_one_on_which_the_response_ended() -> None:
    midnight = moment("2026-08-21")
    over = charge("gpt-5.6-sol", Channel.OPENAI, input=1, at=midnight, started_at=midnight - 60 * 10**9)
    assert over.list_nano_usd == 4_000


def test_announced_changes_are_in_the_book_already() -> None:
    prices = [
        charge("gemini-3.8-flash", Channel.VERTEX, input=1, region="global", at=moment(day)).list_nano_usd
        for day in ("2026-12-31", "2027-01-01")
    ]
    assert prices == [750, 1_500]


@pytest.mark.parametrize(
    ("at", "known_on", "per_input"),
    [
        ("2026-08-31", None, 2_000),
        ("2026-09-01", None, 2_000),
        ("2026-08-31", "2026-08-09", 2_000),
        ("2026-09-01", "2026-06-30", 3_000),
        ("2026-09-01", "2026-08-09T23:59:59", 3_000),
        ("2026-09-01", "2026-08-10", 2_000),
        ("2026-09-01", "2026-11-20", 2_000),
        ("2026-09-01", "2026-06-29", None),
    ],
)
def test_the_cancelled_rise_of_sonnet_5_shows_as_known_then(
    at: str, known_on: str | None, per_input: int | None
) -> None:
    known = None if known_on is None else moment(known_on)
    for channel, scope in ((Channel.ANTHROPIC, {}), (Channel.VERTEX, {"region": "global"})):
        charged = charge("claude-sonnet-5", channel, input=1, at=moment(at), known_on=known, **scope)
        assert amounts(charged) == {"input": per_input}
        assert charged.unpriced is (per_input is None)


def test_a_model_was_not_known_before_it_was_recorded() -> None:
    charged = charge("gpt-6.1-sol", Channel.OPENAI, input=1, known_on=moment("2026-09-28"))
    assert (charged.unpriced, charged.flags) == (True, ("unpriced_model",))
    assert not charge("gpt-6.1-sol", Channel.OPENAI, input=1, known_on=moment("2026-09-29")).unpriced
