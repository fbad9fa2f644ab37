"""YAML as a tree that knows its lines: mappings, lists and plain values, and nothing else YAML can do.

Anchors, aliases, tags and merge keys are refused: they hide what a reviewer reads. Plain values are null, true, false,
whole numbers and text; everything else, dates among it, stays the text that stands there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from tollbook.problem import Problem

LARGEST_TEXT = 1024 * 1024
"""Characters of a rules file."""
DEEPEST = 12
MOST_NODES = 100_000

type Value = Map | Items | Scalar

_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]{0,17})")
_WORDS: dict[str, object] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value: `None`, a bool, a whole number or a text."""

    value: str | int | bool | None
    line: int


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    items: tuple[Value, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping. Keys are texts, each once, in the order of the file."""

    entries: dict[str, Value]
    lines: dict[str, int]
    """The line each key stands on."""
    line: int


class _Refused(Exception):
    def __init__(self, reason: str, line: int, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.line = line
        self.detail = detail


def read_yaml(text: str, name: str) -> tuple[Map | None, tuple[Problem, ...]]:
    """The mapping of a YAML text. `name` is the file's name, for messages."""
    if len(text) > LARGEST_TEXT:
        return None, (_problem("file_too_large", name, 1, f"more than {LARGEST_TEXT} characters"),)
    try:
        found = _document(iter(_events(text)))
    except _Refused as refused:
        return None, (_problem(refused.reason, name, refused.line, refused.detail),)
    except YAMLError as error:
        mark: Any = getattr(error, "problem_mark", None)
        line = 1 if mark is None else int(mark.line) + 1
        return None, (_problem("not_yaml", name, line, str(getattr(error, "problem", None) or "it is not YAML")),)
    except (ValueError, RecursionError) as error:
        return None, (_problem("not_yaml", name, 1, type(error).__name__),)
    if not isinstance(found, Map):
        return None, (_problem("not_a_mapping", name, found.line, "the file is no mapping of names to values"),)
    return found, ()


def _problem(reason: str, name: str, line: int, detail: str) -> Problem:
    return Problem(reason=reason, where=f"{name}:{line}", detail=detail, remedy="See docs/allocation.md.")


def _events(text: str) -> Iterator[Any]:
    parse = cast(Any, YAML(typ="safe", pure=True)).parse
    for count, event in enumerate(parse(text)):
        line = int(event.start_mark.line) + 1
        if count > MOST_NODES:
            raise _Refused("file_too_large", line, f"more than {MOST_NODES} values")
        if type(event).__name__ == "AliasEvent" or getattr(event, "anchor", None) is not None:
            raise _Refused("yaml_refused", line, "anchors and aliases (& and *) are not allowed: write the value out")
        if getattr(event, "tag", None) is not None:
            raise _Refused("yaml_refused", line, "tags (!) are not allowed")
        yield event


def _document(events: Iterator[Any]) -> Value:
    """The one document of a stream."""
    found: Value | None = None
    for event in events:
        name = type(event).__name__
        if name == "DocumentStartEvent":
            if found is not None:
                raise _Refused("yaml_refused", int(event.start_mark.line) + 1, "a second document (---) in the file")
            found = _value(next(events), events, 0)
    return Scalar(None, 1) if found is None else found


def _value(event: Any, events: Iterator[Any], depth: int) -> Value:
    name, line = type(event).__name__, int(event.start_mark.line) + 1
    if depth > DEEPEST:
        raise _Refused("yaml_refused", line, f"nested deeper than {DEEPEST}")
    if name == "ScalarEvent":
        return Scalar(_plain(event.value) if event.style is None else str(event.value), line)
    if name == "SequenceStartEvent":
        items: list[Value] = []
        while type(inner := next(events)).__name__ != "SequenceEndEvent":
            items.append(_value(inner, events, depth + 1))
        return Items(tuple(items), line)
    entries: dict[str, Value] = {}
    lines: dict[str, int] = {}
    while type(inner := next(events)).__name__ != "MappingEndEvent":
        at = int(inner.start_mark.line) + 1
        if type(inner).__name__ != "ScalarEvent" or inner.value == "<<":
            raise _Refused("yaml_refused", at, "a key is a single text")
        key = str(inner.value)
        if key in entries:
            raise _Refused("key_twice", at, f"{key[:60]!r} stands twice in one mapping")
        lines[key] = at
        entries[key] = _value(next(events), events, depth + 1)
    return Map(entries, lines, line)


def _plain(text: str) -> str | int | bool | None:
    if text in _WORDS:
        return cast(bool | None, _WORDS[text])
    return int(text) if _WHOLE.fullmatch(text) else text
