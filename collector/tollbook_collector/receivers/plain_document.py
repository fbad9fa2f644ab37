"""Values that hold a document: JSON, or Python's own notation, as LiteLLM writes its dictionaries. Pure; never raises.

Python's notation is read by hand: `ast` compiles, warns on standard error about what it finds odd, and has no bounds.
"""

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, cast

from tollbook_collector.receivers.plain import MAX_DIGITS, MAX_DOCUMENT

MAX_DEPTH = 16
"""Nested dictionaries and lists."""

_TOKEN = re.compile(
    r"\s*(?:(?P<punctuation>[{}\[\]():,])"
    r"|(?P<text>'(?:[^'\\\n]|\\.)*'|\"(?:[^\"\\\n]|\\.)*\")"
    r"|(?P<number>[+-]?(?:\d{1,20}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,3})?)"
    r"|(?P<word>None|True|False))"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U(000[0-9a-fA-F]{5}|0010[0-9a-fA-F]{4})|(.))")
_PLAIN_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_WORDS: Mapping[str, object] = {"None": None, "True": True, "False": False}
_CLOSE = {"{": "}", "[": "]", "(": ")"}


class _DamageError(Exception):
    """The text is no document."""


def document(text: str | None) -> dict[str, Any]:
    """The dictionary a value holds; an empty one where it holds none. Numbers with a point are `Decimal`."""
    if not text or len(text) > MAX_DOCUMENT or text.lstrip()[:1] != "{":
        return {}
    try:
        parsed = json.loads(text, parse_float=Decimal, parse_int=_int, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        parsed = _python(text)
    return cast(dict[str, Any], parsed) if isinstance(parsed, dict) else {}


def part(holder: Mapping[str, Any], *path: str) -> dict[str, Any]:
    """The dictionary at a path inside a document; an empty one where there is none."""
    for name in path:
        inner = holder.get(name)
        if not isinstance(inner, dict):
            return {}
        holder = cast(dict[str, Any], inner)
    return dict(holder)


def _python(text: str) -> object:
    tokens = _tokens(text)
    try:
        value = _value(next(tokens), tokens, 0)
        return value if next(tokens, None) is None else None
    except (_DamageError, StopIteration):
        return None


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    """Kind and text of each token; raises `_DamageError` at what is none."""
    place, end = 0, len(text.rstrip())
    while place < end:
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _DamageError
        yield match.lastgroup, match[match.lastgroup]
        place = match.end()


def _value(token: tuple[str, str], tokens: Iterator[tuple[str, str]], depth: int) -> object:
    kind, text = token
    if kind == "text":
        return _ESCAPE.sub(_unescaped, text[1:-1])
    if kind == "number":
        return int(text) if text.lstrip("+-").isdigit() else Decimal(text)
    if kind == "word":
        return _WORDS[text]
    if text not in _CLOSE or depth >= MAX_DEPTH:
        raise _DamageError
    return _dictionary(tokens, depth) if text == "{" else _list(_CLOSE[text], tokens, depth)


def _dictionary(tokens: Iterator[tuple[str, str]], depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    token = next(tokens)
    while token != ("punctuation", "}"):
        key = _value(token, tokens, depth + 1)
        if next(tokens) != ("punctuation", ":"):
            raise _DamageError
        value = _value(next(tokens), tokens, depth + 1)
        if isinstance(key, str):
            found[key] = value
        token = _after(next(tokens), "}", tokens)
    return found


def _list(close: str, tokens: Iterator[tuple[str, str]], depth: int) -> list[object]:
    found: list[object] = []
    token = next(tokens)
    while token != ("punctuation", close):
        found.append(_value(token, tokens, depth + 1))
        token = _after(next(tokens), close, tokens)
    return found


def _after(token: tuple[str, str], close: str, tokens: Iterator[tuple[str, str]]) -> tuple[str, str]:
    """The token after a comma, or the closing one."""
    if token == ("punctuation", ","):
        return next(tokens)
    if token != ("punctuation", close):
        raise _DamageError
    return token


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    return chr(int(digits, 16)) if digits else _PLAIN_ESCAPES.get(match[4], match[4])


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise ValueError("too many digits")
    return int(text)


def _no_constant(text: str) -> object:
    raise ValueError(text)
