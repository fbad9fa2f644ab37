"""Masks: what conditions say of a text, a bit each: worked out once for every text there is, not for every row."""

from collections.abc import Mapping
from typing import NamedTuple

from tollbook_collector.allocate.rules import Condition, Origin, RuleSet, Source

BITS = 62
"""Of one mask."""


class Bit(NamedTuple):
    """Where a condition's answer stands."""

    mask: int
    at: int


class Mask(NamedTuple):
    """One column of bits: the source whose texts are asked, and the conditions in the order of their bits."""

    source: Source
    conditions: tuple[Condition, ...]


def mask_list(rules: RuleSet) -> tuple[Mask, ...]:
    """The masks of a rule set: of all that looks at the row itself. What dimensions say is known only later."""
    found: dict[Source, dict[Condition, None]] = {}
    rows = [condition for dimension in rules.dimensions for rule in dimension.rules for condition in rule.when]
    for condition in (*rows, *(condition for split in rules.splits for condition in split.pool)):
        if condition.source.origin is not Origin.DIMENSION:
            found.setdefault(condition.source, {})[condition] = None
    return tuple(
        Mask(source, tuple(conditions)[start : start + BITS])
        for source, conditions in found.items()
        for start in range(0, len(conditions), BITS)
    )


def masks_of(rules: RuleSet) -> Mapping[Condition, Bit]:
    """Where each condition's answer stands."""
    return {
        condition: Bit(number, at)
        for number, mask in enumerate(mask_list(rules))
        for at, condition in enumerate(mask.conditions)
    }
