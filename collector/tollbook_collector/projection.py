"""From the claims of a call to its booked row: conclude, price, flatten. Pure but for what it remembers.

What the shapes of the claims decide (`shapes.py`) is concluded once and remembered, which takes a third of the time;
whatever depends on more takes the general path. Both give the same row, which a property test holds.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from tollbook.booked import Booked, book_row
from tollbook.booking import day_of
from tollbook.call import Call, Charge
from tollbook.claim import Claim
from tollbook.conclude import conclude, identity_flags, times
from tollbook.conclude_counters import conclude_counters
from tollbook.group import Group, Grouping, group
from tollbook.identity import Id, digest, strength
from tollbook.prices.book import PriceBook
from tollbook.prices.price import price, terms_of, total
from tollbook.prices.resolve import Terms
from tollbook.ticket import TicketRule
from tollbook.usage import FIELDS, Totals, Usage
from tollbook.vocabulary import IdKind, Quality
from tollbook_collector.generations import Generations
from tollbook_collector.shapes import Shapes, plainly
from tollbook_collector.tariff import Tariff, parts_of

MAX_SHAPES = 8_192
"""Used or learned lately, about 4 kB each; when there are more, those of before are forgotten."""
MAX_CONTEXTS = 16_384
"""As above, about 0.5 kB each."""
MAX_TARIFFS = 4_096
"""Rates ready to be multiplied: one for each combination of terms and day."""
MAX_DAYS = 64
"""Days whose rates one context remembers."""

_FIRST_SHARED = Booked._fields.index("tool")
_FIRST_COUNT = Booked._fields.index("input")
_NO_CHARGE = Charge(lines=(), list_nano_usd=0, unpriced=False, flags=(), price_book="")
"""Stands for one where only columns that depend on none are taken."""
_NEW_ROW: Callable[[type[Booked], tuple[Any, ...]], Booked] = vars(tuple)["__new__"]
"""Makes a row of the right length in half the time of `Booked._make`."""


class _Context(NamedTuple):
    """What calls share whose claims have the same sources and shapes."""

    shared: tuple[Any, ...]
    """The columns from tool to sources."""
    terms: Terms
    """What the price depends on, on the day of the first such call."""
    flags: frozenset[str]
    """What is doubtful about who made them."""
    tariffs: dict[int, Tariff]
    """The rates by day."""


class Projection:
    """Turns claims into booked calls. The same claims, rule and price book always give the same rows."""

    def __init__(self, rule: TicketRule, book: PriceBook) -> None:
        self._rule = rule
        self._book = book
        self._contexts: Generations[tuple[object, ...], _Context] = Generations()
        self._tariffs: dict[Terms, Tariff] = {}
        self.shapes = Shapes()
        keys = rule.project_keys
        self.name = f"{book.version} {'*' if keys is None else ','.join(sorted(keys))}"
        """Names rule and book: rows of a projection of another name are to be computed anew."""

    @property
    def rule(self) -> TicketRule:
        """What judges tickets."""
        return self._rule

    @property
    def price_book(self) -> str:
        """The version of the price book."""
        return self._book.version

    @property
    def remembered(self) -> int:
        """How many shapes and contexts there are."""
        return self.shapes.remembered + len(self._contexts)

    def forget(self) -> None:
        """Stay within bounds: forget what was not used lately. To be called between batches."""
        if self.shapes.young > MAX_SHAPES or self._contexts.young > MAX_CONTEXTS:
            self.shapes.turn()
            self._contexts.turn()

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
        row = None if members.void else self.row_of(members.claims)
        if row is None:
            row = book_row(*self.priced(replace(members, claims=plainly(members.claims))))
        return row

    def row_of(self, claims: Sequence[Claim]) -> Booked | None:
        """The row of claims that are one call without void ids; `None` where the general path has to decide."""
        key = self._key(claims)
        if key is None:
            return None
        totals = _agreed(claims)
        counted: tuple[str, ...] = ()
        if totals is not None:
            parts = parts_of(totals)
        else:
            counters = conclude_counters(tuple(claims))
            if counters.usage is None or counters.extra:
                return None
            parts, counted = counters.usage.parts(), counters.flags
        started_at, ended_at = (claims[0].started_at, claims[0].ended_at) if len(claims) == 1 else times(tuple(claims))
        context = self._contexts.get(key) or self._learn(key, claims)
        day = day_of(ended_at)
        money = (context.tariffs.get(day) or self._tariff(context, day)).price(parts)
        unpriced, flags = False, context.flags
        if money is None:
            usage = Usage(**dict(zip(FIELDS, parts, strict=True)))
            money, unpriced, priced = total(self._book, context.terms._replace(day=day), usage)
            flags = flags.union(counted, priced)
        elif counted:
            flags = flags.union(counted)
        named = " ".join(sorted(flags)) if flags else ""
        head = (digest(_name(claims)), started_at, day_of(started_at))
        return _NEW_ROW(Booked, (*head, *context.shared, *parts, money, int(unpriced), named, None))

    def _key(self, claims: Sequence[Claim]) -> tuple[object, ...] | None:
        """Sources and shapes; `None` where two claims of one source make the order in time count too, and where other
        models or a weak id have their say."""
        key: list[object] = []
        of = self.shapes.of
        for claim in claims:
            source = claim.key.source
            shape = of(claim)
            if shape is None or source in key or claim.extra or claim.ids[0].kind is IdKind.CLIENT_REQUEST:
                return None
            key += (source, shape)
        return tuple(key)

    def _learn(self, key: tuple[object, ...], claims: Sequence[Claim]) -> _Context:
        members = plainly(claims)
        call = conclude(Group(claims=members, void=frozenset()), self._rule)
        shared = book_row(call, _NO_CHARGE)[_FIRST_SHARED:_FIRST_COUNT]
        context = _Context(shared, terms_of(call), frozenset(identity_flags(members)), {})
        return self._contexts.put(key, context)

    def _tariff(self, context: _Context, day: int) -> Tariff:
        """The rates of a day; calls that have the same terms share them."""
        terms = context.terms._replace(day=day)
        tariff = self._tariffs.get(terms)
        if tariff is None:
            if len(self._tariffs) >= MAX_TARIFFS:
                self._tariffs.clear()
            tariff = self._tariffs[terms] = Tariff(self._book.rates(terms))
        if len(context.tariffs) >= MAX_DAYS:
            context.tariffs.clear()
        context.tariffs[day] = tariff
        return tariff


def _agreed(claims: Sequence[Claim]) -> Totals | None:
    """The counts that all claims which saw any agree upon, one of them having heard the provider's last word."""
    agreed: Totals | None = None
    final = False
    for claim in claims:
        totals = claim.totals
        if totals is not None:
            if agreed is not None and agreed != totals:
                return None
            agreed = totals
            final = final or claim.quality is Quality.FINAL
    return agreed if final else None


def _name(claims: Sequence[Claim]) -> Id:
    """What `naming_id` finds where no id is void and none of the first ones is weak."""
    own = claims[0].ids[0]
    for claim in claims:
        if claim.ids[0] != own:
            return min([each.ids[0] for each in claims], key=strength)
    return own
