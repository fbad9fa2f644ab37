"""Which prices hold for a call: the dated look-up and the stacking of factors.

Stacking: the unit price is the block's price of the band, times at most one factor of each dimension: tier, speed, geo,
scope. They simply multiply. Where a tier has published prices of its own (a block with `tier`) these stand in for the
tier's factor. What the rates do not know is priced without the factor and flagged, never guessed.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from tollbook.prices.endpoint import EndpointScope, endpoint_scope
from tollbook.prices.rates import (
    LIFETIMES,
    SEARCHES,
    UNKNOWN_WRITE,
    Block,
    ChannelRates,
    Dimension,
    Factor,
    Model,
    Search,
    matches,
)
from tollbook.prices.ratio import SEARCHES_PER_PRICE, TOKENS_PER_PRICE, per_unit, product
from tollbook.vocabulary import Channel

UNPRICED_MODEL = "unpriced_model"
REGION_UNKNOWN = "region_unknown"
_UNKNOWN = {Dimension.TIER: "tier_unknown", Dimension.SPEED: "speed_unknown", Dimension.GEO: "geo_unknown"}

PLAIN_TIERS = frozenset({"", "standard", "standard_only", "default", "auto", "normal", "on_demand"})
PLAIN_SPEEDS = frozenset({"", "standard", "normal"})
PLAIN_GEOS = frozenset({"", "not_available", "global"})


class Terms(NamedTuple):
    """What a price depends on, as the call says it. `day` and `known_day` are UTC days since 1970-01-01."""

    channel: Channel
    model: str
    """The model that is priced: the call's own, or an extra one."""
    requested: str | None
    answered: str | None
    """The call's model names: on Bedrock their prefix is the endpoint scope."""
    endpoint_scope: str | None
    region: str | None
    tier: str | None
    speed: str | None
    geo: str | None
    day: int
    known_day: int | None


class Rate(NamedTuple):
    """Nano-dollars per unit as a ratio, and the name of the row it is."""

    numerator: int
    denominator: int
    row: str


class Rates(NamedTuple):
    """Everything needed to price one model's usage under given terms."""

    model: str | None
    """The model's name in the book; `None`: unknown."""
    above: int | None
    base: Mapping[str, Rate]
    high: Mapping[str, Rate]
    """For a request whose prompt exceeds `above` tokens."""
    flags: tuple[str, ...]

    def of(self, prompt: int) -> Mapping[str, Rate]:
        """The rates by kind for a request with a prompt of so many tokens."""
        return self.high if self.above is not None and prompt > self.above else self.base


UNPRICED = Rates(None, None, {}, {}, (UNPRICED_MODEL,))


class _Use(NamedTuple):
    factor: Factor
    times: Decimal


def resolve(rates: ChannelRates, terms: Terms) -> Rates:
    """The rates of a model under the terms of a call, with flags for what had to be assumed."""
    found = rates.find(terms.model)
    if found is None:
        return UNPRICED
    model, fast_name = found
    uses: list[_Use] = []
    flags: set[str] = set()
    tier = _tier(rates, model, terms, fast_name, uses, flags)
    block = _newest_block(model, tier, terms)
    if block is None:
        return UNPRICED
    if tier is not None and block.tier is None:
        _apply(rates, model, Dimension.TIER, tier, terms, uses, flags)
    geo = (terms.geo or "").lower()
    if geo not in PLAIN_GEOS and any(one.dimension is Dimension.GEO for one in rates.factors):
        _apply(rates, model, Dimension.GEO, geo, terms, uses, flags)
    _apply_scope(rates, model, terms, uses, flags)
    uses.sort(key=lambda use: list(Dimension).index(use.factor.dimension))
    search = _newest_search(rates, model, terms)
    base = _rates(rates.channel, block, block.usd, "", uses, search)
    high = _rates(rates.channel, block, block.usd_above, f"+{block.above}", uses, search) if block.above else base
    return Rates(model.name, block.above, base, high, tuple(sorted(flags)))


