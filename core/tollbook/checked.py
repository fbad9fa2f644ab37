"""Attributes that others wrote, read with their type and bounds checked.

A `FaultError` says what is wrong in words that hold nothing of the content, so that it can be shown and counted.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

MAX_INT = 2**63 - 1
"""What a store keeps in an integer column and protobuf in an int64."""
MAX_COUNT = 10**11
"""Tokens of one kind in one call that are believed: at any list price the amount still fits 64 bits of nano-dollars."""


_ONLY_INT = {int}


class FaultError(Exception):
    """Why attributes can not be used: `reason` is a fixed code, the message names the attribute."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def malformed(name: str, what: str) -> FaultError:
    """The fault of an attribute that is there and not what it must be."""
    return FaultError("span_malformed", f"{name} {what}")


def required(attributes: Mapping[str, Any], name: str) -> Any:
    """The value of an attribute that must be there."""
    if name not in attributes:
        raise FaultError("span_incomplete", f"no {name}")
    return attributes[name]


def integer(value: Any, name: str) -> int:
    """A whole number that fits 64 bits."""
    if type(value) is not int or not -MAX_INT <= value <= MAX_INT:
        raise malformed(name, "is not a 64-bit integer")
    return value


def count(value: Any, name: str) -> int:
    """A number of tokens, requests or revisions."""
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise malformed(name, f"is not a count up to {MAX_COUNT}")
    return value


def are_counts(values: Sequence[Any]) -> bool:
    """Whether each of these is what `count` lets pass, asked of all at once."""
    return {*map(type, values)} == _ONLY_INT and min(values) >= 0 and max(values) <= MAX_COUNT


def text(value: Any, name: str) -> str:
    """A text. Whether a store can keep it is asked of the whole claim at once (`claim.is_storable`)."""
    if value.__class__ is not str:
        raise malformed(name, "is not text")
    return value


def json_value(value: Any, name: str) -> Any:
    """What a text in JSON holds."""
    try:
        return json.loads(text(value, name))
    except (ValueError, RecursionError):
        raise malformed(name, "is not JSON") from None


def json_object(attributes: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """The object that an optional attribute holds in JSON; empty where there is none."""
    if name not in attributes:
        return {}
    value = json_value(attributes[name], name)
    if value.__class__ is not dict:
        raise malformed(name, "is not a JSON object")
    return value


def json_list(value: Any, name: str) -> list[Any]:
    """A list inside a JSON attribute."""
    if value.__class__ is not list:
        raise malformed(name, "is not a JSON list where it must be")
    return value


def member[T](members: Mapping[str, T], value: Any, name: str) -> T:
    """The member of a closed vocabulary that a text names."""
    found = members.get(text(value, name))
    if found is None:
        raise malformed(name, "names nothing this version knows")
    return found
