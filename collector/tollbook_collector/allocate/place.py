"""Placing: the value of every dimension for a row, by the first rule that gives one. The reference in plain Python."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from tollbook_collector.allocate.rows import AllocationRow
from tollbook_collector.allocate.rules import (
    Condition,
    Constant,
    Copy,
    Days,
    Dimension,
    Find,
    Lookup,
    Origin,
    Rule,
    RuleSet,
    Source,
    Test,
    sources_of,
)


class Placed(NamedTuple):
    """What a dimension says of a row. No value: no rule gave one, and there is no default."""

    value: str | None
    rule: str | None


NOWHERE = Placed(None, None)

type Places = Mapping[str, Placed]
"""What each dimension says of one row."""


def value_of(source: Source, row: AllocationRow, places: Places) -> str | None:
    """The value of a source. `untracked` has a value where it is true, for `present`."""
    match source.origin:
        case Origin.DIMENSION:
            return places.get(source.name, NOWHERE).value
        case Origin.TAG:
            return next((value for name, value in row.tags if name == source.name), None)
        case Origin.PROJECT:
            return project_of(row.ticket)
        case Origin.ROW:
            if source.name == "untracked":
                return "true" if row.untracked else None
            found: str | None = getattr(row, source.name)
            return found


def project_of(ticket: str | None) -> str | None:
    """PAY of PAY-123; `None` where there is no dash with something before it."""
    return (ticket.rpartition("-")[0] or None) if ticket is not None else None


@cache
def glob(pattern: str) -> re.Pattern[str]:
    """`*` is any text, `?` any one letter; everything else stands for itself."""
    return re.compile("".join({"*": ".*", "?": "."}.get(each, re.escape(each)) for each in pattern), re.DOTALL)


_TESTS: Mapping[Test, Callable[[str, tuple[str, ...]], bool]] = {
    Test.IS: lambda text, values: text in values,
    Test.PREFIX: lambda text, values: text.startswith(values),
    Test.SUFFIX: lambda text, values: text.endswith(values),
    Test.CONTAINS: lambda text, values: any(value in text for value in values),
    Test.GLOB: lambda text, values: any(glob(value).fullmatch(text) for value in values),
    Test.PRESENT: lambda text, values: True,
}


def passes(text: str, test: Test, values: tuple[str, ...]) -> bool:
    """Whether a text passes a test."""
    return _TESTS[test](text, values)


def holds(condition: Condition, row: AllocationRow, places: Places) -> bool:
    """Whether a condition holds for a row."""
    text = value_of(condition.source, row, places)
    return (text is not None and passes(text, condition.test, condition.values)) is not condition.negated


def given(rule: Rule, row: AllocationRow, places: Places, lookups: Mapping[str, Lookup]) -> str | None:
    """The value that a rule gives a row, if any."""
    if not rule.days.holds(row.day) or not all(holds(condition, row, places) for condition in rule.when):
        return None
    match rule.gives:
        case Constant(value=value):
            return value
        case Copy(source=source):
            return value_of(source, row, places)
        case Find(lookup=lookup, column=column, on=on):
            key = value_of(on, row, places)
            return None if key is None else lookups[lookup].find(key, row.day, column)


def place(dimension: Dimension, row: AllocationRow, places: Places, lookups: Mapping[str, Lookup]) -> Placed:
    """What one dimension says of a row, given what those before it say."""
    for rule in dimension.rules:
        value = given(rule, row, places, lookups)
        if value is not None:
            return Placed(value, rule.id)
    if dimension.default is not None:
        return Placed(dimension.default, dimension.default_rule)
    return NOWHERE


def place_all(
    rules: RuleSet, dimensions: Sequence[Dimension], row: AllocationRow, before: Places
) -> dict[str, Placed]:  # fmt: skip
    """What dimensions, in order, say of a row; those of `before` that are not among them stay."""
    places = dict(before)
    for dimension in dimensions:
        places[dimension.name] = place(dimension, row, places, rules.lookups)
    return places


class Placer:
    """Places rows, remembering for each dimension what rows alike in everything it looks at came to."""

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._remembered = [_Remembered(dimension, rules.lookups) for dimension in rules.dimensions]

    def place(self, row: AllocationRow) -> dict[str, Placed]:
        """What every dimension says of a row."""
        places: dict[str, Placed] = {}
        for each in self._remembered:
            places[each.dimension.name] = each.place(row, places)
        return places


class _Remembered:
    """One dimension, with what it has said."""

    def __init__(self, dimension: Dimension, lookups: Mapping[str, Lookup]) -> None:
        self.dimension = dimension
        self._lookups = lookups
        sources = {source for rule in dimension.rules for source in sources_of(rule)}
        self._others = sorted(source.name for source in sources if source.origin is Origin.DIMENSION)
        texts = {source.name for source in sources if source.origin in (Origin.ROW, Origin.PROJECT)}
        tags = {"tags"} if any(source.origin is Origin.TAG for source in sources) else set[str]()
        self._of_row = tuple(sorted(texts | tags))
        dated = any(rule.days != Days() or isinstance(rule.gives, Find) for rule in dimension.rules)
        self._day = dated
        self._known: dict[tuple[object, ...], Placed] = {}

    def place(self, row: AllocationRow, places: Places) -> Placed:
        key = (
            row.day if self._day else None,
            *[getattr(row, name) for name in self._of_row],
            *[places[name].value for name in self._others],
        )
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = place(self.dimension, row, places, self._lookups)
        return found
