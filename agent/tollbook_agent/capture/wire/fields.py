"""Named fields of a JSON document, found while it passes by: nothing else of it is ever held.

Request bodies and plain answers are megabytes of conversation around a few words that matter. What is not asked for is
passed over with regular expressions at the speed of memory, without making an object of it; a string of any length
costs no memory. (A tokenizer such as yajl holds each string whole.)
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import cast

from tollbook.problem import Problem

MAX_VALUE = 4096
"""Bytes of a scalar as it is written; a longer one is left out."""
MAX_WHOLE = 256 * 1024
"""Bytes of a value that is kept as it is written."""
MAX_KEY = 256
"""Bytes of a key; no key that is asked for is longer."""

_FLAT = re.compile(rb'[^"{}\[\]]*+(?:"[^"\\]*+(?:\\.[^"\\]*+)*+"[^"{}\[\]]*+)*+', re.DOTALL)
"""All up to the next bracket or to a string that does not end here."""
_STRING = re.compile(rb"[^\"\\]*+(?:\\.[^\"\\]*+)*+", re.DOTALL)
"""All up to the end of a string, or to a backslash that is the last byte."""
_SPACE = re.compile(rb"[ \t\r\n]*")
_SPACE_OR_COMMA = re.compile(rb"[ \t\r\n,]*")
_LITERAL = re.compile(rb"[^ \t\r\n,}\]]*")
_BEFORE_ROOT = b"\xef\xbb\xbf \t\r\n"
"""White space and the bytes of a byte order mark."""
_QUOTE, _BACKSLASH, _COLON = b'"\\:'
_OPEN_OBJECT, _CLOSE_OBJECT, _OPEN_LIST, _CLOSE_LIST = b"{}[]"

type _Tree = dict[str, "_Tree | _Leaf"]


class _Leaf:
    """A field that is asked for."""

    def __init__(self, path: str, whole: bool) -> None:
        self.path = path
        self.whole = whole
        self.limit = MAX_WHOLE if whole else MAX_VALUE


class Fields:
    """Picks fields out of one JSON object; the cuts of its bytes do not matter.

    A path is keys joined by dots; lists are not entered. Of a key that comes twice the last value counts, as JSON
    parsers have it. What is damaged or too large is a Problem beside what was found.
    """

    def __init__(self, paths: Iterable[str], where: str, *, whole: Iterable[str] = ()) -> None:
        self.values: dict[str, str | int | bool] = {}
        """The scalars at `paths`; null and fractions are left out."""
        self.raw: dict[str, bytes] = {}
        """The values at `whole` as they are written, objects and lists included; null is left out."""
        self.problem: Problem | None = None
        """The first thing that could not be read."""
        self.complete = False
        """Whether the object was read to its end."""
        self._where = where
        self._tree = _tree([_Leaf(path, False) for path in paths] + [_Leaf(path, True) for path in whole])
        self._open: list[Mapping[str, _Tree | _Leaf]] = []
        self._step: Callable[[bytes, int], int] | None = self._root
        self._key = bytearray()
        self._target: _Tree | _Leaf | None = None
        self._kept: bytearray | None = None
        self._depth = 0
        self._escaped = False

    def feed(self, data: bytes) -> None:
        """Read on."""
        at, end = 0, len(data)
        while at < end and self._step is not None:
            at = self._step(data, at)

    def end(self) -> Problem | None:
        """Nothing more comes: the first thing that could not be read, which may be that the object did not end."""
        if not self.complete:
            self._fail("json_cut_short")
        return self.problem

    def _fail(self, reason: str, detail: str = "") -> None:
        """Note the first Problem."""
        if self.problem is None:
            self.problem = Problem(reason=reason, where=self._where, detail=detail)

    def _stop(self, size: int) -> int:
        """The document is damaged: read nothing more of it."""
        self._fail("json_damaged")
        self._step = None
        return size

    # Each step reads what it can from `at` and returns where the next one begins.

    def _root(self, data: bytes, at: int) -> int:
        """Before the object. A byte order mark may stand there, and may be cut in pieces."""
        while at < len(data) and data[at] in _BEFORE_ROOT:
            at += 1
        if at == len(data):
            return at
        if data[at] != _OPEN_OBJECT:
            return self._stop(len(data))
        self._open.append(self._tree)
        self._step = self._before_key
        return at + 1

    def _before_key(self, data: bytes, at: int) -> int:
        """Inside an object that holds what is asked for: a key, or its end."""
        at = _end_of(_SPACE_OR_COMMA, data, at)
        if at == len(data):
            return at
        if data[at] == _QUOTE:
            self._key.clear()
            self._step = self._in_key
        elif data[at] == _CLOSE_OBJECT:
            self._open.pop()
            if not self._open:
                self.complete = True
                self._step = None
        else:
            return self._stop(len(data))
        return at + 1

    def _in_key(self, data: bytes, at: int) -> int:
        """Inside a key. One that is too long is cut, and then equals none that is asked for."""
        begin = at
        at, ended = self._string(data, at)
        self._key += data[begin : at - ended][: MAX_KEY + 1 - len(self._key)]
        if ended:
            key = bytes(self._key)
            self._target = None if len(key) > MAX_KEY else self._open[-1].get(_text(key))
            self._step = self._before_value
        return at

    def _before_value(self, data: bytes, at: int) -> int:
        """The colon, then the first byte of a value decides what follows."""
        at = _end_of(_SPACE, data, at)
        if at < len(data) and data[at] == _COLON:
            self._step = self._value
            return at + 1
        return at if at == len(data) else self._stop(at)

    def _value(self, data: bytes, at: int) -> int:
        """The first byte of a value decides what follows."""
        at = _end_of(_SPACE, data, at)
        if at == len(data):
            return at
        target, first = self._target, data[at]
        container = first in (_OPEN_OBJECT, _OPEN_LIST)
        if isinstance(target, dict) and first == _OPEN_OBJECT:
            self._open.append(target)
            self._step = self._before_key
            return at + 1
        self._kept = None
        if isinstance(target, _Leaf):
            self.values.pop(target.path, None)
            self.raw.pop(target.path, None)
            self._kept = bytearray() if target.whole or not container else None
        if first == _QUOTE:
            self._keep(data, at, at + 1)
            self._step = self._in_string
            return at + 1
        self._depth = 0
        self._step = self._in_container if container else self._in_literal
        return at

    def _in_string(self, data: bytes, at: int) -> int:
        """Inside a value that is text, or inside text that a container holds."""
        begin = at
        at, ended = self._string(data, at)
        self._keep(data, begin, at)
        if ended:
            if self._depth:
                self._step = self._in_container
            else:
                self._finish()
        return at

    def _in_literal(self, data: bytes, at: int) -> int:
        """Inside a number or a word."""
        begin, at = at, _end_of(_LITERAL, data, at)
        self._keep(data, begin, at)
        if at < len(data):
            self._finish()
        return at

    def _in_container(self, data: bytes, at: int) -> int:
        """Inside an object or a list that is passed over or kept whole: only its depth matters."""
        begin = at
        while at < len(data):
            at = _end_of(_FLAT, data, at)
            if at == len(data):
                break
            byte = data[at]
            at += 1
            if byte == _QUOTE:
                self._step = self._in_string
                break
            self._depth += 1 if byte in (_OPEN_OBJECT, _OPEN_LIST) else -1
            if self._depth == 0:
                break
        self._keep(data, begin, at)
        if self._depth == 0:
            self._finish()
        return at

    def _string(self, data: bytes, at: int) -> tuple[int, bool]:
        """Go on inside text: behind its end, or to the end of the bytes; and whether it ended."""
        if self._escaped:
            self._escaped = False
            at += 1
        at = _end_of(_STRING, data, at)
        if at == len(data):
            return at, False
        if data[at] == _BACKSLASH:
            self._escaped = True
            return at + 1, False
        return at + 1, True

    def _keep(self, data: bytes, begin: int, end: int) -> None:
        """Hold on to a part of a value that is asked for, unless it grows too large."""
        if self._kept is None or not isinstance(self._target, _Leaf):
            return
        if len(self._kept) + end - begin > self._target.limit:
            self._kept = None
            self._fail("value_too_large", self._target.path)
        else:
            self._kept += data[begin:end]

    def _finish(self) -> None:
        """A value has ended."""
        self._depth = 0
        self._step = self._before_key
        if self._kept is None or not isinstance(self._target, _Leaf):
            return
        kept, path = bytes(self._kept), self._target.path
        self._kept = None
        if self._target.whole:
            if kept != b"null":
                self.raw[path] = kept
            return
        value = _scalar(kept)
        if isinstance(value, _Damaged):
            self._fail("json_damaged", path)
        elif value is not None:
            self.values[path] = value


def _end_of(pattern: re.Pattern[bytes], data: bytes, at: int) -> int:
    """Where a match ends that begins at `at`; the patterns match the empty text too."""
    match = pattern.match(data, at)
    return at if match is None else match.end()


def _tree(leaves: list[_Leaf]) -> _Tree:
    """The paths by their keys.

    Raises:
        ValueError: a path that lies inside another one, or comes twice: a fault of our own program.
    """
    root: _Tree = {}
    for leaf in leaves:
        *parents, last = leaf.path.split(".")
        tree = root
        for key in parents:
            below = tree.setdefault(key, {})
            if not isinstance(below, dict):
                raise ValueError(f"{leaf.path} lies inside another path")
            tree = below
        if tree.setdefault(last, leaf) is not leaf:
            raise ValueError(f"{leaf.path} is another path too")
    return root


class _Damaged:
    """No JSON."""


def _scalar(written: bytes) -> str | int | bool | _Damaged | None:
    """A value by its JSON text; `None` for null and for what is no text, whole number or truth value."""
    try:
        value = cast(object, json.loads(written, parse_float=lambda _: None))
    except ValueError:
        return _Damaged()
    return value if isinstance(value, str | int) else None


def _text(key: bytes) -> str:
    """A key by the bytes between its quotes; the empty text where they are none."""
    value = _scalar(b'"' + key + b'"')
    return value if isinstance(value, str) else ""
