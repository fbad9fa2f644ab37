"""Spans that are alike: the calls of a session differ in ids, times and counts only, so all else is read once.

An attribute is recognised by the bytes it came in, before anything of it is taken apart. What stands at every place is
the kind of a span: bytes that are remembered, or something else, which then may be nothing but what varies.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

from tollbook import attributes as names
from tollbook.claim import Claim, Register
from tollbook.spans import VARYING, Common
from tollbook_collector.shapes import Shapes

MAX_KINDS = 8_192
"""Kinds of spans remembered, about 6 kB each; when there are more, all are forgotten."""
MAX_BYTES = 4 * 1024
"""A larger span is read in full: it is not what is seen a thousand times."""

Kind = tuple[int | None, ...]
"""For every attribute of a span, in their order, the number of its bytes; `None`: not remembered."""


class Known(NamedTuple):
    """What is remembered of a kind."""

    common: Common
    places: tuple[int, ...]
    """Of the attributes that are not remembered."""


class Alike:
    """Remembers kinds of spans. What it remembers changes no answer."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, int] = {}
        self._kinds: dict[Kind, Known] = {}
        self._shapes = Shapes()

    def __len__(self) -> int:
        return len(self._kinds)

    def kind(self, outline: Iterable[bytes]) -> Kind:
        """The kind of a span with these encoded attributes."""
        return tuple(map(self._numbers.get, outline))

    def known(self, kind: Kind) -> Known | None:
        """What is remembered of such spans."""
        return self._kinds.get(kind)

    def learn(self, raws: Iterable[bytes], keys: Iterable[str], said: Mapping[str, str | int], claim: Claim) -> None:
        """Remember a span that was read in full: its encoded attributes, their keys, what was read, what it gave."""
        order = said.get(names.ORDER)
        shape = self._shapes.of(claim)
        if shape is None or claim.extra or any(register.order != order for register in claim.fields.values()):
            return
        if len(self._kinds) >= MAX_KINDS:
            self._kinds.clear()
            self._numbers.clear()
            self._shapes.forget()
        kind: list[int | None] = []
        for raw, key in zip(raws, keys, strict=True):
            common = key in said and key not in VARYING
            kind.append(self._numbers.setdefault(raw, len(self._numbers)) if common else None)
        places = tuple([place for place, number in enumerate(kind) if number is None])
        fields: Callable[[int], Mapping[str, Register]] = shape.fields
        self._kinds[tuple(kind)] = Known(Common(claim.quality, claim.reader_epoch, fields), places)
