"""The price book against genai-prices, wherever that covers a case: every model in common, kind, tier, speed and band.

Where the two disagree on purpose the reason stands in `ON_PURPOSE`; an entry that no longer explains anything fails.
"""

import pytest

from tests.core.prices.calls import AUTUMN, BOOK
from tollbook.prices.compare import Difference, Finding, ForeignRow, compare
from tollbook.prices.rates import day_of, day_text
from tollbook.vocabulary import Channel
from tollbook_collector.prices_import import LONG_PROMPT, genai_prices_rows

pytest.importorskip("genai_prices")

ROWS = genai_prices_rows(day_of(AUTUMN))
COMMON = [row for row in ROWS if BOOK.channels[row.channel].find(row.model)]
DIFFERENCES = compare(BOOK, ROWS)

Purpose = tuple[Channel, str, int, str]
ON_PURPOSE: list[Purpose] = [
    # channel, model, prompt from which it holds, reason
    (
        Channel.ANTHROPIC,
        "claude-sonnet-4-5",
        200_001,
        "the 1M-context beta ended on 2026-04-30; genai-prices keeps its rates without an end",
    ),
    (Channel.VERTEX, "claude-sonnet-4-5", 200_001, "as on Anthropic's own API"),
    (
        Channel.BEDROCK,
        "openai.gpt-5.6-luna",
        LONG_PROMPT,
        "no prompt that long was accepted there before 2026-08-03; the book has OpenAI's list for all days",
    ),
    (Channel.BEDROCK, "openai.gpt-5.6-terra", LONG_PROMPT, "as gpt-5.6-luna"),
]


def explained(difference: Difference) -> Purpose | None:
    foreign = difference.foreign
    for purpose in ON_PURPOSE:
        channel, model, prompt, _ = purpose
        if (foreign.channel, foreign.model) == (channel, model) and foreign.prompt >= prompt:
            return purpose
    return None


def described(difference: Difference) -> str:
    foreign = difference.foreign
    terms = f"{foreign.tier} {foreign.speed} {foreign.endpoint_scope} prompt {foreign.prompt} {day_text(foreign.day)}"
    what = f"{foreign.channel} {foreign.model} {foreign.kind}"
    return f"{difference.finding}: {what} {terms}: {foreign.usd}, book {difference.usd}"


@pytest.mark.parametrize(
    ("channel", "models", "rows"),
    [
        (Channel.ANTHROPIC, 25, 300),
        (Channel.OPENAI, 38, 900),
        (Channel.BEDROCK, 36, 400),
        (Channel.VERTEX, 30, 300),
        (Channel.CURSOR, 8, 40),
    ],
)
def test_the_data_sets_have_enough_in_common_to_mean_something(channel: Channel, models: int, rows: int) -> None:
    common = [row for row in COMMON if row.channel is channel]
    assert len({row.model for row in common}) >= models
    assert len(common) >= rows


@pytest.mark.parametrize(
    ("channel", "model"), sorted({(row.channel, row.model) for row in COMMON}), ids=lambda one: str(one)
)
def test_every_common_model_has_the_same_prices(channel: Channel, model: str) -> None:
    rows = [row for row in COMMON if (row.channel, row.model) == (channel, model)]
    assert rows
    assert [described(one) for one in compare(BOOK, rows) if explained(one) is None] == []


def test_every_disagreement_on_purpose_still_exists() -> None:
    used = {explained(one) for one in DIFFERENCES}
    assert [purpose for purpose in ON_PURPOSE if purpose not in used] == []


MODERN = ("claude-opus-", "claude-sonnet-", "claude-haiku-", "claude-fable-", "gpt-5", "gpt-6", "composer", "o3", "o4")
NOT_FOR_CODING = ("-image", "-cyber", "-search-api", "deep-research", "rosalind")


def test_nothing_that_writes_code_is_missing() -> None:
    """Speech, pictures, embeddings and the models before GPT-4 are left out of the book on purpose."""
    missing = {one.foreign.model for one in DIFFERENCES if one.finding is Finding.NO_MODEL}
    modern = {name for name in missing if name.startswith(MODERN)}
    assert {name for name in modern if not any(word in name for word in NOT_FOR_CODING)} == set()


def test_the_oracle_covers_tiers_speeds_and_bands() -> None:
    def covered(**wanted: object) -> list[ForeignRow]:
        return [row for row in COMMON if all(getattr(row, name) == value for name, value in wanted.items())]

    for tier in ("batch", "flex", "priority", "fast"):
        assert covered(tier=tier, channel=Channel.OPENAI)
    assert covered(tier="batch", channel=Channel.ANTHROPIC)
    assert covered(speed="fast", channel=Channel.ANTHROPIC)
    assert covered(endpoint_scope="regional", channel=Channel.BEDROCK)
    for prompt in (100_000, 100_001, 272_000, 272_001):
        assert covered(prompt=prompt)
