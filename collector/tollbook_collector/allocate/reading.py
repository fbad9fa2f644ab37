"""What the readers of a rules file share: the problems found so far, and typed looks into its tree."""

import re
from collections.abc import Collection, Iterable

from tollbook.problem import Problem
from tollbook_collector.allocate.rows import ATTRIBUTES
from tollbook_collector.allocate.rules import Days, Origin, Source
from tollbook_collector.allocate.tables import read_days
from tollbook_collector.allocate.yaml_tree import Items, Map, Scalar, Value
from tollbook_collector.nearest import suggestion

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID = re.compile(r"[A-Za-z0-9_-]{1,60}")
"""Ids of rules and splits. Those of defaults and standard dimensions have a dot, so that they are never the same."""
MOST_VALUES = 2_000
"""Values of one condition, weights of one split."""
_SEE = "See docs/allocation.md."


class Reading:
    """One rules file being read. A problem is noted with its line, and reading goes on."""

    def __init__(self, name: str, dimensions: Collection[str]) -> None:
        self.name = name
        self.dimensions = dimensions
        """The names of all dimensions, so that a rule may name one that stands below it."""
        self.problems: list[Problem] = []
        self._ids: dict[str, int] = {}

    def wrong(self, reason: str, line: int, detail: str, remedy: str = _SEE) -> None:
        self.problems.append(Problem(reason=reason, where=f"{self.name}:{line}", detail=detail, remedy=remedy))

    def keys(self, at: Map, known: Iterable[str]) -> None:
        """Note every key that does not exist."""
        names = list(known)
        for key in at.entries:
            if key not in names:
                self.wrong("name_unknown", at.lines[key], f"there is no {key!r} here", suggestion(key, names))

    def map(self, value: Value | None, line: int, what: str) -> Map | None:
        """A mapping, else a problem; nothing at all is an empty one."""
        if value is None or (isinstance(value, Scalar) and value.value is None):
            return Map({}, {}, line)
        if isinstance(value, Map):
            return value
        self.wrong("shape_wrong", value.line, f"{what} is no mapping of names to values")
        return None

    def items(self, value: Value | None, what: str) -> tuple[Value, ...]:
        """The items of a list, else a problem; nothing at all is none."""
        if isinstance(value, Items):
            return value.items
        if value is not None and not (isinstance(value, Scalar) and value.value is None):
            self.wrong("shape_wrong", value.line, f"{what} is no list")
        return ()

    def text(self, value: Value | None, line: int, what: str) -> str | None:
        """A text that is not empty, else a problem. A whole number is taken as the text that stands there."""
        if isinstance(value, Scalar) and not isinstance(value.value, bool) and value.value not in (None, ""):
            return str(value.value)
        self.wrong("shape_wrong", line if value is None else value.line, f"{what} is no text")
        return None

    def texts(self, value: Value, what: str) -> tuple[str, ...]:
        """One text or a list of texts, each once, in the order of the file."""
        values = value.items if isinstance(value, Items) else (value,)
        found = [text for each in values if (text := self.text(each, each.line, what)) is not None]
        if not values or len(values) > MOST_VALUES:
            self.wrong("shape_wrong", value.line, f"{what} has no value, or more than {MOST_VALUES}")
        return tuple(dict.fromkeys(found))

    def id(self, at: Map) -> str:
        """The id of a rule or split, unique in the file."""
        found = self.text(at.entries.get("id"), at.line, "id") or ""
        if found and not ID.fullmatch(found):
            self.wrong("name_wrong", at.lines["id"], f"{found[:60]!r} is no id: letters, digits, _ and -")
        if found in self._ids:
            self.wrong("id_twice", at.lines["id"], f"the id {found!r} stands on line {self._ids[found]} too")
        if found:
            self._ids[found] = at.lines["id"]
        return found

    def days(self, at: Map) -> Days:
        """`valid_from` and `valid_to` of a rule or split."""
        values: dict[str, str] = {}
        for key in ("valid_from", "valid_to"):
            if key in at.entries and (text := self.text(at.entries[key], at.line, key)) is not None:
                values[key] = text
        line = next((at.lines[key] for key in ("valid_to", "valid_from") if key in at.lines), at.line)
        days = read_days(values, f"{self.name}:{line}")
        if isinstance(days, Problem):
            self.problems.append(days)
            return Days()
        return days

    def source(self, text: str, line: int, own: str | None) -> Source | None:
        """What a name means: `row.x` and `tag.x` as they say; else a dimension other than `own`; else an attribute."""
        prefix, _, rest = text.partition(".")
        if text == "ticket.project":
            return Source(Origin.PROJECT, "ticket")
        if prefix == "tag" and rest:
            return Source(Origin.TAG, rest)
        if text in self.dimensions and text != own:
            return Source(Origin.DIMENSION, text)
        name = rest if prefix == "row" else text
        if name in (*ATTRIBUTES, "untracked"):
            return Source(Origin.ROW, name)
        known = sorted({*self.dimensions, *ATTRIBUTES, "untracked", "ticket.project"} - {own})
        self.wrong("name_unknown", line, f"there is no dimension or attribute {text!r}", suggestion(text, known))
        return None
