"""From the claims of a call to its booked row: conclude, price, flatten. Pure but for what it remembers.

What the shapes of the claims decide (`shapes.py`) is concluded once and remembered, which takes a third of the time;
whatever depends on more takes the general path. Both give the same row, which a property test holds.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tollbook.booked import Booked, book_row
from tollbook.booking import day_of
from tollbook.call import Call, Charge
from tollbook.claim import Claim
from tollbook.conclude import conclude, naming_id, times
from tollbook.conclude_counters import conclude_counters
from tollbook.group import Group, Grouping, group
from tollbook.identity import digest
from tollbook.prices.book import PriceBook
from tollbook.prices.price import price, terms_of, total
from tollbook.prices.resolve import Terms
from tollbook.ticket import TicketRule
from tollbook_collector.shapes import Shapes

MAX_SHAPES = 8_192
"""Remembered from batch to batch, about 4 kB each; when there are more, all are forgotten."""
MAX_CONTEXTS = 16_384
"""As above, about 0.5 kB each."""

_FIRST_SHARED = Booked._fields.index("tool")
_FIRST_COUNT = Booked._fields.index("input")


class _Context(NamedTuple):
    """What calls share whose claims have the same sources and shapes."""

    shared: tuple[Any, ...]
    """The columns from tool to sources."""
    terms: Terms
    """What the price depends on, on the day of the last such call."""


class Projection:
    """Turns claims into booked calls. The same claims, rule and price book always give the same rows."""

    def __init__(self, rule: TicketRule, book: PriceBook) -> None:
        self._rule = rule
        self._book = book
        self._contexts: dict[tuple[object, ...], _Context] = {}
        self.shapes = Shapes()

    @property
    def name(self) -> str:
        """Names rule and book: rows of a projection of another name are to be computed anew."""
        keys = self._rule.project_keys
        return f"{self._book.version} {'*' if keys is None else ','.join(sorted(keys))}"

    @property
    def price_book(self) -> str:
        """The version of the price book."""
        return self._book.version

    @property
    def remembered(self) -> int:
        """How many shapes and contexts there are."""
        return self.shapes.remembered + len(self._contexts)

    def forget(self) -> None:
        """Stay within bounds: forget all when it is too much. To be called between batches."""
        if self.shapes.remembered > MAX_SHAPES or len(self._contexts) > MAX_CONTEXTS:
            self.shapes.forget()
            self._contexts.clear()

    def priced(self, members: Group) -> tuple[Call, Charge]:
        """The call that claims describe, and what it costs."""
        call = conclude(members, self._rule)
        return call, price(call, self._book)

    def rows(self, grouping: Grouping) -> list[Booked]:
        """The calls of one cluster, in the order of its parts."""
        return [self.row(members) for members in grouping.groups]

    def rows_of(self, claims: Sequence[Claim]) -> list[Booked]:
        """The calls of all claims of one cluster."""
        return self.rows(group(claims))

    def row(self, members: Group) -> Booked:
        """The row of one call: exactly `book_row(*priced(members))`."""
        claims = members.claims
        counters = conclude_counters(claims)
        usage = counters.usage
        shapes = None if members.void or counters.extra or usage is None else self._shapes_of(claims)
        if shapes is None or usage is None:
            return book_row(*self.priced(members))
        started_at, ended_at = times(claims)
        key = tuple(shapes)
        context = self._contexts.get(key) or self._learn(key, members)
        day = day_of(ended_at)
        if context.terms.day != day:
            context = self._contexts[key] = context._replace(terms=context.terms._replace(day=day))
        money, unpriced, flags = total(self._book, context.terms, usage)
        flags = " ".join(sorted({*counters.flags, *flags})) if flags or counters.flags else ""
        head = (digest(naming_id(members)), started_at, day_of(started_at), *context.shared)
        return Booked._make((*head, *usage.parts(), money, int(unpriced), flags, None))

    def _shapes_of(self, claims: tuple[Claim, ...]) -> list[object] | None:
        """Sources and shapes; `None` where two claims of one source make the order in time count too."""
        shapes: list[object] = []
        for claim in claims:
            source = claim.key.source
            shape = self.shapes.of(claim)
            if shape is None or source in shapes:
                return None
            shapes += (source, shape)
        return shapes

    def _learn(self, key: tuple[object, ...], members: Group) -> _Context:
        call, charge = self.priced(members)
        context = _Context(book_row(call, charge)[_FIRST_SHARED:_FIRST_COUNT], terms_of(call))
        self._contexts[key] = context
        return context
