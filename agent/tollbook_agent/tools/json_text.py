"""JSON with the place of everything in it, so that one value can be changed and no other byte. Pure."""

import json
import re
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from tollbook_agent.tools.setting import Refused, newline

MAX_DEPTH = 100
"""A tool's settings nest a few levels."""
_BLANK = re.compile(r"[ \t\r\n]*")
_decode = json.JSONDecoder().raw_decode
_INDENT = re.compile(r"^([ \t]+)\S", re.MULTILINE)
BOM = "\ufeff"


class Node(NamedTuple):
    """A value and where it stands."""

    start: int
    end: int
    value: Any
    """Decoded: of a scalar. Containers have `members`."""
    members: tuple["Member", ...] | None = None
    """Of an object, or of an array (without names)."""
    is_object: bool = False

    def member(self, name: str) -> "Member | None":
        """The member of that name; of several the last, as every reader of JSON has it."""
        return next((each for each in reversed(self.members or ()) if each.name == name), None)

    def decoded(self) -> Any:
        """The value as Python objects."""
        if self.members is None:
            return self.value
        if self.is_object:
            return {each.name: each.node.decoded() for each in self.members}
        return [each.node.decoded() for each in self.members]


class Member(NamedTuple):
    """A member of an object, or an item of an array. It starts with its name."""

    start: int
    name: str | None
    node: Node


def parse(text: str) -> Node:
    """The value of a whole text.

    Raises:
        Refused: it is not JSON.
    """
    try:
        json.loads(text.removeprefix(BOM))
        start = _blank(text, len(BOM) if text.startswith(BOM) else 0)
        return _node(text, start, 0)
    except (ValueError, RecursionError, IndexError):
        raise Refused("not_json", "the file is not valid JSON; correct it first") from None


def render(value: Any) -> str:
    """A value on one line."""
    return json.dumps(value, ensure_ascii=False)


def replace(text: str, node: Node, value: Any) -> str:
    """The text with another value in the place of one."""
    return text[: node.start] + render(value) + text[node.end :]


def insert(text: str, container: Node, name: str | None, value: Any, depth: int) -> str:
    """The text with a new last member. `depth` is how deep the container stands; layout follows its other members."""
    new = render(value) if name is None else f"{render(name)}: {render(value)}"
    members = container.members or ()
    if members:
        last = members[-1]
        before = members[-2].node.end if len(members) > 1 else container.start
        gap = text[before : last.start].removeprefix("{").removeprefix("[").lstrip(",")
        blank = _BLANK.match(gap)
        between = gap if blank and blank.end() == len(gap) else " "
        return f"{text[: last.node.end]},{between}{new}{text[last.node.end :]}"
    found = _INDENT.search(text)
    unit = found[1] if found and depth else "  "
    line = newline(text)
    inner = f"{line}{unit * (depth + 1)}{new}{line}{unit * depth}"
    return text[: container.start + 1] + inner + text[container.end - 1 :]


def remove(text: str, container: Node, member: Member) -> str:
    """The text without a member: the exact opposite of `insert` unless the container was empty."""
    members = cast(Sequence[Member], container.members)
    place = members.index(member)
    if place:
        return text[: members[place - 1].node.end] + text[member.node.end :]
    if len(members) > 1:
        return text[: member.start] + text[members[1].start :]
    return text[: container.start + 1] + text[container.end - 1 :]


def _blank(text: str, at: int) -> int:
    match = _BLANK.match(text, at)
    return at if match is None else match.end()


def _node(text: str, at: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deep")
    first = text[at]
    if first in "{[":
        return _container(text, at, depth)
    value, end = _decode(text, at)
    return Node(at, end, value)


def _container(text: str, at: int, depth: int) -> Node:
    is_object = text[at] == "{"
    close = "}" if is_object else "]"
    members: list[Member] = []
    place = _blank(text, at + 1)
    while text[place] != close:
        start, name = place, None
        if is_object:
            name, place = _decode(text, place)
            place = _blank(text, _blank(text, place) + 1)
        node = _node(text, place, depth + 1)
        members.append(Member(start, name, node))
        place = _blank(text, node.end)
        if text[place] == ",":
            place = _blank(text, place + 1)
    return Node(at, place + 1, None, tuple(members), is_object)
