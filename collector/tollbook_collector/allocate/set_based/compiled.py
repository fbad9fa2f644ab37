"""Rules as SQL: a source as a column, a condition as a predicate, a dimension as one CASE and its joins.

Every text of a rules file goes in as a parameter, never into the SQL. Texts compare by code point, as in Python.
"""

from collections.abc import Mapping, Sequence

from tollbook_collector.allocate.rows import ATTRIBUTES
from tollbook_collector.allocate.rules import (
    Condition,
    Constant,
    Copy,
    Days,
    Dimension,
    Find,
    Origin,
    Rule,
    RuleSet,
    Source,
    Test,
    sources_of,
)
from tollbook_collector.allocate.set_based.masks import masks_of

EARLIEST, LATEST = -(2**31), 2**31 - 1
"""Days that stand for "without end" in a lookup's table."""


def project_of(ticket: str) -> str:
    """PAY of PAY-123."""
    return f"nullif(array_to_string(list_slice(string_split({ticket}, '-'), 1, -2), '-'), '')"


class Compiler:
    """Compiles parts of one query, so that they can share its parameters. `b` is the row, `d<n>`/`r<n>` its values.

    Tables: `rows` (n, day, untracked, a_<attribute>, t_<tag number>, k_<mask number>), `look_<n>` (key, start,
    stop, c_<column number>). What a condition says of an attribute is asked once of each of its texts (`masks.py`).
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.parameters: dict[str, object] = {}
        self.tags = tags_of(rules)
        self.lookups = {name: place for place, name in enumerate(sorted(rules.lookups))}
        self.names = rule_names(rules)
        self.rule_type = "USMALLINT" if len(self.names) <= 2**16 else "INTEGER"
        """A million pieces have one of each dimension: half the width is half the time to write it."""
        self.masks = masks_of(rules)
        self._dimensions = {name: place for place, name in enumerate(rules.names)}

    def text(self, value: str) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"${name}"

    def source(self, source: Source) -> str:
        match source.origin:
            case Origin.DIMENSION:
                return f"d{self._dimensions[source.name]}"
            case Origin.TAG:
                return f"t_{self.tags.index(source.name)}"
            case Origin.PROJECT:
                return f"({project_of('a_ticket')})"
            case Origin.ROW:
                if source.name == "untracked":
                    return "(CASE WHEN untracked THEN 'true' END)"
                return f"a_{source.name}"

    def condition(self, condition: Condition) -> str:
        bit = self.masks.get(condition)
        return (
            self.test(condition, self.source(condition.source))
            if bit is None
            else f"(k_{bit.mask} & {1 << bit.at}) <> 0"
        )

    def test(self, condition: Condition, column: str) -> str:
        """The condition itself, of a column that holds what its source says."""
        values = [self.text(_like(value) if condition.test is Test.GLOB else value) for value in condition.values]
        match condition.test:
            case Test.PRESENT:
                test = f"({column}) IS NOT NULL"
            case Test.IS:
                test = f"{column} IN ({', '.join(values)})"
            case Test.PREFIX:
                test = " OR ".join(f"starts_with({column}, {value})" for value in values)
            case Test.SUFFIX:
                test = " OR ".join(f"suffix({column}, {value})" for value in values)
            case Test.CONTAINS:
                test = " OR ".join(f"contains({column}, {value})" for value in values)
            case Test.GLOB:
                test = " OR ".join(f"{column} LIKE {value} ESCAPE '\\'" for value in values)
        return f"{'NOT ' if condition.negated else ''}coalesce({test}, false)"

    def conditions(self, conditions: Sequence[Condition], days: Days) -> str:
        tests = [self.condition(condition) for condition in conditions]
        if days.start is not None:
            tests.append(f"day >= {days.start:d}")
        if days.end is not None:
            tests.append(f"day < {days.end:d}")
        return " AND ".join(tests) or "true"

    def dimension(self, dimension: Dimension, relation: str) -> str:
        """A query of all columns of a relation, with `d<n>` and `r<n>` of one dimension put in or replaced."""
        place = self._dimensions[dimension.name]
        joins: list[str] = []
        when: list[str] = []
        then: list[str] = []
        constant: dict[int, str] = {}
        for number, rule in enumerate(dimension.rules):
            value = self._value(rule, number, joins)
            test = self.conditions(rule.when, rule.days)
            if isinstance(rule.gives, Constant):
                constant[self.names[rule.id]] = value
                when.append(f"WHEN {test} THEN {self.names[rule.id]:d}")
            else:
                when.append(f"WHEN {test} AND {value} IS NOT NULL THEN {self.names[rule.id]:d}")
                then.append(f"WHEN {self.names[rule.id]:d} THEN {value}")
        default = "NULL"
        if dimension.default is not None:
            default = str(self.names[dimension.default_rule])
            constant[self.names[dimension.default_rule]] = self.text(dimension.default)
        rule_sql = f"CASE {' '.join(when)} ELSE {default} END" if when else default
        listed = _constants(constant)
        value_sql = f"CASE rule {' '.join(then)} ELSE {listed} END" if then else listed
        inner = f"SELECT b.*, {', '.join([*self._columns(joins), f'{rule_sql} AS rule'])} FROM ({relation}) b"
        found = [f"l{number}" for number in range(len(joins))]
        drop = ", ".join(["rule", *found])
        return (
            f"SELECT * EXCLUDE ({drop}), ({value_sql})::VARCHAR AS d{place}, rule::{self.rule_type} AS r{place}"
            f" FROM ({inner} {' '.join(joins)})"
        )

    def _columns(self, joins: list[str]) -> list[str]:
        return [f"j{number}.found AS l{number}" for number in range(len(joins))]

    def _value(self, rule: Rule, number: int, joins: list[str]) -> str:
        match rule.gives:
            case Constant(value=value):
                return self.text(value)
            case Copy(source=source):
                return self.source(source)
            case Find(lookup=lookup, column=column, on=on):
                place = len(joins)
                at = self.rules.lookups[lookup].columns.index(column)
                joins.append(
                    f"LEFT JOIN (SELECT key, start, stop, c_{at} AS found FROM look_{self.lookups[lookup]}"
                    f" WHERE c_{at} IS NOT NULL) j{place}"
                    f" ON j{place}.key = {self.source(on)} AND day >= j{place}.start AND day < j{place}.stop"
                )
                return f"l{place}"


def _constants(values: Mapping[int, str]) -> str:
    """What rules that always give the same give, by their numbers: one look into a list instead of a test a rule."""
    if not values:
        return "NULL"
    first = min(values)
    listed = ", ".join(values.get(number, "NULL") for number in range(first, max(values) + 1))
    return f"([{listed}]::VARCHAR[])[rule - {first - 1}]"


def _like(pattern: str) -> str:
    """A glob as a LIKE pattern with backslash as its escape."""
    return "".join({"*": "%", "?": "_"}.get(each, f"\\{each}" if each in "%_\\" else each) for each in pattern)


def rule_names(rules: RuleSet) -> dict[str, int]:
    """A number for everything that can give a value: rules, defaults, splits."""
    names: list[str] = []
    for dimension in rules.dimensions:
        names += [rule.id for rule in dimension.rules]
        names.append(dimension.default_rule)
    names += [split.id for split in rules.splits]
    return {name: number for number, name in enumerate(dict.fromkeys(names))}


def attributes_of(rules: RuleSet) -> tuple[str, ...]:
    """The attributes that any rule or pool looks at, ascending; a ticket's project is made of the ticket."""
    looked_at = _looked_at(rules)
    names = {source.name for source in looked_at if source.origin in (Origin.ROW, Origin.PROJECT)}
    return tuple(sorted(names & set(ATTRIBUTES)))


def tags_of(rules: RuleSet) -> tuple[str, ...]:
    """The tags that any rule or pool looks at, ascending."""
    return tuple(sorted({source.name for source in _looked_at(rules) if source.origin is Origin.TAG}))


def _looked_at(rules: RuleSet) -> list[Source]:
    looked_at = [source for dimension in rules.dimensions for rule in dimension.rules for source in sources_of(rule)]
    return looked_at + [condition.source for split in rules.splits for condition in split.pool]
