"""From the text of a rules file, and of the tables it names, to a `RuleSet`; what is wrong, by file and line."""

from collections.abc import Callable, Mapping

from tollbook.problem import Problem
from tollbook_collector.allocate.directory import DIRECTORY, IDENTITIES, Directory
from tollbook_collector.allocate.order import ordered
from tollbook_collector.allocate.read_dimension import read_dimension
from tollbook_collector.allocate.read_split import read_split
from tollbook_collector.allocate.reading import NAME, Reading
from tollbook_collector.allocate.rules import Dimension, Grain, Lookup, RuleSet, Stream
from tollbook_collector.allocate.standard import OUTCOME_LOOKUPS, STANDARD
from tollbook_collector.allocate.tables import read_lookup, read_stream
from tollbook_collector.allocate.yaml_tree import LARGEST_TEXT, Map, Scalar, read_yaml

VERSION = 1
MOST_RULES = 2_000
"""Rules of all dimensions, and splits, together."""
_TOP = ("version", "directory", "lookups", "streams", "dimensions", "splits")

ReadText = Callable[[str], str | Problem]
"""The text of a table by its name in the rules file, which is relative to that file."""


def read_rules(
    text: str, name: str, read_text: ReadText, outside: Mapping[str, Lookup] | None = None
) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    """The rules of a text: complete exactly when there is no problem.

    `outside` holds lookups that come from elsewhere: `tickets`, from imported outcomes. Dimensions that the file does
    not name are those of `standard`.
    """
    tree, problems = read_yaml(text, name)
    if tree is None:
        return None, problems
    named = tree.entries.get("dimensions")
    own = tuple(named.entries) if isinstance(named, Map) else ()
    reading = Reading(name, tuple(dict.fromkeys((*own, *STANDARD))))
    reading.keys(tree, _TOP)
    version = tree.entries.get("version")
    if not isinstance(version, Scalar) or version.value != VERSION:
        reading.wrong("version_wrong", 1 if version is None else version.line, f"the file must say version: {VERSION}")
    lookups = {**OUTCOME_LOOKUPS, **(outside or {})}
    lookups |= _directory(reading, tree, read_text)
    lookups |= _lookups(reading, tree, read_text)
    streams = _streams(reading, tree, read_text)
    dimensions = _dimensions(reading, tree, lookups)
    found = RuleSet(
        name=name,
        dimensions=ordered(dimensions, reading),
        splits=tuple(
            split
            for item in reading.items(tree.entries.get("splits"), "splits")
            if (split := read_split(reading, item, lookups, streams)) is not None
        ),
        lookups=lookups,
        streams=streams,
    )
    if sum(len(each.rules) for each in dimensions) + len(found.splits) > MOST_RULES:
        reading.wrong("too_many_rules", 1, f"more than {MOST_RULES} rules and splits")
    return (None if reading.problems else found), tuple(reading.problems)


def _dimensions(reading: Reading, tree: Map, lookups: Mapping[str, Lookup]) -> list[Dimension]:
    at = reading.map(tree.entries.get("dimensions"), tree.line, "dimensions")
    found: dict[str, Dimension] = {}
    for name, value in (at.entries if at is not None else {}).items():
        if not NAME.fullmatch(name):
            reading.wrong("name_wrong", value.line, f"{name[:60]!r}: lower-case letters, digits and _, a letter first")
            continue
        each = reading.map(value, value.line, name)
        if each is not None:
            found[name] = read_dimension(reading, name, each, lookups)
    for name, dimension in STANDARD.items():
        found.setdefault(name, dimension)
    return list(found.values())


def _table(reading: Reading, at: Map, read_text: ReadText, key: str = "file") -> tuple[str, str] | None:
    """(name, text) of the file that a mapping names."""
    name = reading.text(at.entries.get(key), at.line, key)
    if name is None:
        return None
    text = read_text(name)
    if isinstance(text, Problem):
        reading.wrong(text.reason, at.lines[key], f"{name}: {text.detail}", text.remedy)
        return None
    return name, text


def _directory(reading: Reading, tree: Map, read_text: ReadText) -> dict[str, Lookup]:
    at = reading.map(tree.entries.get("directory"), tree.line, "directory")
    directory = Directory()
    if at is not None and at.entries:
        reading.keys(at, ("people", "identities"))
        people = _table(reading, at, read_text, "people")
        if people is not None and people[0].endswith((".yaml", ".yml")):
            directory.people_yaml(people[1][: LARGEST_TEXT + 1], people[0])
        elif people is not None:
            directory.people_csv(people[1], people[0])
        names = _table(reading, at, read_text, "identities") if "identities" in at.entries else None
        if names is not None:
            directory.identities_csv(names[1], names[0])
    lookups, problems = directory.lookups()
    reading.problems += problems
    for column in ("team", "cost_center", "manager"):
        if column not in lookups[DIRECTORY].columns:
            known = lookups[DIRECTORY]
            columns = (*known.columns, column)
            lookups[DIRECTORY] = Lookup(name=DIRECTORY, columns=columns, entries=known.entries)
    return lookups


def _lookups(reading: Reading, tree: Map, read_text: ReadText) -> dict[str, Lookup]:
    at = reading.map(tree.entries.get("lookups"), tree.line, "lookups")
    found: dict[str, Lookup] = {}
    for name, value in (at.entries if at is not None else {}).items():
        each = reading.map(value, value.line, name)
        if each is None:
            continue
        if not NAME.fullmatch(name) or name in (*OUTCOME_LOOKUPS, DIRECTORY, IDENTITIES):
            reading.wrong("name_wrong", value.line, f"{name[:60]!r} cannot be the name of a lookup")
        reading.keys(each, ("file", "key"))
        table = _table(reading, each, read_text)
        key = reading.text(each.entries.get("key"), each.line, "key")
        if table is not None and key is not None:
            found[name], problems = read_lookup(table[1], name, table[0], key)
            reading.problems += problems
    return found


def _streams(reading: Reading, tree: Map, read_text: ReadText) -> dict[str, Stream]:
    at = reading.map(tree.entries.get("streams"), tree.line, "streams")
    found: dict[str, Stream] = {}
    for name, value in (at.entries if at is not None else {}).items():
        each = reading.map(value, value.line, name)
        if each is None:
            continue
        reading.keys(each, ("file", "grain"))
        grain = reading.text(each.entries["grain"], each.line, "grain") if "grain" in each.entries else "day"
        if grain not in ("day", "month"):
            reading.wrong("name_unknown", each.lines["grain"], "grain is day or month")
            continue
        table = _table(reading, each, read_text)
        if table is not None:
            found[name], problems = read_stream(table[1], name, table[0], Grain(grain))
            reading.problems += problems
    return found
