"""Reading one TOML table field by field: every fault names the file, the entry and the key."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import cast

MAX_DIGITS = 12
"""Significant digits of a price or factor: more is a slip of the keyboard."""


class RateFault(ValueError):
    """One thing wrong in a rates file: `file: entry: key: what is wrong`."""


class Fields:
    """One table of a rates file; `allowed` names its keys, `None` where the keys are names of their own.

    Raises:
        RateFault: from every reader, when the key is missing or not of the kind asked for.
    """

    def __init__(self, table: object, where: str, allowed: frozenset[str] | None) -> None:
        if not isinstance(table, dict):
            raise RateFault(f"{where}: must be a table, is {kind_of(table)}")
        self._table = cast("dict[str, object]", table)
        self.where = where
        for key in self._table:
            if allowed is not None and key not in allowed:
                raise self.fault(key, f"unknown key; known are {', '.join(sorted(allowed))}")

    def fault(self, key: str, what: str) -> RateFault:
        """A fault at a key of this table."""
        return RateFault(f"{self.where}: {key}: {what}")

    def has(self, key: str) -> bool:
        """Whether the key is there at all."""
        return key in self._table

    def names(self) -> tuple[str, ...]:
        """The keys, as written."""
        return tuple(self._table)

    def get(self, key: str) -> object:
        """The raw value; a missing key is a fault."""
        if key not in self._table:
            raise self.fault(key, "is missing")
        return self._table[key]

    def text(self, key: str) -> str:
        """A non-empty string."""
        value = self.get(key)
        if not isinstance(value, str) or not value:
            raise self.fault(key, f"must be a text, is {kind_of(value)}")
        return value

    def decimal(self, key: str) -> Decimal:
        """A non-negative decimal number written as a string, so that no float ever touches it."""
        value = self.get(key)
        if not isinstance(value, str):
            raise self.fault(key, f'must be a decimal in quotes such as "2.50", is {kind_of(value)}')
        try:
            number = Decimal(value)
        except InvalidOperation:
            raise self.fault(key, f"{value!r} is no decimal number") from None
        if not number.is_finite() or number < 0:
            raise self.fault(key, f"{value!r} is not a finite number of zero or more")
        if len(number.as_tuple().digits) > MAX_DIGITS:
            raise self.fault(key, f"{value!r} has more than {MAX_DIGITS} digits")
        return number

    def day(self, key: str, also: str = "") -> date:
        """A plain date such as 2026-08-21, unquoted; `also` names what else the key may be."""
        value = self.get(key)
        if not isinstance(value, date) or isinstance(value, datetime):
            raise self.fault(key, f"must be a date such as 2026-08-21 without quotes{also}, is {kind_of(value)}")
        return value

    def count(self, key: str) -> int:
        """A positive whole number."""
        value = self.get(key)
        if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
            raise self.fault(key, f"must be a whole number above zero, is {value!r}")
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of non-empty strings; a missing key is an empty list."""
        value = self._table.get(key, [])
        if not isinstance(value, list):
            raise self.fault(key, f"must be a list, is {kind_of(value)}")
        items = cast("list[object]", value)
        for item in items:
            if not isinstance(item, str) or not item:
                raise self.fault(key, f"must be a list of texts, holds {kind_of(item)}")
        return tuple(cast("list[str]", items))

    def entries(self, key: str) -> list[object]:
        """A list of tables; a missing key is an empty list."""
        value = self._table.get(key, [])
        if not isinstance(value, list):
            raise self.fault(key, f"must be written [[{key}]], is {kind_of(value)}")
        return cast("list[object]", value)

    def text_map(self, key: str, allowed: frozenset[str] | None = None) -> dict[str, str]:
        """A table of strings; a missing key is an empty table."""
        table = Fields(self._table.get(key, dict[str, str]()), f"{self.where}: {key}", allowed)
        return {name: table.text(name) for name in table.names()}


def kind_of(value: object) -> str:
    """How a person would call the TOML type of a value."""
    match value:
        case str():
            return "a text"
        case bool():
            return "true or false"
        case int():
            return "a whole number"
        case Decimal() | float():
            return "a number without quotes"
        case datetime():
            return "a date with a time"
        case date():
            return "a date"
        case Mapping():
            return "a table"
        case _:
            return "a list"
