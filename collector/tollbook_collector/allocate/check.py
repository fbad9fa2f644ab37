"""What is wrong with rules that can be read: rules nothing reaches, rules that overlap, splits that go in a circle."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tollbook.problem import Problem
from tollbook_collector.allocate.place import passes
from tollbook_collector.allocate.rules import (
    By,
    Condition,
    Constant,
    Even,
    Fixed,
    Origin,
    Proportional,
    Rule,
    RuleSet,
    Source,
    Split,
    Streamed,
    Test,
)

WARNINGS: frozenset[str] = frozenset({"rules_overlap", "split_never_fed"})
"""Reasons that do not make rules unusable: the order of the file, or a value of rows, may be what was meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What checking found."""

    errors: tuple[Problem, ...]
    warnings: tuple[Problem, ...]


def check(rules: RuleSet) -> Checked:
    """Everything that is wrong, by line."""
    found = [*_unreachable(rules), *_overlapping(rules), *_circles(rules), *_nowhere(rules)]
    found.sort(key=lambda problem: (_line(problem), problem.reason))
    return Checked(
        errors=tuple(each for each in found if each.reason not in WARNINGS),
        warnings=tuple(each for each in found if each.reason in WARNINGS),
    )


def _line(problem: Problem) -> int:
    return int(problem.where.rpartition(":")[2])


def _problem(rules: RuleSet, reason: str, line: int, detail: str, remedy: str) -> Problem:
    return Problem(reason=reason, where=f"{rules.name}:{line}", detail=detail, remedy=remedy)


def _pairs(rules: RuleSet) -> Iterator[tuple[str, Rule, Rule]]:
    """(dimension, earlier rule, later rule)."""
    for dimension in rules.dimensions:
        for place, later in enumerate(dimension.rules):
            for earlier in dimension.rules[:place]:
                yield dimension.name, earlier, later


def _unreachable(rules: RuleSet) -> Iterator[Problem]:
    told: set[str] = set()
    for name, earlier, later in _pairs(rules):
        if later.id not in told and _shadows(earlier, later):
            told.add(later.id)
            detail = f"rule {later.id} of {name} can never win: {earlier.id} on line {earlier.line} takes all it would"
            yield _problem(rules, "rule_unreachable", later.line, detail, "Put the narrower rule first, or drop one.")


def _shadows(earlier: Rule, later: Rule) -> bool:
    """Whether the earlier rule gives a value wherever the later one would."""
    if not isinstance(earlier.gives, Constant) or not earlier.days.covers(later.days):
        return False
    return all(any(implies(given, wanted) for given in later.when) for wanted in earlier.when)


def implies(given: Condition, wanted: Condition) -> bool:
    """Whether whatever passes the one condition passes the other. `False` where that is not plain."""
    if given.source != wanted.source:
        return False
    if given == wanted:
        return True
    if given.negated or wanted.negated:
        is_absent = given.test is Test.PRESENT and given.negated
        return wanted.negated and (is_absent or (not given.negated and given.test is Test.IS and _apart(given, wanted)))
    if wanted.test is Test.PRESENT:
        return True
    if given.test is Test.IS:
        return all(_passes(value, wanted) for value in given.values)
    if given.test is wanted.test and given.test in (Test.PREFIX, Test.SUFFIX, Test.CONTAINS):
        return all(_passes(value, wanted) for value in given.values)
    return False


def _apart(given: Condition, wanted: Condition) -> bool:
    """Whether no value of `given` passes what `wanted` negates."""
    return wanted.test is not Test.PRESENT and not any(_passes(value, wanted) for value in given.values)


def _passes(value: str, condition: Condition) -> bool:
    return passes(value, condition.test, condition.values)


def _overlapping(rules: RuleSet) -> Iterator[Problem]:
    for name, earlier, later in _pairs(rules):
        same = earlier.gives == later.gives
        if same or _shadows(earlier, later) or _shadows(later, earlier) or not earlier.days.meets(later.days):
            continue
        shared = _shared(earlier.when, later.when)
        if shared:
            detail = f"rules {earlier.id} (line {earlier.line}) and {later.id} of {name} both take {', '.join(shared)}"
            yield _problem(rules, "rules_overlap", later.line, f"{detail}: the first wins", "Say so in a comment.")


def _shared(one: Sequence[Condition], other: Sequence[Condition]) -> list[str]:
    """Values that both rules name, where they look at the same things and nothing keeps them apart."""
    if {each.source for each in one} != {each.source for each in other} or not one:
        return []
    found: list[str] = []
    for mine in one:
        for theirs in (each for each in other if each.source == mine.source):
            if mine.negated or theirs.negated:
                continue
            common = _common(mine, theirs)
            if not common:
                return []
            found += common
    return found


def _common(mine: Condition, theirs: Condition) -> list[str]:
    values = [value for value in mine.values if mine.test is Test.IS and _passes(value, theirs)]
    values += [value for value in theirs.values if theirs.test is Test.IS and _passes(value, mine)]
    if mine.test is theirs.test is Test.PREFIX:
        values += [each for each in mine.values if each.startswith(theirs.values)]
        values += [each for each in theirs.values if each.startswith(mine.values)]
    return list(dict.fromkeys(values))


def targets(by: By, rules: RuleSet) -> frozenset[str]:
    """The values that a split may send money to, as far as the file names them."""
    match by:
        case Even(of=(lookup, column)):
            entries = rules.lookups[lookup].entries.values()
            return frozenset(each.values[column] for many in entries for each in many if column in each.values)
        case Even(values=values) | Proportional(values=values):
            return frozenset(values)
        case Fixed(weights=weights):
            return frozenset(weights)
        case Streamed(stream=stream):
            return frozenset(value for weights in rules.streams[stream].weights.values() for value in weights)


def pool_values(split: Split) -> frozenset[str]:
    """The values of its own dimension that a split empties, where its pool names them."""
    own = Source(Origin.DIMENSION, split.to)
    named = [each for each in split.pool if each.source == own and each.test is Test.IS and not each.negated]
    return frozenset(named[0].values) if named else frozenset()


def _circles(rules: RuleSet) -> Iterator[Problem]:
    """A later split that fills what an earlier one has emptied: its share would never be handed on."""
    for place, later in enumerate(rules.splits):
        for earlier in rules.splits[:place]:
            if earlier.to != later.to or not earlier.days.meets(later.days):
                continue
            back = sorted(pool_values(earlier) & targets(later.by, rules) - pool_values(later))
            if back:
                detail = (
                    f"split {later.id} gives to {', '.join(back)}, which {earlier.id} (line {earlier.line}) empties"
                )
                yield _problem(rules, "split_cycle", later.line, detail, "Order the splits from giver to receiver.")


def _nowhere(rules: RuleSet) -> Iterator[Problem]:
    """A pool of a value that no rule gives and no earlier split fills."""
    fed: dict[str, set[str]] = {}
    open_ended: set[str] = set()
    for dimension in rules.dimensions:
        fed[dimension.name] = {each.gives.value for each in dimension.rules if isinstance(each.gives, Constant)}
        fed[dimension.name] |= set() if dimension.default is None else {dimension.default}
        if any(not isinstance(each.gives, Constant) for each in dimension.rules):
            open_ended.add(dimension.name)
    for split in rules.splits:
        missing = sorted(pool_values(split) - fed[split.to])
        if missing and split.to not in open_ended:
            detail = f"the pool of split {split.id}: nothing ever gives {split.to} the value {', '.join(missing)}"
            yield _problem(rules, "split_never_fed", split.line, detail, "Is the value spelt as in the rules?")
        fed[split.to] |= targets(split.by, rules)
