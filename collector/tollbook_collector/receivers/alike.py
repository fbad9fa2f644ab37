"""Spans that are alike: the calls of a session differ in ids, times and counts only, so all else is read once.

A *layout* is an order of attributes: which of them vary, and what is their key. A *stencil* is a layout with the bytes
of the attributes that are the same in many sessions, a *kind* is a stencil with the bytes of those in which sessions
differ. Where a span is of a known kind, both are compared as bytes and never taken apart; the attributes that vary are
read at their places, in the one form that encoders write. Where only its stencil is known, what its session says is
read so too and makes a new kind. Whatever is written otherwise is read in full.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from tollbook import attributes as names
from tollbook.claim import Claim, Register
from tollbook.span_alike import VARYING, Common, decode_alike, places_of
from tollbook.span_ids import ID_NAMES
from tollbook.span_stencil import Stencil, names_no_order, open_attributes
from tollbook_collector.generations import Generations
from tollbook_collector.receivers.wire_value import Values, is_valid, prefix_of, value_of
from tollbook_collector.shapes import Shape, Shapes, shape_of

MAX_KINDS = 8_192
"""Kinds of spans used lately that are remembered, about 2 kB each; as many more that were not used since."""
MAX_STENCILS = 1_024
"""As above, about 6 kB each."""
MAX_LAYOUTS = 16
"""Of spans with the same number of attributes; when there are more, those are forgotten."""
MAX_BYTES = 4 * 1024
"""A larger span is read in full: it is not what is seen a thousand times."""

_STEADY = frozenset({names.OPERATION})
"""What nobody reads and yet all spans of a stencil say alike."""
_LONG = frozenset({names.CLAIM, names.ORDER, names.MORE_IDS, *ID_NAMES.values()})
"""What varies and is no count."""

Value = str | int


class _Place(NamedTuple):
    """An attribute that is read, or at least looked at."""

    place: int
    prefix: bytes
    size: int
    """Of the prefix."""
    name: str
    """Its key."""


class _Layout:
    """An order of attributes."""

    __slots__ = ("keys", "long", "opened", "places", "read", "session", "stencil", "unread")

    def __init__(self, keys: tuple[str, ...], said: Mapping[str, Value]) -> None:
        opened = open_attributes(keys)
        varying = [key for key in keys if key not in _STEADY and (key in VARYING or key not in said)]
        self.keys = keys
        place = {key: number for number, key in enumerate(keys)}
        self.opened = _places((place[key], key) for key in opened)
        every = _places(each for each in enumerate(keys) if each[1] in varying)
        self.long = tuple([each for each in every if each.name in said and each.name in _LONG])
        self.read = tuple([each for each in every if each.name in said and each.name not in _LONG])
        self.unread = tuple([each for each in every if each.name not in said])
        self.stencil = _getter([n for n, key in enumerate(keys) if key not in varying and key not in opened])
        self.session = _getter([place[key] for key in opened])
        self.places = places_of([each.name for each in (*self.long, *self.read)])


def _places(of: Iterable[tuple[int, str]]) -> tuple[_Place, ...]:
    found = [(number, prefix_of(key), key) for number, key in of]
    return tuple([_Place(number, prefix, len(prefix), key) for number, prefix, key in found])


def _getter(places: Sequence[int]) -> Callable[[Sequence[bytes]], Any]:
    """What takes these out of a span, in a form that can be compared."""
    return itemgetter(*places) if places else lambda _: ()


def _long_values(places: Iterable[_Place], outline: Sequence[bytes]) -> list[Value] | None:
    """The values at these places, which are too long or too many to be remembered."""
    said: list[Value] = []
    for place, prefix, size, _ in places:
        raw = outline[place]
        value = value_of(raw[size:]) if raw.startswith(prefix) else None
        if value is None:
            return None
        said.append(value)
    return said


class Alike:
    """Remembers kinds of spans. What it remembers changes no answer. For several threads."""

    def __init__(self) -> None:
        self._layouts: dict[int, tuple[_Layout, ...]] = {}
        """By the number of attributes."""
        self._stencils: Generations[tuple[_Layout, Any], Stencil] = Generations()
        """By the encoded attributes that are neither open nor vary."""
        self._kinds: Generations[tuple[Stencil, Any], Common] = Generations()
        """By the encoded open attributes."""
        self._shapes = Shapes()
        self._values = Values()

    def __len__(self) -> int:
        return len(self._kinds)

    @property
    def stencils(self) -> int:
        """How many are remembered."""
        return len(self._stencils)

    def read(self, outline: Sequence[bytes], started_at: int, ended_at: int) -> Claim | None:
        """The claim of a span with these encoded attributes, where one like it was learned; `None` where it has to be
        read in full."""
        for layout in self._layouts.get(len(outline), ()):
            stencil = self._stencils.get((layout, layout.stencil(outline)))
            if stencil is None or layout.places is None:
                continue
            said = _long_values(layout.long, outline)
            counts = None if said is None else self._said(layout.read, outline)
            if said is None or counts is None or not self._is_well(layout.unread, outline):
                continue
            said += counts
            said.append(0)
            common = self._kinds.get((stencil, layout.session(outline))) or self._new_kind(layout, stencil, outline)
            if common is not None:
                return decode_alike(said, started_at, ended_at, layout.places, common)
        return None

    def _said(self, places: Iterable[_Place], outline: Sequence[bytes]) -> list[Value] | None:
        """The values at these places."""
        said: list[Value] = []
        known = self._values.known
        for place, prefix, size, _ in places:
            raw = outline[place]
            if not raw.startswith(prefix):
                return None
            tail = raw[size:]
            value = known.get(tail)
            if value is None:
                value = self._values.of(tail)
                if value is None:
                    return None
            said.append(value)
        return said

    def _is_well(self, places: Iterable[_Place], outline: Sequence[bytes]) -> bool:
        """Whether the parser takes these attributes for those of the layout, whatever their value is."""
        known = self._values.known
        for place, prefix, size, name in places:
            raw = outline[place]
            if not raw.startswith(prefix):
                return False
            tail = raw[size:]
            if tail not in known and self._values.of(tail) is None and not is_valid(raw, name):
                return False
        return True

    def _new_kind(self, layout: _Layout, stencil: Stencil, outline: Sequence[bytes]) -> Common | None:
        """The kind of a span whose stencil is known."""
        values = _long_values(layout.opened, outline)
        filled = None if values is None else stencil.fill(values)
        if filled is None:
            return None
        if not stencil.lasts:
            return Common(stencil.quality, stencil.reader_epoch, shape_of(*filled).fields)
        return self._remember(stencil, layout.session(outline), self._shapes.of_text(*filled))

    def learn(
        self, outline: Sequence[bytes], keys: tuple[str, ...], said: Mapping[str, Value], claim: Claim
    ) -> None:  # fmt: skip
        """Remember a span that was read in full: its encoded attributes, their keys, what was read, what it gave."""
        order = said.get(names.ORDER)
        if claim.extra or any(register.order != order for register in claim.fields.values()):
            return
        if not names_no_order(said.get(names.KNOWN)):
            return
        layout = self._layout(keys, said)
        of = layout, layout.stencil(outline)
        stencil = self._stencils.get(of)
        if stencil is None:
            if self._stencils.young >= MAX_STENCILS:
                self._stencils.turn()
            stencil = self._stencils.put(of, Stencil(claim, [each.name for each in layout.opened]))
        shape = self._shapes.of(claim) if stencil.lasts else None
        if shape is not None:
            self._remember(stencil, layout.session(outline), shape)

    def _remember(self, stencil: Stencil, session: Any, shape: Shape) -> Common:
        """A kind. Each of the shapes is one's, so both are bounded."""
        if self._kinds.young >= MAX_KINDS:
            self._shapes.turn()
            self._kinds.turn()
        fields: Callable[[int], Mapping[str, Register]] = shape.fields
        return self._kinds.put((stencil, session), Common(stencil.quality, stencil.reader_epoch, fields))

    def _layout(self, keys: tuple[str, ...], said: Mapping[str, Value]) -> _Layout:
        """The layout of such keys: the same keys are read, and vary, in every span."""
        known = self._layouts.get(len(keys), ())
        for layout in known:
            if layout.keys == keys:
                return layout
        layout = _Layout(keys, said)
        self._layouts[len(keys)] = (*known, layout) if len(known) < MAX_LAYOUTS else (layout,)
        return layout
