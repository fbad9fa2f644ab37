"""Which spellings mean the same model, and which do not."""

import pytest

from tests.core.prices.calls import BOOK
from tollbook.prices.names import canonical
from tollbook.vocabulary import Channel


def known(channel: Channel, name: str) -> str | None:
    found = BOOK.channels[channel].find(name)
    return found[0].name if found else None


SPELLINGS = [
    (
        Channel.ANTHROPIC,
        "claude-opus-5-5",
        ["claude-opus-5-5", "claude-opus-5.5", "claude-5-5-opus", "claude-5.5-opus"],
    ),
    (Channel.ANTHROPIC, "claude-opus-5", ["claude-opus-5", "claude-opus-5-20260724", "claude-opus-5-0", "opus-5"]),
    (
        Channel.ANTHROPIC,
        "claude-opus-4",
        ["claude-opus-4-20250514", "claude-opus-4-0", "claude-4-opus", "claude-opus-4"],
    ),
    (Channel.ANTHROPIC, "claude-opus-4-1", ["claude-opus-4-1-20250805", "claude-opus-4.1", "opus-4-1"]),
    (
        Channel.ANTHROPIC,
        "claude-sonnet-4-5",
        ["claude-sonnet-4-5-20250929[1m]", "Claude Sonnet 4.5", "anthropic/claude-sonnet-4.5", "sonnet-4-5"],
    ),
    (
        Channel.ANTHROPIC,
        "claude-sonnet-3-7",
        ["claude-3-7-sonnet-20250219", "claude-3-7-sonnet-latest", "claude-3.7-sonnet"],
    ),
    (Channel.ANTHROPIC, "claude-sonnet-3-5", ["claude-3-5-sonnet-20241022", "claude-3.5-sonnet:beta"]),
    (Channel.ANTHROPIC, "claude-haiku-3", ["claude-3-haiku-20240307", "claude-3-haiku@20240307"]),
    (Channel.ANTHROPIC, "claude-fable-5-2", ["claude-mythos-5-2", "claude-fable-5-2-20261101"]),
    (
        Channel.BEDROCK,
        "claude-opus-4-5",
        [
            "us.anthropic.claude-opus-4-5-20251101-v1:0",
            "global.anthropic.claude-opus-4-5-20251101-v1%3A0",
            "bedrock/anthropic.claude-opus-4-5-20251101-v1:0",
            "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-opus-4-5-20251101-v1:0",
            "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-opus-4-5-20251101-v1:0",
        ],
    ),
    (
        Channel.BEDROCK,
        "claude-sonnet-3-5",
        ["anthropic.claude-3-5-sonnet-20241022-v2:0", "apac.anthropic.claude-3-5-sonnet-20240620-v1:0:200k"],
    ),
    (Channel.BEDROCK, "gpt-6.1-sol", ["openai.gpt-6.1-sol", "us.openai.gpt-6.1-sol"]),
    (Channel.VERTEX, "claude-haiku-4-5", ["claude-haiku-4-5@20251001", "claude-haiku-4-5@default"]),
    (Channel.VERTEX, "gemini-3-pro-preview", ["gemini-3-pro-preview", "google/gemini-3-pro-preview", "gemini-3-pro"]),
    (Channel.OPENAI, "gpt-5", ["gpt-5-2025-08-07", "gpt-5-codex", "openai/gpt-5", "GPT-5"]),
    (Channel.OPENAI, "gpt-5.1", ["gpt-5.1-codex-max", "gpt-5-1-codex", "gpt-5.1-2025-11-13"]),
    (Channel.OPENAI, "gpt-5.6-sol", ["gpt-5.6-sol-2026-07-09", "gpt-5-6-sol", "gpt-5.6"]),
    (Channel.OPENAI, "gpt-4o", ["gpt-4o-2024-08-06", "gpt-4o-2024-11-20"]),
    (Channel.OPENAI, "gpt-4o-2024-05-13", ["gpt-4o-2024-05-13"]),
    (Channel.OPENAI, "codex-mini", ["codex-mini-latest"]),
    (Channel.OPENAI, "o4-mini", ["o4-mini-high", "o4-mini-2025-04-16"]),
    (Channel.CURSOR, "claude-opus-4-6", ["claude-4.6-opus-high-thinking", "claude-opus-4-6-thinking-max"]),
    (Channel.CURSOR, "claude-opus-5", ["Opus 5 (Auto Balanced)", "claude-opus-5-thinking-xhigh"]),
    (Channel.CURSOR, "gpt-5.1", ["gpt-5.1-codex-max-high", "gpt-5.1-low"]),
    (Channel.CURSOR, "composer-2.5", ["composer-2.5", "composer-2.5[fast=false]", "Composer 2.5"]),
    (Channel.CURSOR, "composer-2.5-fast", ["composer-2.5-fast", "composer-2.5[fast=true]"]),
    (Channel.CURSOR, "grok-4.6-fast", ["grok-4.6-high-fast", "cursor-grok-4.6-fast"]),
    (Channel.CURSOR, "auto", ["auto", "default", "Auto"]),
]


@pytest.mark.parametrize(
    ("channel", "model", "name"), [(channel, model, name) for channel, model, names in SPELLINGS for name in names]
)
def test_spellings(channel: Channel, model: str, name: str) -> None:
    assert known(channel, name) == model


@pytest.mark.parametrize(
    "name",
    [
        "",
        "claude",
        "opus",
        "claude-opus",
        "claude-opus-55",
        "claude-opus-5-7",
        "claude-opus-5-5-mini",
        "claude-fast-5",
        "claude-opus-4-5@latest-experiment",
        "gpt-5.5-turbo",
        "gpt-4o:extended",
        "ft:gpt-4o-2024-08-06:acme",
        "gpt-5.3-codex-spark",
        "o5",
        "<synthetic>",
    ],
)
def test_a_likeness_is_not_enough(name: str) -> None:
    assert known(Channel.ANTHROPIC, name) is None
    assert known(Channel.OPENAI, name) is None


def test_fast_is_seen_in_the_name_only_where_it_is_no_part_of_it() -> None:
    cursor = BOOK.channels[Channel.CURSOR]
    found = [cursor.find(name) for name in ("claude-opus-5-fast", "composer-2.5-fast", "claude-opus-5")]
    assert [one and one[1] for one in found] == [True, False, False]


def test_canonical_names_stay_as_they_are() -> None:
    names = {name for rates in BOOK.channels.values() for name in rates.models}
    assert len(names) > 50
    assert {name for name in names if canonical(name) != name} == set()
