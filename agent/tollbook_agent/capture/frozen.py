"""Build frozen records without the price of their constructor.

A frozen dataclass sets each field through a general look-up; with 28 fields that is a third of the time a response
costs here. Setting the slots directly leaves out `__post_init__`, so only for values that are proven before.
"""

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from typing import Any


def builder[T](kind: type[T], *names: str) -> Callable[..., T]:
    """A function that takes the values of the named fields, in that order, and gives a record of that kind.

    The other fields have their defaults; default factories are called once, so the record shares what they make.

    Raises:
        TypeError: a field without default is not named, or a name is no field.
    """
    declared: dict[str, Field[Any]] = {each.name: each for each in fields(kind)}  # pyright: ignore[reportArgumentType]
    slots: dict[str, Any] = {name: vars(kind)[name].__set__ for name in declared}
    if not declared.keys() >= set(names):
        raise TypeError(f"{kind.__name__} has no field {set(names) - declared.keys()}")
    given = tuple(slots[name] for name in names)
    constant = tuple((slots[name], _default(kind, each)) for name, each in declared.items() if name not in names)
    make: Callable[[type[T]], T] = object.__new__

    def build(*values: Any) -> T:
        record = make(kind)
        for put, value in constant:
            put(record, value)
        for put, value in zip(given, values, strict=True):
            put(record, value)
        return record

    return build


def _default(kind: type[Any], declared: "Field[Any]") -> Any:
    """The value of a field nobody names."""
    if declared.default is not MISSING:
        return declared.default
    if declared.default_factory is not MISSING:
        return declared.default_factory()
    raise TypeError(f"{kind.__name__}.{declared.name} has no default")