def _tier(
    rates: ChannelRates, model: Model, terms: Terms, fast_name: bool, uses: list[_Use], flags: set[str]
) -> str | None:
    """The tier that is charged; a speed that the channel sells as a tier counts as that tier, never beside one."""
    tier = (terms.tier or "").lower()
    tier = rates.tier_names.get(tier, tier)
    speed = (terms.speed or "").lower()
    if speed in PLAIN_SPEEDS and fast_name:
        speed = "fast"
    if speed not in PLAIN_SPEEDS:
        use = _factor(rates, model, Dimension.SPEED, speed, terms)
        if use is not None:
            uses.append(use)
        elif speed in rates.speed_as_tier:
            tier = rates.speed_as_tier[speed] if tier in PLAIN_TIERS else tier
        else:
            flags.add(_UNKNOWN[Dimension.SPEED])
    return None if tier in PLAIN_TIERS else tier


def _apply(
    rates: ChannelRates,
    model: Model,
    dimension: Dimension,
    value: str,
    terms: Terms,
    uses: list[_Use],
    flags: set[str],
) -> None:
    use = _factor(rates, model, dimension, value, terms)
    if use is None:
        flags.add(_UNKNOWN[dimension])
    else:
        uses.append(use)


def _apply_scope(rates: ChannelRates, model: Model, terms: Terms, uses: list[_Use], flags: set[str]) -> None:
    scope = endpoint_scope(
        rates.scope_from,
        observed=terms.endpoint_scope,
        region=terms.region,
        names=(terms.requested, terms.answered, terms.model),
        bare=rates.bare_id_scope,
    )
    if scope is EndpointScope.GLOBAL:
        return
    use = _factor(rates, model, Dimension.SCOPE, scope or EndpointScope.REGIONAL, terms)
    if scope is not None and use is not None:
        uses.append(use)
    elif use is None or use.times != 1:
        flags.add(REGION_UNKNOWN)


def _factor(rates: ChannelRates, model: Model, dimension: Dimension, value: str, terms: Terms) -> _Use | None:
    """The factor in force: the latest that names the model, else the latest that says what holds otherwise."""
    held = [
        one
        for one in rates.factors
        if one.dimension is dimension and value in one.values and one.dated.in_force(terms.day, terms.known_day)
    ]
    named = [one for one in held if matches(one.models, model.name)]
    best = max(named or (one for one in held if one.times_for(model.name) is not None), key=_age, default=None)
    times = None if best is None else best.times_for(model.name)
    return None if best is None or times is None else _Use(best, times)


def _age(one: Factor | Search) -> tuple[int, int]:
    return one.dated.effective_day, one.dated.recorded_day


def _newest_block(model: Model, tier: str | None, terms: Terms) -> Block | None:
    """The block in force: latest effective day; of one day the tier's own before the standard; then latest recorded."""
    held = (one for one in model.blocks if one.tier in (None, tier) and one.dated.in_force(terms.day, terms.known_day))
    return max(
        held,
        key=lambda one: (one.dated.effective_day, one.tier is not None, one.dated.recorded_day),
        default=None,
    )


def _newest_search(rates: ChannelRates, model: Model, terms: Terms) -> Search | None:
    held = (
        one
        for one in rates.searches
        if one.dated.in_force(terms.day, terms.known_day) and matches(one.models, model.name)
    )
    return max(held, key=_age, default=None)


def _rates(
    channel: Channel, block: Block, usd: Mapping[str, Decimal], band: str, uses: list[_Use], search: Search | None
) -> dict[str, Rate]:
    """Every kind's rate: the block's prices times the factors that cover the kind, and the price of searches."""
    made: dict[str, Rate] = {}
    for kind, price in usd.items():
        covering = [use for use in uses if kind in use.factor.kinds]
        stars = "".join(f"*{use.factor.name}" for use in covering)
        ratio = per_unit(product(price, *(use.times for use in covering)), TOKENS_PER_PRICE)
        made[kind] = Rate(*ratio, f"{block_name(channel, block)}/{kind}{band}{stars}")
    for kind, other in block.billed_as.items():
        made[kind] = made[other]
    for lifetime in LIFETIMES:
        if lifetime in made:
            made[UNKNOWN_WRITE] = made[lifetime]
            break
    if search is not None:
        made[SEARCHES] = Rate(*per_unit(search.usd, SEARCHES_PER_PRICE), search_name(channel, search))
    return made


def block_name(channel: Channel, block: Block) -> str:
    """The part of a row's name that names its block: channel, model, tier and both days."""
    tier = f"[{block.tier}]" if block.tier else ""
    return f"{channel}/{block.model}{tier}@{block.dated.label}"


def search_name(channel: Channel, search: Search) -> str:
    """The name of a row of web searches."""
    return f"{channel}/{search.name}@{search.dated.label}/{SEARCHES}"
