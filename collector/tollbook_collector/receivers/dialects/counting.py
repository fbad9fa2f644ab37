"""Token counts as emitters report them, taken apart into disjoint counts. Pure.

Emitters disagree on one thing above all: whether the input count holds what was read from and written to a cache. Every
dialect says which it is; where a dialect cannot know, the numbers decide.
"""

from dataclasses import dataclass
from enum import StrEnum

from tollbook.checked import MAX_COUNT
from tollbook.problem import Problem
from tollbook.usage import Usage
from tollbook_collector.receivers.plain import Record


class Counting(StrEnum):
    """What an input count holds."""

    INCLUSIVE = "inclusive"
    """All input, cached or not: OpenTelemetry's convention, OpenAI's own counts."""
    EXCLUSIVE = "exclusive"
    """Only what no cache held: Anthropic's own counts."""
    UNSAID = "unsaid"
    """The emitter has written both. More cache than input, or a total that adds the caches, proves exclusive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """Counts as an emitter reports them; `None` is "not said"."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    cache_write_5m: int | None = None
    cache_write_1h: int | None = None
    reasoning: int | None = None
    """Of the output."""
    total: int | None = None
    web_searches: int | None = None


def usage_of(reported: Reported, counting: Counting) -> Usage | Problem | None:
    """The disjoint counts; `None` where input and output are both unknown, a Problem where the counts contradict."""
    if reported.input is None and reported.output is None:
        return None
    fresh, output = reported.input or 0, reported.output or 0
    read, five, one = reported.cache_read or 0, reported.cache_write_5m or 0, reported.cache_write_1h or 0
    written = max(reported.cache_write or 0, five + one)
    reasoning, searches = reported.reasoning or 0, reported.web_searches or 0
    held = (fresh, output, read, reported.cache_write or 0, five, one, reasoning, searches)
    if min(held) < 0 or max(held) > MAX_COUNT:
        return _problem("count_out_of_range", "The emitter's numbers are damaged.")
    if counting is Counting.UNSAID:
        counting = _proved(fresh, output, read + written, reported.total)
    if counting is Counting.INCLUSIVE:
        fresh -= read + written
        if fresh < 0:
            return _problem("cache_exceeds_input", "The emitter counts otherwise than its kind does: update it.")
    if reasoning > output:
        return _problem("reasoning_exceeds_output", "The emitter counts otherwise than its kind does: update it.")
    return Usage(
        input=fresh,
        cache_read=read,
        cache_write_5m=five,
        cache_write_1h=one,
        cache_write=written - five - one,
        output=output,
        reasoning=reasoning,
        web_searches=searches,
    )


def _proved(fresh: int, output: int, cached: int, total: int | None) -> Counting:
    adds_up = cached > 0 and total == fresh + cached + output
    return Counting.EXCLUSIVE if cached > fresh or adds_up else Counting.INCLUSIVE


def semconv(record: Record) -> Reported:
    """The counts under OpenTelemetry's names, old and new, and the spellings that emitters use for what has none."""
    count = record.count
    return Reported(
        input=count("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
        output=count("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        cache_read=count("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
        cache_write=count(
            "gen_ai.usage.cache_write.input_tokens",
            "gen_ai.usage.cache_creation.input_tokens",
            "gen_ai.usage.cache_creation_input_tokens",
        ),
        reasoning=count(
            "gen_ai.usage.reasoning.output_tokens",
            "gen_ai.usage.reasoning_tokens",
        ),
        total=count("gen_ai.usage.total_tokens", "llm.usage.total_tokens"),
    )


SEMCONV_NAMES: frozenset[str] = frozenset(
    {
        "gen_ai.usage.input_tokens",
        "gen_ai.usage.prompt_tokens",
        "gen_ai.usage.output_tokens",
        "gen_ai.usage.completion_tokens",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_read_input_tokens",
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.usage.reasoning_tokens",
        "gen_ai.usage.total_tokens",
        "llm.usage.total_tokens",
    }
)


def _problem(reason: str, remedy: str) -> Problem:
    return Problem(reason=reason, where="otlp", remedy=remedy)
