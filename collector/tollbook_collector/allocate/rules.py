"""Rules as records: dimensions with ordered rules, lookups by date, splits in order. Built by the reader, then checked.

Days are UTC days since 1970-01-01; every span is half-open: from its first day to the day before its end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple


class Origin(StrEnum):
    """Where a value that rules look at comes from."""

    ROW = "row"
    """An attribute of the row; the name is one of `rows.ATTRIBUTES`."""
    TAG = "tag"
    """A tag of the row."""
    PROJECT = "project"
    """The project of the row's ticket: PAY of PAY-123."""
    DIMENSION = "dimension"
    """What another dimension says."""


class Source(NamedTuple):
    """One value that rules look at."""

    origin: Origin
    name: str

    @property
    def text(self) -> str:
        """As it stands in a rules file."""
        if self.origin is Origin.PROJECT:
            return "ticket.project"
        return self.name if self.origin is Origin.DIMENSION else f"{self.origin.value}.{self.name}"


class Test(StrEnum):
    """How a condition compares. `IS` and the others hold for any one of the condition's values."""

    IS = "is"
    PREFIX = "prefix"
    SUFFIX = "suffix"
    CONTAINS = "contains"
    GLOB = "glob"
    """`*` is any text, `?` any one letter."""
    PRESENT = "present"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One test of one value. Texts are compared letter for letter; a missing value passes no test but `not`."""

    source: Source
    test: Test
    values: tuple[str, ...] = ()
    negated: bool = False


class Days(NamedTuple):
    """Half-open; `None`: without end on that side."""

    start: int | None = None
    end: int | None = None

    def holds(self, day: int) -> bool:
        return (self.start is None or day >= self.start) and (self.end is None or day < self.end)

    def covers(self, other: "Days") -> bool:
        starts = self.start is None or (other.start is not None and self.start <= other.start)
        return starts and (self.end is None or (other.end is not None and self.end >= other.end))

    def meets(self, other: "Days") -> bool:
        before = self.end is not None and other.start is not None and self.end <= other.start
        return not before and not (other.end is not None and self.start is not None and other.end <= self.start)


@dataclass(frozen=True, slots=True, kw_only=True)
class Constant:
    """Always this value."""

    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """The value of a source, where it has one."""

    source: Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """The column of a lookup's entry for the value of a source on the row's day, where there is one."""

    lookup: str
    column: str
    on: Source


Yield = Constant | Copy | Find


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Gives its dimension a value where every condition holds, its days hold the row's, and its yield has one."""

    id: str
    when: tuple[Condition, ...]
    gives: Yield
    days: Days
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dimension:
    """The first rule that gives a value wins. `default` is shown as a remainder of its own, never as an allocation."""

    name: str
    rules: tuple[Rule, ...]
    default: str | None = None
    line: int = 0

    @property
    def default_rule(self) -> str:
        """The id that the default goes by in postings."""
        return f"{self.name}.default"


class Grain(StrEnum):
    """The span over which weights are summed."""

    DAY = "day"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Even:
    """Equal parts. `of`: (lookup, column) whose values of the row's day are the members, instead of `values`."""

    values: tuple[str, ...] = ()
    of: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fixed:
    """Whole-number weights of any sum."""

    weights: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proportional:
    """By what each value has already, pool aside; negative spend weighs nothing. Without `values`: all that spend."""

    values: tuple[str, ...]
    measure: str
    grain: Grain


@dataclass(frozen=True, slots=True, kw_only=True)
class Streamed:
    """By figures from outside, such as orders a day."""

    stream: str


By = Even | Fixed | Proportional | Streamed


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Moves the money of a pool to values of a dimension. Splits run in the order of the file (step-down)."""

    id: str
    pool: tuple[Condition, ...]
    to: str
    by: By
    even_if_empty: bool = False
    """What happens where all weights are zero: kept in the pool, or split evenly over the named values."""
    days: Days
    line: int


class Entry(NamedTuple):
    """One line of a lookup: the values of its columns, over some days."""

    days: Days
    values: Mapping[str, str]
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """A table by key and day. Entries of a key do not overlap and are ascending."""

    name: str
    columns: tuple[str, ...]
    entries: Mapping[str, tuple[Entry, ...]]

    def find(self, key: str, day: int, column: str) -> str | None:
        """The value of a column on a day; `None`: no entry, or none of that column."""
        for entry in self.entries.get(key, ()):
            if entry.days.holds(day):
                return entry.values.get(column)
        return None

    def members(self, column: str, day: int) -> tuple[str, ...]:
        """The distinct values of a column on a day, ascending."""
        found = {
            entry.values[column]
            for entries in self.entries.values()
            for entry in entries
            if column in entry.values and entry.days.holds(day)
        }
        return tuple(sorted(found))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Weights by span of days and value. Day or month of a figure is its first day."""

    name: str
    grain: Grain
    weights: Mapping[int, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """A whole rules file with its tables. `dimensions` are in the order in which they can be worked out."""

    name: str
    """The file's name, for messages."""
    dimensions: tuple[Dimension, ...] = ()
    splits: tuple[Split, ...] = ()
    lookups: Mapping[str, Lookup] = field(default_factory=dict[str, Lookup])
    streams: Mapping[str, Stream] = field(default_factory=dict[str, Stream])

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the dimensions."""
        return tuple(dimension.name for dimension in self.dimensions)


def sources_of(rule: Rule) -> tuple[Source, ...]:
    """Everything a rule looks at."""
    looked_at = tuple(condition.source for condition in rule.when)
    match rule.gives:
        case Copy(source=source) | Find(on=source):
            return (*looked_at, source)
        case Constant():
            return looked_at
