"""From a rules file's tree to dimensions, rules and conditions."""

from collections.abc import Mapping

from tollbook_collector.allocate.reading import Reading
from tollbook_collector.allocate.rules import (
    Condition,
    Constant,
    Copy,
    Dimension,
    Find,
    Lookup,
    Origin,
    Rule,
    Source,
    Test,
    Yield,
)
from tollbook_collector.allocate.yaml_tree import Map, Scalar, Value
from tollbook_collector.nearest import suggestion

_GIVES = ("value", "from", "lookup")
_RULE = ("id", "when", *_GIVES, "on", "parent_of", "valid_from", "valid_to")
_SHORT = ("from", "lookup", "on", "parent_of")
_TESTS = tuple(test.value for test in Test)


def read_dimension(reading: Reading, name: str, at: Map, lookups: Mapping[str, Lookup]) -> Dimension:
    """A dimension: `rules`, or one rule written without the list (`from`, or `lookup` with `on` or `parent_of`)."""
    reading.keys(at, ("rules", "default", *_SHORT))
    rules: list[Rule] = []
    if "rules" not in at.entries:
        gives = _gives(reading, at, name, lookups)
        if gives is not None:
            rules.append(Rule(id=f"{name}.{'from' if isinstance(gives, Copy) else 'lookup'}",
                              when=(), gives=gives, days=reading.days(at), line=at.line))  # fmt: skip
    elif any(key in at.entries for key in _SHORT):
        reading.wrong("shape_wrong", at.line, f"{name} has both rules and a rule of its own")
    for item in reading.items(at.entries.get("rules"), "rules"):
        rule = _rule(reading, item, name, lookups)
        if rule is not None:
            rules.append(rule)
    default = at.entries.get("default")
    text = None
    if default is not None and not (isinstance(default, Scalar) and default.value is None):
        text = reading.text(default, at.line, "default")
    return Dimension(name=name, rules=tuple(rules), default=text, line=at.line)


def _rule(reading: Reading, item: Value, own: str, lookups: Mapping[str, Lookup]) -> Rule | None:
    at = reading.map(item, item.line, "a rule")
    if at is None:
        return None
    reading.keys(at, _RULE)
    rule_id = reading.id(at)
    gives = _gives(reading, at, own, lookups)
    when = read_conditions(reading, at.entries.get("when"), at.line, own)
    return None if gives is None else Rule(id=rule_id, when=when, gives=gives, days=reading.days(at), line=at.line)


def _gives(reading: Reading, at: Map, own: str, lookups: Mapping[str, Lookup]) -> Yield | None:
    given = [key for key in _GIVES if key in at.entries]
    if len(given) != 1:
        reading.wrong("shape_wrong", at.line, f"exactly one of {', '.join(_GIVES)} is needed")
        return None
    text = reading.text(at.entries[given[0]], at.line, given[0])
    if text is None:
        return None
    line = at.lines[given[0]]
    if given[0] == "value":
        return Constant(value=text)
    if given[0] == "from":
        source = reading.source(text, line, own)
        return None if source is None else Copy(source=source)
    return _find(reading, at, text, line, own, lookups)


def _find(
    reading: Reading, at: Map, text: str, line: int, own: str, lookups: Mapping[str, Lookup]
) -> Find | None:  # fmt: skip
    table, _, column = text.partition(".")
    lookup = lookups.get(table)
    if lookup is None:
        reading.wrong("name_unknown", line, f"there is no lookup {table!r}", suggestion(table, lookups))
        return None
    if column not in lookup.columns:
        remedy = suggestion(column, lookup.columns) if lookup.columns else "The table has no columns but its key."
        reading.wrong("name_unknown", line, f"the lookup {table} has no column {column!r}", remedy)
        return None
    by = "parent_of" if "parent_of" in at.entries else "on"
    on = reading.text(at.entries.get(by), at.line, "on")
    source = None if on is None else reading.source(on, at.lines[by], own)
    if source is not None and by == "parent_of" and source.origin is not Origin.DIMENSION:
        reading.wrong("name_unknown", at.lines[by], f"{on!r} is no dimension", suggestion(str(on), reading.dimensions))
    return None if source is None else Find(lookup=table, column=column, on=source)


def read_conditions(reading: Reading, value: Value | None, line: int, own: str | None) -> tuple[Condition, ...]:
    """The conditions of a `when` or a `pool`: all must hold."""
    at = reading.map(value, line, "when")
    found: list[Condition] = []
    for key, test in (at.entries if at is not None else {}).items():
        here = at.lines[key] if at is not None else line
        source = reading.source(key, here, own)
        if source is not None:
            found += _conditions(reading, source, test, here)
    return tuple(found)


def _conditions(reading: Reading, source: Source, value: Value, line: int) -> list[Condition]:
    """`x: text`, `x: [texts]`, `x: ~` (absent), `x: true`, or `x: {test: ...}` with `not` around any of them."""
    if source == Source(Origin.ROW, "untracked"):
        if isinstance(value, Scalar) and isinstance(value.value, bool):
            return [Condition(source=source, test=Test.PRESENT, negated=not value.value)]
        reading.wrong("shape_wrong", line, "untracked is true or false")
        return []
    if isinstance(value, Map):
        return _tests(reading, source, value)
    if isinstance(value, Scalar) and value.value is None:
        return [Condition(source=source, test=Test.PRESENT, negated=True)]
    return [Condition(source=source, test=Test.IS, values=reading.texts(value, source.text))]


def _tests(reading: Reading, source: Source, at: Map) -> list[Condition]:
    reading.keys(at, ("not", *_TESTS))
    found: list[Condition] = []
    for key, value in at.entries.items():
        if key == "not":
            for each in _conditions(reading, source, value, at.lines[key]):
                found.append(Condition(source=source, test=each.test, values=each.values, negated=not each.negated))
            if isinstance(value, Map) and len(value.entries) != 1:
                reading.wrong("shape_wrong", value.line, "`not` takes one test: write two conditions as two `not`s")
        elif key == Test.PRESENT:
            if isinstance(value, Scalar) and isinstance(value.value, bool):
                found.append(Condition(source=source, test=Test.PRESENT, negated=not value.value))
            else:
                reading.wrong("shape_wrong", value.line, "present is true or false")
        elif key in _TESTS:
            found.append(Condition(source=source, test=Test(key), values=reading.texts(value, key)))
    return found
