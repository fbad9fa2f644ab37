"""From the claims of a call to its booked row: conclude, price, flatten. Pure but for what it remembers.

The calls of a session differ in ids, times and counts only. What they share is concluded once and remembered, which
takes a third of the time; whatever does not fit takes the general path. Both give the same row, which a property test
holds.
"""

from collections.abc import Sequence
from typing import NamedTuple

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

MAX_REMEMBERED = 16_384
"""Contexts remembered at once, about 1.5 kB each; all are forgotten when one more is needed."""

_DECIDING = (
    "tool",
    "channel",
    "model",
    "model_requested",
    "service_tier",
    "speed",
    "inference_geo",
    "session_id",
    "scope.endpoint_scope",
    "scope.region",
    "engineer",
    "repo",
    "branch",
    "tickets",
)
"""The fields a row or its price depends on, besides ids, times and counts."""
_FIRST_SHARED = Booked._fields.index("tool")
_FIRST_COUNT = Booked._fields.index("input")


class _Context(NamedTuple):
    """What all calls of one key share."""

    shared: tuple[str | None, ...]
    """The columns from tool to sources."""
    terms: Terms
    """What the price depends on, on some day."""


class Projection:
    """Turns claims into booked calls. The same claims, rule and price book always give the same rows."""

    def __init__(self, rule: TicketRule, book: PriceBook) -> None:
        self._rule = rule
        self._book = book
        self._contexts: dict[tuple[object, ...], _Context] = {}

    @property
    def name(self) -> str:
        """Names rule and book: rows of a projection of another name are to be computed anew."""
        keys = self._rule.project_keys
        return f"{self._book.version} {'*' if keys is None else ','.join(sorted(keys))}"

    @property
    def price_book(self) -> str:
        """The version of the price book."""
        return self._book.version

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
        counters = conclude_counters(members.claims)
        usage = counters.usage
        key = None if members.void or counters.extra or usage is None else _key(members.claims)
        if key is None or usage is None:
            return book_row(*self.priced(members))
        context = self._contexts.get(key)
        if context is None:
            context = self._learn(key, members)
        started_at, ended_at = times(members.claims)
        money, unpriced, flags = total(self._book, context.terms._replace(day=day_of(ended_at)), usage)
        flags = " ".join(sorted({*counters.flags, *flags})) if flags or counters.flags else ""
        name = digest(naming_id(members))
        head = (name, started_at, day_of(started_at), *context.shared)
        return Booked._make((*head, *usage.parts(), money, int(unpriced), flags, None))

    def _learn(self, key: tuple[object, ...], members: Group) -> _Context:
        call, charge = self.priced(members)
        row = book_row(call, charge)
        context = _Context(row[_FIRST_SHARED:_FIRST_COUNT], terms_of(call))
        if len(self._contexts) >= MAX_REMEMBERED:
            self._contexts.clear()
        self._contexts[key] = context
        return context


def _key(claims: tuple[Claim, ...]) -> tuple[object, ...] | None:
    """What decides the context of a call; `None` where two claims of one source make it depend on their order too."""
    key: list[object] = []
    sources = {claim.key.source for claim in claims}
    if len(sources) < len(claims):
        return None
    for claim in claims:
        key.append(claim.key.source)
        field = claim.fields.get
        for name in _DECIDING:
            register = field(name)
            if register is None:
                key.append(None)
            else:
                rank, _, value = register
                key += (rank, value)
    return tuple(key)
