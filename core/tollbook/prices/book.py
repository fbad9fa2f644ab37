"""PriceBook: the pure, dated look-up of unit prices.

Built from TOML texts by `tollbook.prices.load.load_book`; the packaged rates come from `tollbook.prices.default_book`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tollbook.prices.rates import ChannelRates, day_of
from tollbook.prices.resolve import UNPRICED, Rates, Terms, resolve
from tollbook.prices.rows import Row, find_row
from tollbook.vocabulary import Channel

MAX_RESOLVED = 4096
"""Resolved rates kept in memory, about 5 kB each: one per combination of terms and UTC day. Cleared when full."""


def _no_rates() -> dict[Terms, Rates]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceBook:
    """All rates of all channels. Equal versions mean equal prices for every call."""

    version: str
    """Short hash of the rates: independent of the order of files and entries, of comments and of sources."""
    channels: Mapping[Channel, ChannelRates]
    _resolved: dict[Terms, Rates] = field(default_factory=_no_rates, init=False, repr=False, compare=False)

    def rates(self, terms: Terms) -> Rates:
        """The rates under the terms; `Rates.model` is `None` for an unknown model or channel, never a default."""
        found = self._resolved.get(terms)
        if found is None:
            channel = self.channels.get(terms.channel)
            found = UNPRICED if channel is None else resolve(channel, terms)
            if len(self._resolved) >= MAX_RESOLVED:
                self._resolved.clear()
            self._resolved[terms] = found
        return found

    def look_up(
        self,
        *,
        channel: Channel,
        model: str,
        kind: str,
        at: int,
        prompt: int = 0,
        endpoint_scope: str | None = None,
        region: str | None = None,
        tier: str | None = None,
        speed: str | None = None,
        geo: str | None = None,
        known_on: int | None = None,
    ) -> Row | None:
        """The one row that prices `kind`, or `None` when nothing does.

        `at` and `known_on` are UTC nanoseconds; `prompt` (tokens) decides the context band. `kind` is a name of
        `rates.KINDS`; the row of `cache_write` is that of the shortest lifetime.
        """
        known_day = None if known_on is None else day_of(known_on)
        terms = Terms(channel, model, model, None, endpoint_scope, region, tier, speed, geo, day_of(at), known_day)
        rate = self.rates(terms).of(prompt).get(kind)
        return None if rate is None else self.row(rate.row)

    def row(self, name: str) -> Row | None:
        """The row that a charge line names; `None` if this book has no such row."""
        prefix = name.partition("/")[0]
        rates = self.channels.get(Channel(prefix)) if prefix in Channel else None
        return None if rates is None else find_row(rates, name)
