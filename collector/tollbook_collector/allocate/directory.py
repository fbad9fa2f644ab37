"""The directory: who somebody is, under every name a channel knows them by, and which team they are in on which day.

Two lookups come from it. `identities`: a name (e-mail, account id, login, principal) -> `person`. `directory`: a person
-> team, cost_center, manager and whatever other columns there are. A person goes by the last e-mail address that the
directory has of them, else by their employee id. Somebody who moves on the 7th is split by day, never by a fraction of
the month; a leaver has no team after the last day, and keeps the cost.
"""

from collections.abc import Iterator, Mapping

from tollbook.problem import Problem
from tollbook_collector.allocate.rules import Lookup
from tollbook_collector.allocate.tables import Line, gather, read_lines
from tollbook_collector.allocate.yaml_tree import Items, Map, Scalar, Value, read_yaml

IDENTITIES = "identities"
DIRECTORY = "directory"
EMPLOYEE = "employee"
EMAIL = "email"
_DATES = ("valid_from", "valid_to")
_PEOPLE_KEYS = (EMPLOYEE, EMAIL, "identities", "history")


class Directory:
    """Collects lines of people and of names, then gives the two lookups."""

    def __init__(self) -> None:
        self._people: list[Line] = []
        """A line for each span of a person's history."""
        self._names: list[Line] = []
        self._problems: list[Problem] = []

    def people_csv(self, text: str, name: str) -> None:
        """Take employee[,email][,team][,cost_center][,...][,valid_from][,valid_to]."""
        lines, _, problems = read_lines(text, name, [EMPLOYEE])
        self._problems += problems
        self._people += [line for line in lines if self._complete(line, EMPLOYEE)]

    def identities_csv(self, text: str, name: str) -> None:
        """Take identity,employee[,valid_from][,valid_to]."""
        lines, _, problems = read_lines(text, name, ["identity", EMPLOYEE])
        self._problems += problems
        self._names += [line for line in lines if self._complete(line, "identity", EMPLOYEE)]

    def people_yaml(self, text: str, name: str) -> None:
        """Take `people: [{employee, email, identities: [...], history: [{team, ..., valid_from, valid_to}]}]`."""
        tree, problems = read_yaml(text, name)
        self._problems += problems
        people = tree.entries.get("people") if tree is not None else None
        if tree is not None and not isinstance(people, Items):
            self._wrong(name, tree.line, "there is no list `people`")
        for person in people.items if isinstance(people, Items) else ():
            self._person(person, name)

    def _person(self, person: Value, name: str) -> None:
        entries = person.entries if isinstance(person, Map) else {}
        texts = {key: text for key, value in entries.items() if (text := _text(value)) is not None}
        if EMPLOYEE not in texts or any(key not in _PEOPLE_KEYS for key in entries):
            self._wrong(name, person.line, f"a person has {', '.join(_PEOPLE_KEYS)}, and at least {EMPLOYEE}")
            return
        base = {key: texts[key] for key in (EMPLOYEE, EMAIL) if key in texts}
        names, history = entries.get("identities"), entries.get("history")
        for each in names.items if isinstance(names, Items) else ():
            identity = _text(each)
            if identity is None:
                self._wrong(name, each.line, "an identity is a text")
            else:
                self._names.append(Line(name, each.line, {"identity": identity, EMPLOYEE: texts[EMPLOYEE]}))
        spans = history.items if isinstance(history, Items) else ()
        for span in spans:
            values = {key: _text(value) for key, value in span.entries.items()} if isinstance(span, Map) else {}
            if not values or not all(values.values()):
                self._wrong(name, span.line, "a line of a history is a mapping of names to texts")
                continue
            known = {key: text for key, text in values.items() if text is not None}
            self._people.append(Line(name, span.line, base | known))
        if not spans:
            self._people.append(Line(name, person.line, base))

    def _complete(self, line: Line, *needed: str) -> bool:
        missing = [column for column in needed if column not in line.values]
        if missing:
            self._wrong(line.file, line.number, f"no value of {', '.join(missing)}")
        return not missing

    def _wrong(self, name: str, line: int, detail: str) -> None:
        remedy = "See docs/allocation.md."
        self._problems.append(Problem(reason="directory_wrong", where=f"{name}:{line}", detail=detail, remedy=remedy))

    def lookups(self) -> tuple[dict[str, Lookup], tuple[Problem, ...]]:
        """`identities` and `directory`."""
        persons = self._persons()
        used = {column for line in self._people for column in line.values}
        columns = tuple(sorted(used - {EMAIL, *_DATES}))
        keyed = ((persons[line.values[EMPLOYEE]], line) for line in self._people)
        directory = gather(keyed, DIRECTORY, columns, self._problems)
        names = gather(self._known(persons), IDENTITIES, ("person",), self._problems)
        return {IDENTITIES: names, DIRECTORY: directory}, tuple(self._problems)

    def _persons(self) -> dict[str, str]:
        """What each employee goes by."""
        found: dict[str, str] = {}
        latest: dict[str, str] = {}
        for line in self._people:
            employee, start = line.values[EMPLOYEE], line.values.get("valid_from", "")
            found.setdefault(employee, employee)
            if EMAIL in line.values and start >= latest.get(employee, ""):
                latest[employee] = start
                found[employee] = line.values[EMAIL].lower()
        return found

    def _known(self, persons: Mapping[str, str]) -> Iterator[tuple[str, Line]]:
        """Every name of everybody: e-mail addresses and employee ids without dates, others as they are given."""
        implied: dict[str, str] = {}
        for line in self._people:
            employee = line.values[EMPLOYEE]
            for identity in dict.fromkeys((employee, line.values.get(EMAIL, employee).lower())):
                if identity not in implied:
                    implied[identity] = employee
                    yield identity, Line(line.file, line.number, {"person": persons[employee]})
                elif implied[identity] != employee:
                    self._wrong(line.file, line.number, f"the name {identity!r} belongs to {implied[identity]!r}")
        for line in self._names:
            employee, identity = line.values[EMPLOYEE], line.values["identity"]
            if employee not in persons:
                self._wrong(line.file, line.number, f"there is no employee {employee!r}")
            elif identity not in implied:
                yield identity, Line(line.file, line.number, {**line.values, "person": persons[employee]})


def _text(value: Value) -> str | None:
    """A text or a whole number as text."""
    if isinstance(value, Scalar) and not isinstance(value.value, bool) and value.value is not None:
        return str(value.value).strip() or None
    return None
