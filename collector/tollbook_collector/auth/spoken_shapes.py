"""What the fields of claims became when a sender said them: remembered shape by shape, since a session repeats them."""

from collections.abc import Mapping

from tollbook.canonical import write_fields
from tollbook.claim import Register
from tollbook_collector.auth.principal import Principal
from tollbook_collector.shapes import Shape, ShapedFields

MAX_SHAPES = 16_384
"""Remembered of all senders together, about 4 kB each; when there are more, all are forgotten."""

MAX_SENDERS = 4_096
"""As above."""


class SpokenShapes:
    """For any thread: two that learn at once learn the same."""

    def __init__(self) -> None:
        self._senders: dict[Principal, dict[Shape, Shape]] = {}
        self._shapes = 0

    def __len__(self) -> int:
        return self._shapes

    def of(self, principal: Principal) -> dict[Shape, Shape]:
        """What shapes became that a sender said."""
        known = self._senders.get(principal)
        if known is None:
            if len(self._senders) >= MAX_SENDERS:
                self._senders.clear()
                self._shapes = 0
            known = self._senders[principal] = {}
        return known

    def learn(self, principal: Principal, said: ShapedFields, became: Mapping[str, Register]) -> None:
        """Note what fields became. What has registers of several orders is no shape, and not remembered."""
        if any(register.order != said.order for register in became.values()):
            return
        if self._shapes >= MAX_SHAPES:
            self._senders.clear()
            self._shapes = 0
        text = write_fields(became, said.order)
        self.of(principal)[said.shape] = said.shape if text == said.shape.text else Shape(text, became)
        self._shapes += 1
