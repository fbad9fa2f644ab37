"""What an observer cannot see it is silent about: searches and reasoning are not in Claude Code's own OpenTelemetry."""

import itertools

from tollbook.claim import claim_of
from tollbook.conclude_counters import conclude_counters
from tollbook.identity import Id
from tollbook.sighting import Sighting
from tollbook.usage import Usage
from tollbook.vocabulary import IdKind, Quality, Source, Tool


def seen(source: Source, usage: Usage, quality: Quality = Quality.FINAL):
    sighting = Sighting(
        source=source,
        tool=Tool.CLAUDE_CODE,
        ids=(Id(IdKind.REQUEST, "req_1"),),
        started_at=1,
        ended_at=2,
        usage=usage,
        quality=quality,
    )
    made = claim_of(sighting, "device")
    assert made is not None
    return made


OTEL = seen(Source.OTEL, Usage(input=10, output=80))
LOG = seen(Source.LOG, Usage(input=10, output=80, reasoning=40, web_searches=2))


def test_the_log_completes_what_telemetry_says_in_any_order() -> None:
    for claims in itertools.permutations((OTEL, LOG)):
        assert conclude_counters(claims).usage == Usage(input=10, output=80, reasoning=40, web_searches=2)


def test_only_an_observer_of_the_same_output_completes_it() -> None:
    other = seen(Source.LOG, Usage(input=10, output=70, reasoning=60, web_searches=2))
    assert conclude_counters((OTEL, other)).usage == Usage(input=10, output=80)
    placeholder = seen(Source.LOG, Usage(input=10, output=80, reasoning=60), Quality.PLACEHOLDER)
    assert conclude_counters((OTEL, placeholder)).usage == Usage(input=10, output=80)
