"""Token counts: a function of the number of the answer, so that no two answers of a run are billed alike."""

from tollbook.usage import Usage

FIRST_EVENT_OUTPUT = 3
"""Output tokens that Anthropic's `message_start` already names."""


def anthropic_usage(number: int, *, web_searches: int = 0) -> Usage:
    """Counts of the answer with this number (from 1) of a model of Anthropic's; every third writes for an hour too."""
    return Usage(
        input=10 + number,
        cache_read=4_000 + 31 * number,
        cache_write_5m=700 + 7 * number,
        cache_write_1h=300 + 5 * number if number % 3 == 0 else 0,
        output=90 + 13 * number,
        reasoning=20 + number if number % 2 == 0 else 0,
        web_searches=web_searches,
    )


def advisor_usage(number: int) -> Usage:
    """Counts of the second model that advises in the answer with this number."""
    return Usage(input=2_000 + 17 * number, output=150 + 11 * number)


def openai_usage(number: int) -> Usage:
    """Counts of the answer with this number (from 1) of a model of OpenAI's: cache writes live for 30 minutes."""
    return Usage(
        input=500 + 3 * number,
        cache_read=3_000 + 29 * number,
        cache_write_30m=200 + 11 * number,
        output=120 + 13 * number,
        reasoning=30 + number,
    )


def until(usage: Usage, output: int) -> Usage:
    """The same call broken off after so many tokens of output."""
    counts = usage.as_dict() | {"output": output, "reasoning": min(usage.reasoning, output), "web_searches": 0}
    return Usage(**counts)
