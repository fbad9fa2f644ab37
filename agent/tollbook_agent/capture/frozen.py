"""Build frozen records without the price of their constructor.

A frozen dataclass sets each field through a general look-up: with 28 fields that was half of the time a response cost
to read. A twin class with the same slots that is not frozen sets them directly; a finished twin becomes the record by
taking its class, which Python allows between classes of one layout. `__post_init__` is left out: only for values that
are proven before.
"""

from collections.abc import Callable
from dataclasses import MISSING, field, fields, make_dataclass
from typing import Any


def builder[T](kind: type[T], *names: str) -> Callable[..., T]:
    """A function that takes the values of the named fields, in that order, and gives a record of that kind.

    Args:
        kind: a dataclass with slots.
        names: fields without default must be among them; the others have their defaults.

    Raises:
        TypeError: `kind` is no such class, a field without default is not named, or a name is no field.
    """
    declared = {each.name: each for each in fields(kind)}  # pyright: ignore[reportArgumentType]
    if unknown := set(names) - declared.keys():
        raise TypeError(f"{kind.__name__} has no field {sorted(unknown)}")
    layout: list[tuple[str, Any, Any]] = [(name, Any, field()) for name in names]
    for name, each in declared.items():
        if name in names:
            continue
        if each.default is MISSING and each.default_factory is MISSING:
            raise TypeError(f"{kind.__name__}.{name} has no default")
        made = each.default_factory
        layout.append((name, Any, field(default=each.default) if made is MISSING else field(default_factory=made)))
    twin: type[Any] = make_dataclass(f"Unfrozen{kind.__name__}", layout, slots=True, eq=False, repr=False)

    def build(*values: Any) -> T:
        record = twin(*values)
        record.__class__ = kind
        return record

    return build
