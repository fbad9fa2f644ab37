"""Spans that are alike: the calls of a session differ in ids, times and counts only, so all else is read once.

A *layout* is an order of attributes: which of them vary, and what is their key. A *kind* is a layout with the bytes of
all attributes that do not vary. Where a span is of a known kind, these are compared as bytes and never taken apart;
the others are read at their places, in the one form that encoders write. Whatever is written otherwise is read in full.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any, NamedTuple

from tollbook import attributes as names
from tollbook.claim import Claim, Register
from tollbook.span_alike import VARYING, Common, decode_alike, places_of
from tollbook_collector.generations import Generations
from tollbook_collector.receivers.wire_value import Values, is_valid, prefix_of
from tollbook_collector.shapes import Shapes

MAX_KINDS = 8_192
"""Kinds of spans used lately that are remembered, about 4 kB each; as many more that were not used since."""
MAX_LAYOUTS = 16
"""Of spans with the same number of attributes; when there are more, those are forgotten."""
MAX_BYTES = 4 * 1024
"""A larger span is read in full: it is not what is seen a thousand times."""

Value = str | int


class _Place(NamedTuple):
    """An attribute that varies."""

    place: int
    prefix: bytes
    size: int
    """Of the prefix."""
    name: str
    """Its key."""
    read: bool
    """Whether anybody reads it."""


class _Layout:
    """An order of attributes."""

    __slots__ = ("constants", "keys", "kinds", "places", "varying")

    def __init__(self, keys: tuple[str, ...], constant: Sequence[int], varying: tuple[_Place, ...]) -> None:
        self.keys = keys
        self.constants: Callable[[Sequence[bytes]], Any] = itemgetter(*constant)
        self.varying = varying
        self.places = places_of([each.name for each in varying if each.read])
        self.kinds: Generations[Any, Common] = Generations()
        """By the encoded attributes that do not vary."""


class Alike:
    """Remembers kinds of spans. What it remembers changes no answer. For several threads."""

    def __init__(self) -> None:
        self._layouts: dict[int, tuple[_Layout, ...]] = {}
        """By the number of attributes."""
        self._shapes = Shapes()
        self._values = Values()

    def __len__(self) -> int:
        return sum(len(layout.kinds) for layout in self._all())

    def _all(self) -> Iterator[_Layout]:
        return chain.from_iterable(self._layouts.values())

    def read(self, outline: Sequence[bytes], started_at: int, ended_at: int) -> Claim | None:
        """The claim of a span with these encoded attributes, where one like it was learned; `None` where it has to be
        read in full."""
        for layout in self._layouts.get(len(outline), ()):
            common = layout.kinds.get(layout.constants(outline))
            if common is not None and layout.places is not None:
                said = self._said(layout, outline)
                if said is not None:
                    return decode_alike(said, started_at, ended_at, layout.places, common)
        return None

    def _said(self, layout: _Layout, outline: Sequence[bytes]) -> list[Value] | None:
        """The values that are read, and a 0."""
        said: list[Value] = []
        known = self._values.known
        for place, prefix, size, name, is_read in layout.varying:
            raw = outline[place]
            if not raw.startswith(prefix):
                return None
            tail = raw[size:]
            value = known.get(tail)
            if value is None:
                value = self._values.of(tail)
                if value is None and (is_read or not is_valid(raw, name)):
                    return None
            if is_read and value is not None:
                said.append(value)
        said.append(0)
        return said

    def learn(
        self, outline: Sequence[bytes], keys: tuple[str, ...], said: Mapping[str, Value], claim: Claim
    ) -> None:  # fmt: skip
        """Remember a span that was read in full: its encoded attributes, their keys, what was read, what it gave."""
        order = said.get(names.ORDER)
        shape = self._shapes.of(claim)
        if shape is None or claim.extra or any(register.order != order for register in claim.fields.values()):
            return
        if sum([layout.kinds.young for layout in self._all()]) >= MAX_KINDS:
            self._shapes.turn()
            for layout in self._all():
                layout.kinds.turn()
        layout = self._layout(keys, said)
        fields: Callable[[int], Mapping[str, Register]] = shape.fields
        layout.kinds.put(layout.constants(outline), Common(claim.quality, claim.reader_epoch, fields))

    def _layout(self, keys: tuple[str, ...], said: Mapping[str, Value]) -> _Layout:
        """The layout of such keys: the same keys are read, and vary, in every span."""
        known = self._layouts.get(len(keys), ())
        for layout in known:
            if layout.keys == keys:
                return layout
        constant: list[int] = []
        varying: list[_Place] = []
        for place, key in enumerate(keys):
            if key in said and key not in VARYING:
                constant.append(place)
            else:
                prefix = prefix_of(key)
                varying.append(_Place(place, prefix, len(prefix), key, key in said))
        layout = _Layout(keys, constant, tuple(varying))
        self._layouts[len(keys)] = (*known, layout) if len(known) < MAX_LAYOUTS else (layout,)
        return layout
