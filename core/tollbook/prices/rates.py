"""The records of the price book: dated prices, dated factors, and the channels that hold them.

Everything is bitemporal: `effective_day` says from when a price holds, `recorded_day` since when it is known. Days are
whole UTC days since 1970-01-01.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from tollbook.prices.endpoint import EndpointScope, ScopeFrom
from tollbook.prices.names import canonical, spellings
from tollbook.usage import FIELDS
from tollbook.vocabulary import Channel

DAY_NS = 86_400_000_000_000
LAUNCH = 0
"""Effective day of a price that has held since the model exists."""

KINDS: tuple[str, ...] = tuple(kind for kind in FIELDS if kind != "reasoning")
"""Everything that is priced: reasoning is part of output."""
SEARCHES = "web_searches"
UNKNOWN_WRITE = "cache_write"
LIFETIMES: tuple[str, ...] = ("cache_write_5m", "cache_write_30m", "cache_write_1h", "cache_write_12h")
"""Shortest first: a write of unknown lifetime takes the first that the model has a price for."""
TOKEN_KINDS: tuple[str, ...] = ("input", "cache_read", *LIFETIMES, "output")
"""The kinds a price block can name."""

_EPOCH = date(1970, 1, 1)


class Dimension(StrEnum):
    """What a factor depends on. Factors of different dimensions multiply; of one dimension at most one applies."""

    TIER = "tier"
    SPEED = "speed"
    GEO = "geo"
    SCOPE = "scope"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """Since when something holds, since when it is known, and who says so."""

    effective_day: int
    recorded_day: int
    source: str
    checked: date
    """When a person last compared it with the source."""

    def in_force(self, day: int, known_day: int | None) -> bool:
        """Whether it has begun on `day`, as far as was known on `known_day`."""
        return self.effective_day <= day and (known_day is None or self.recorded_day <= known_day)

    @property
    def label(self) -> str:
        """`launch~2026-06-30`: effective and recorded day, as they appear in the names of rows."""
        effective = "launch" if self.effective_day == LAUNCH else day_text(self.effective_day)
        return f"{effective}~{day_text(self.recorded_day)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Prices of one model that took effect together. USD per million tokens."""

    model: str
    tier: str | None
    """A block of a tier's own published prices; `None` for the standard ones."""
    dated: Dated
    usd: Mapping[str, Decimal]
    above: int | None
    """The whole request has the prices of `usd_above` when its prompt exceeds this many tokens."""
    usd_above: Mapping[str, Decimal]
    billed_as: Mapping[str, str]
    """Kinds without a price of their own, and the kind they are charged as."""
    list_of: Channel
    """Whose list it is; another channel where the prices are borrowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factor:
    """A multiplier of token prices. `times` is `None` where the thing is no longer sold."""

    name: str
    dimension: Dimension
    values: frozenset[str]
    models: tuple[str, ...]
    times: Decimal | None
    otherwise: Decimal | None
    """The multiplier of the models that `covers` names and `models` does not; `None`: not known."""
    covers: tuple[str, ...]
    kinds: frozenset[str]
    dated: Dated
    list_of: Channel

    def times_for(self, model: str) -> Decimal | None:
        """The multiplier for a model; `None` where it is not known or no longer sold."""
        if matches(self.models, model):
            return self.times
        return self.otherwise if matches(self.covers, model) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """The price of web searches. USD per 1,000; no factor applies."""

    name: str
    models: tuple[str, ...]
    usd: Decimal
    dated: Dated
    list_of: Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """One model and all that was ever known of its prices."""

    name: str
    match: tuple[str, ...]
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelRates:
    """All rates of one channel."""

    channel: Channel
    models: Mapping[str, Model]
    index: Mapping[str, str]
    """Every known spelling, to the model's name."""
    factors: tuple[Factor, ...]
    searches: tuple[Search, ...]
    tier_names: Mapping[str, str]
    speed_as_tier: Mapping[str, str]
    scope_from: ScopeFrom
    bare_id_scope: EndpointScope

    def find(self, name: str) -> tuple[Model, bool] | None:
        """The model a name means here, and whether the name asked for its fast variant."""
        for spelling in spellings(name):
            known = self.index.get(spelling.name)
            if known is not None:
                return self.models[known], spelling.fast
        return None


def matches(patterns: tuple[str, ...], model: str) -> bool:
    """Whether one of the patterns names the model: exactly, or as a beginning when it ends in `*`."""
    return model in patterns or any(one[-1] == "*" and model.startswith(one[:-1]) for one in patterns)


def spellings_of(model: Model) -> set[str]:
    """The keys of the index that a model claims."""
    names = (model.name, *model.match)
    return {*names, *(canonical(name) for name in names)}


def day_of(moment: int) -> int:
    """The UTC day of a moment in nanoseconds."""
    return moment // DAY_NS


def day_number(day: date) -> int:
    """A calendar day as days since 1970-01-01."""
    return (day - _EPOCH).days


def day_text(day: int) -> str:
    """Days since 1970-01-01 as YYYY-MM-DD."""
    return (_EPOCH + timedelta(days=day)).isoformat()
