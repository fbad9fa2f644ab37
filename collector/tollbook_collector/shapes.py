"""Shapes: the fields of a claim without their order in time.

The calls of a session differ in ids, times and counts; their fields are the same, text for text. So the text of the
fields, and what they conclude to, is worked out once for each shape and remembered.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from tollbook.canonical import parse, parse_fields, write, write_around, write_fields
from tollbook.claim import Claim, Register
from tollbook_collector.generations import Generations

_NEW_REGISTER: Callable[[type[Register], tuple[Any, ...]], Register] = vars(tuple)["__new__"]


class Shape:
    """One set of fields. One text has one object while it is remembered, so shapes are compared by identity."""

    __slots__ = ("entries", "text")

    def __init__(self, text: str, fields: Mapping[str, Register]) -> None:
        self.text = text
        """As `write_fields` writes them when all are of one order."""
        self.entries = {name: (register.rank, register.value) for name, register in fields.items()}

    def fields(self, order: int) -> "ShapedFields":
        """The fields of a claim of this shape; the order of no fields at all is 0."""
        return ShapedFields(self, order if self.entries else 0)


def shape_of(text: str, entries: dict[str, tuple[int, str | int]]) -> Shape:
    """A shape of fields that are written already: of each its rank and value."""
    shape = Shape(text, {})
    shape.entries = entries
    return shape


class ShapedFields(Mapping[str, Register]):
    """The fields of a claim, each made when somebody asks: most claims are only grouped and counted."""

    __slots__ = ("order", "shape")

    def __init__(self, shape: Shape, order: int) -> None:
        self.shape = shape
        self.order = order

    def __getitem__(self, name: str) -> Register:
        rank, value = self.shape.entries[name]
        return Register(rank, self.order, value)

    def __iter__(self) -> Iterator[str]:
        return iter(self.shape.entries)

    def __len__(self) -> int:
        return len(self.shape.entries)

    def plain(self) -> dict[str, Register]:
        """All of them at once, for who asks for most."""
        order = self.order
        return {
            name: _NEW_REGISTER(Register, (rank, order, value)) for name, (rank, value) in self.shape.entries.items()
        }


def plainly(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """The same claims, with fields that are looked up faster."""
    return tuple(
        [
            replace(claim, fields=claim.fields.plain()) if isinstance(claim.fields, ShapedFields) else claim
            for claim in claims
        ]
    )


class Shapes:
    """Remembers shapes. For one thread at a time."""

    def __init__(self) -> None:
        self._by_text: Generations[str, Shape] = Generations()
        self._by_content: Generations[object, Shape] = Generations()
        self._last: tuple[Claim | None, Shape | None] = None, None
        """A claim is asked for twice in a row: to be written and to be concluded."""

    def parse(self, raw: bytes) -> Claim:
        """The claim of canonical bytes, exactly as `canonical.parse` gives it."""
        return parse(raw, self._read)

    def write(self, claim: Claim) -> bytes:
        """The claim's canonical bytes, exactly as `canonical.write` gives them."""
        shape, fields = self.of(claim), claim.fields
        if shape is None:
            return write(claim)
        if fields.__class__ is ShapedFields:
            return write_around(claim, cast(ShapedFields, fields).order, shape.text)
        return write_around(claim, next(iter(fields.values())).order if fields else 0, shape.text)

    def of(self, claim: Claim) -> Shape | None:
        """The shape of a claim's fields; `None` where they are of different orders."""
        fields = claim.fields
        if fields.__class__ is ShapedFields:  # isinstance asks an abstract class, which takes as long as all else here
            shape = cast(ShapedFields, fields).shape
            return self._by_text.get(shape.text) or self._by_text.put(shape.text, shape)
        last, shape = self._last
        if last is claim:
            return shape
        shape = self._shape(fields)
        self._last = claim, shape
        return shape

    def _shape(self, fields: Mapping[str, Register]) -> Shape | None:
        if not fields:
            return self._remember("", fields)
        ranks, orders, values = zip(*fields.values(), strict=True)
        if orders.count(orders[0]) < len(orders):
            return None
        content = (tuple(fields), ranks, values)
        shape = self._by_content.get(content)
        if shape is None:
            shape = self._by_content.put(content, self._remember(write_fields(fields, orders[0]), fields))
        return shape

    def of_text(self, text: str, entries: dict[str, tuple[int, str | int]]) -> Shape:
        """The shape of fields that are written already: of each its rank and value."""
        return self._by_text.get(text) or self._by_text.put(text, shape_of(text, entries))

    @property
    def remembered(self) -> int:
        """How many there are."""
        return max(len(self._by_text), len(self._by_content))

    @property
    def young(self) -> int:
        """How many of them were used since the last turn."""
        return max(self._by_text.young, self._by_content.young)

    def turn(self) -> None:
        """Forget those that were not."""
        self._by_text.turn()
        self._by_content.turn()

    def forget(self) -> None:
        """Start anew."""
        self._by_text.clear()
        self._by_content.clear()
        self._last = None, None

    def _read(self, text: str, order: int) -> Mapping[str, Register]:
        shape = self._by_text.get(text)
        if shape is None:
            fields = parse_fields(text, order)
            if any(register.order != order for register in fields.values()):
                return fields
            shape = self._remember(text, fields)
        return shape.fields(order)

    def _remember(self, text: str, fields: Mapping[str, Register]) -> Shape:
        """The shape of a text, the same object for the same text while it is remembered."""
        shape = self._by_text.get(text)
        if shape is None:
            shape = self._by_text.put(text, Shape(text, fields))
        return shape
