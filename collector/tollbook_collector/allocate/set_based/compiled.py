"""Rules as SQL: a source as a column, a condition as a predicate, a dimension as one CASE and its joins.

Every text of a rules file goes in as a parameter, never into the SQL. Texts compare by code point, as in Python.
"""

from collections.abc import Sequence

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

EARLIEST, LATEST = -(2**31), 2**31 - 1
"""Days that stand for "without end" in a lookup's table."""


PROJECT = "nullif(array_to_string(list_slice(string_split(a_ticket, '-'), 1, -2), '-'), '')"
"""The column `project`: PAY of PAY-123. Made once for a row: many rules ask for it."""


class Compiler:
    """Compiles parts of one query, so that they can share its parameters. `b` is the row, `d<n>`/`r<n>` its values.

    Tables: `rows` (n, day, untracked, a_<attribute>, project, t_<tag number>), `look_<n>` (key, start, stop,
    c_<column number>).
    """

    def __init__(self, rules: RuleSet) -> None:
        self.rules = rules
        self.parameters: dict[str, object] = {}
        self.tags = tags_of(rules)
        self.lookups = {name: place for place, name in enumerate(sorted(rules.lookups))}
        self.names = rule_names(rules)
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
                return "project"
            case Origin.ROW:
                if source.name == "untracked":
                    return "(CASE WHEN untracked THEN 'true' END)"
                return f"a_{source.name}"

    def condition(self, condition: Condition) -> str:
        column = self.source(condition.source)
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
        for number, rule in enumerate(dimension.rules):
            value = self._value(rule, number, joins)
            test = self.conditions(rule.when, rule.days)
            absent = "" if isinstance(rule.gives, Constant) else f" AND {value} IS NOT NULL"
            when.append(f"WHEN {test}{absent} THEN {self.names[rule.id]:d}")
            then.append(f"WHEN {self.names[rule.id]:d} THEN {value}")
        default = "NULL"
        if dimension.default is not None:
            default = str(self.names[dimension.default_rule])
            then.append(f"WHEN {default} THEN {self.text(dimension.default)}")
        rule_sql = f"CASE {' '.join(when)} ELSE {default} END" if when else default
        value_sql = f"CASE rule {' '.join(then)} END" if then else "NULL"
        inner = f"SELECT b.*, {', '.join([*self._columns(joins), f'{rule_sql} AS rule'])} FROM ({relation}) b"
        found = [f"l{number}" for number in range(len(joins))]
        drop = ", ".join(["rule", *found])
        return (
            f"SELECT * EXCLUDE ({drop}), ({value_sql})::VARCHAR AS d{place}, rule::INTEGER AS r{place}"
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


def tags_of(rules: RuleSet) -> tuple[str, ...]:
    """The tags that any rule or pool looks at, ascending."""
    looked_at = [source for dimension in rules.dimensions for rule in dimension.rules for source in sources_of(rule)]
    looked_at += [condition.source for split in rules.splits for condition in split.pool]
    return tuple(sorted({source.name for source in looked_at if source.origin is Origin.TAG}))
