"""JSON with every number as it was read: the standard writer knows no Decimal, and a float would change money."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, cast


def dump(value: Any) -> str:
    """A JSON text with its names in order: the same value always gives the same text.

    Raises:
        TypeError: it is no value that JSON has, a float among them.
    """
    if isinstance(value, Decimal):
        return str(value)
    if value is None or isinstance(value, bool | str | int):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        named = cast(Mapping[str, Any], value)
        return "{" + ",".join(f"{json.dumps(name)}:{dump(named[name])}" for name in sorted(named)) + "}"
    if isinstance(value, Sequence):
        return "[" + ",".join(dump(each) for each in cast(Sequence[Any], value)) + "]"
    raise TypeError(f"{type(value).__name__} has no place in JSON")


def in_order(rows: Sequence[Any]) -> list[Any]:
    """Rows in an order of their own, whatever order a provider sent them in."""
    return sorted(rows, key=dump)
