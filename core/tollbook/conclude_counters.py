"""Counters of a call from all its claims: two groups, input side and output side, each whole from the best claim."""

from collections.abc import Mapping
from dataclasses import dataclass

from tollbook.choose import most_believed
from tollbook.claim import Claim
from tollbook.usage import Totals, Usage
from tollbook.vocabulary import Quality

DISAGREE_PERCENT = 1
"""Final counts of two observers further apart than this are flagged, never summed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counters:
    """Concluded counts of one call."""

    usage: Usage | None
    extra: Mapping[str, Usage]
    quality: Quality
    flags: tuple[str, ...]


_QUALITY_FLAG = {Quality.PLACEHOLDER: ("placeholder_counts",), Quality.PARTIAL: ("partial_counts",), Quality.FINAL: ()}


def conclude_counters(claims: tuple[Claim, ...]) -> Counters:
    """The counts that the best observer of each side gives."""
    counting = most_believed([claim for claim in claims if claim.totals is not None])
    extra = _extra(claims)
    if not counting:
        quality = max(claim.quality for claim in claims)
        return Counters(usage=None, extra=extra, quality=quality, flags=("usage_unknown",))
    best = counting[0]
    totals = best.totals
    assert totals is not None
    flags = _QUALITY_FLAG[best.quality]
    if len(counting) > 1 and len({claim.totals for claim in counting}) > 1:
        totals = _completed(_refined(totals, counting[1:]), best.quality, counting[1:])
        finals = [claim.totals for claim in counting if claim.totals and claim.quality is Quality.FINAL]
        flags += tuple(_disagreements(finals))
    return Counters(usage=totals.usage(), extra=extra, quality=best.quality, flags=flags)


def _refined(totals: Totals, others: list[Claim]) -> Totals:
    """The same cache writes with more lifetimes known, when another observer of the same total saw the split."""
    whole = totals.cache_write_total
    for claim in others:
        other = claim.totals
        if other and other.cache_write_total == whole and totals.split < other.split <= whole:
            return totals._replace(
                cache_write_5m=other.cache_write_5m,
                cache_write_30m=other.cache_write_30m,
                cache_write_1h=other.cache_write_1h,
                cache_write_12h=other.cache_write_12h,
            )
    return totals


def _completed(totals: Totals, quality: Quality, others: list[Claim]) -> Totals:
    """The same output with its reasoning and its searches known, when another observer of it saw them: Claude Code's
    own OpenTelemetry tells neither, and what an observer cannot see it is silent about, which is not zero."""
    agreeing = [
        claim.totals
        for claim in others
        if claim.totals is not None and claim.quality is quality and claim.totals.output == totals.output
    ]
    if not agreeing:
        return totals
    return totals._replace(
        reasoning=max(totals.reasoning, *(one.reasoning for one in agreeing)),
        web_searches=max(totals.web_searches, *(one.web_searches for one in agreeing)),
    )


def _disagreements(finals: list[Totals]) -> list[str]:
    """Flags for sides on which final counts differ by more than the tolerance."""
    flags: list[str] = []
    if len(finals) < 2:
        return flags
    inputs = [one.input + one.cache_read + max(one.cache_write_total, one.split) for one in finals]
    outputs = [one.output for one in finals]
    for name, values in (("sources_disagree_input", inputs), ("sources_disagree_output", outputs)):
        if values and (max(values) - min(values)) * 100 > max(values) * DISAGREE_PERCENT:
            flags.append(name)
    return flags


def _extra(claims: tuple[Claim, ...]) -> Mapping[str, Usage]:
    """Other models inside the response, from the best claim that could see them; the others are silent, not zero."""
    seeing = [claim for claim in claims if claim.extra]
    if not seeing:
        return {}
    seeing = most_believed(seeing)
    return {model: totals.usage() for model, totals in sorted(seeing[0].extra.items())}
