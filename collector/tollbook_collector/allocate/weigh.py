"""The weights of a split on a day: what each value gets a part by."""

from collections.abc import Mapping

from tollbook_collector.allocate.rules import By, Even, Fixed, Proportional, RuleSet, Split, Streamed
from tollbook_collector.allocate.tables import span_start

type Spend = Mapping[tuple[int, str], int]
"""What each (first day of the span, value) has, in nano-dollars of the split's measure, pool aside."""


def weights_on(split: Split, day: int, rules: RuleSet, spend: Spend) -> dict[str, int]:
    """The weights of a day, ascending by value; empty where the money stays in the pool."""
    found = dict(sorted(_weights(split.by, day, rules, spend).items()))
    if any(weight > 0 for weight in found.values()):
        return {value: weight for value, weight in found.items() if weight > 0}
    return dict.fromkeys(found, 1) if split.even_if_empty else {}


def _weights(by: By, day: int, rules: RuleSet, spend: Spend) -> dict[str, int]:
    match by:
        case Even(values=values, of=None):
            return dict.fromkeys(values, 1)
        case Even(of=(lookup, column)):
            return dict.fromkeys(rules.lookups[lookup].members(column, day), 1)
        case Fixed(weights=weights):
            return dict(weights)
        case Streamed(stream=name):
            stream = rules.streams[name]
            return dict(stream.weights.get(span_start(day, stream.grain), {}))
        case Proportional(values=values, grain=grain):
            start = span_start(day, grain)
            if values:
                return {value: spend.get((start, value), 0) for value in values}
            return {value: weight for (at, value), weight in spend.items() if at == start}
        case _:
            raise TypeError(by)
