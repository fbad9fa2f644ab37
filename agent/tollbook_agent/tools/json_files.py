"""The two kinds of JSON file: values in nested objects, and hooks in lists that several programs share. Pure."""

from typing import Any, cast

from tollbook_agent.tools.json_text import BOM, Member, Node, insert, parse, remove, render, replace
from tollbook_agent.tools.setting import Key, Refused

_EMPTY = "{}\n"


class JsonValues:
    """`key` is a path of names; a value is the text of a string, the only kind that an `env` block holds."""

    def get(self, text: str, key: Key) -> str | None:
        found = _path(_root(text), key)
        if len(found) <= len(key):
            return None
        node = found[-1]
        value = node.decoded()
        return value if isinstance(value, str) else render(value)

    def put(self, text: str, key: Key, value: str) -> tuple[str, int]:
        text = text if text.strip(BOM + " \t\r\n") else _EMPTY
        found = _path(_root(text), key)
        if len(found) > len(key):
            return replace(text, found[-1], value), 0
        for depth in range(len(found) - 1, len(key)):
            container = _path(_root(text), key)[-1]
            if not container.is_object:
                raise Refused("unexpected_json", f"{'.'.join(key[:depth]) or 'the file'} is not an object")
            last = depth == len(key) - 1
            text = insert(text, container, key[depth], value if last else {}, depth)
        return text, len(key) - len(found)

    def drop(self, text: str, key: Key, made: int) -> str:
        for length in range(len(key), len(key) - made - 1, -1):
            found = _path(_root(text), key[:length])
            if len(found) <= length:
                return text
            if length < len(key) and found[-1].members != ():
                return text
            member = found[-2].member(key[length - 1])
            text = remove(text, found[-2], cast(Member, member))
        return text

    def is_empty(self, text: str) -> bool:
        return not text.strip(BOM + " \t\r\n") or _root(text).members == ()


class Hooks:
    """`key` is (`hooks`, event, command); the value is the whole item as JSON. Other programs' items stay."""

    def get(self, text: str, key: Key) -> str | None:
        found = _item(text, key)
        return None if found is None else render(found[1].node.decoded())

    def put(self, text: str, key: Key, value: str) -> tuple[str, int]:
        fresh = not text.strip(BOM + " \t\r\n")
        text = '{\n  "version": 1\n}\n' if fresh else text
        item: Any = parse(value).decoded()
        found = _item(text, key)
        if found is not None:
            return replace(text, found[1].node, item), 0
        made = 0
        for depth, name in enumerate(key[:-1]):
            container = _path(_root(text), key[:-1])[depth]
            if not container.is_object:
                raise Refused("unexpected_json", f"{'.'.join(key[:depth]) or 'the file'} is not an object")
            if container.member(name) is None:
                text = insert(text, container, name, [] if depth == len(key) - 2 else {}, depth)
                made += 1
        items = _path(_root(text), key[:-1])[-1]
        if items.is_object or items.members is None:
            raise Refused("unexpected_json", f"{'.'.join(key[:-1])} is not a list")
        return insert(text, items, None, item, len(key) - 1), made

    def drop(self, text: str, key: Key, made: int) -> str:
        found = _item(text, key)
        if found is None:
            return text
        text = remove(text, *found)
        for length in range(len(key) - 1, len(key) - 1 - made, -1):
            path = _path(_root(text), key[:length])
            if len(path) <= length or path[-1].members != ():
                return text
            text = remove(text, path[-2], cast(Member, path[-2].member(key[length - 1])))
        return text

    def is_empty(self, text: str) -> bool:
        return not text.strip(BOM + " \t\r\n") or set(_root(text).decoded()) <= {"version"}


def _root(text: str) -> Node:
    if not text.strip(BOM + " \t\r\n"):
        return Node(0, 0, None, (), True)
    root = parse(text)
    if not root.is_object:
        raise Refused("unexpected_json", "the file holds no JSON object")
    return root


def _path(root: Node, key: Key) -> list[Node]:
    """The nodes from the root along the path, as far as there are any."""
    nodes = [root]
    for name in key:
        member = nodes[-1].member(name) if nodes[-1].is_object else None
        if member is None:
            break
        nodes.append(member.node)
    return nodes


def _item(text: str, key: Key) -> tuple[Node, Member] | None:
    """The list and the item of it that runs this command."""
    path = _path(_root(text), key[:-1])
    if len(path) < len(key) or path[-1].is_object:
        return None
    for member in path[-1].members or ():
        command = member.node.member("command") if member.node.is_object else None
        if command is not None and command.node.value == key[-1]:
            return path[-1], member
    return None
