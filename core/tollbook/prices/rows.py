"""Row: one unit price as a person checks it, found again by the name that every charge line carries.

A name reads `bedrock/claude-haiku-5-5@launch~2026-10-14/input+100000*regional`: channel, model, the block's effective
and recorded day, the kind, the context band (prompts above 100,000 tokens) and the factors by name.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from tollbook.prices.rates import SEARCHES, Block, ChannelRates, Dated, Dimension, Search
from tollbook.prices.ratio import SEARCHES_PER_PRICE, TOKENS_PER_PRICE, product
from tollbook.prices.resolve import block_name, search_name
from tollbook.vocabulary import Channel

MAX_ROW_NAME = 400
"""Longest name that is looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorUse:
    """One multiplier inside a row."""

    name: str
    dimension: Dimension
    values: tuple[str, ...]
    times: Decimal
    effective_from: str
    recorded_at: str
    source: str
    checked: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One unit price. `usd` is the price of `units` units (tokens, or web searches), all factors applied."""

    name: str
    channel: Channel
    list_of: Channel
    """Whose published list it is taken from."""
    model: str
    kind: str
    tier: str | None
    """Set where the tier has published prices of its own; otherwise the tier is among the factors."""
    above: int | None
    """The band of requests whose prompt exceeds so many tokens."""
    usd: Decimal
    units: int
    effective_from: str
    """YYYY-MM-DD (UTC), or `launch`: since the model exists."""
    recorded_at: str
    source: str
    checked: date
    factors: tuple[FactorUse, ...]


def find_row(rates: ChannelRates, name: str) -> Row | None:
    """The row of that name in the channel; `None` if the channel has none such."""
    if len(name) > MAX_ROW_NAME:
        return None
    price, *factor_names = name.split("*")
    head, _, tail = price.rpartition("/")
    kind, _, band = tail.partition("+")
    if kind == SEARCHES:
        return next(
            (_search_row(rates.channel, one) for one in rates.searches if search_name(rates.channel, one) == name), None
        )
    model = rates.models.get(head.partition("/")[2].partition("@")[0].partition("[")[0])
    block = next((one for one in model.blocks if block_name(rates.channel, one) == head), None) if model else None
    if block is None or (band and band != str(block.above)):
        return None
    usd = (block.usd_above if band else block.usd).get(kind)
    uses = [_use(rates, block.model, factor) for factor in factor_names]
    if usd is None or None in uses:
        return None
    return _row(name, rates.channel, block, kind, bool(band), usd, tuple(use for use in uses if use))


def _use(rates: ChannelRates, model: str, name: str) -> FactorUse | None:
    for factor in rates.factors:
        if factor.name == name:
            times = factor.times_for(model)
            if times is None:
                return None
            effective, recorded = _days(factor.dated)
            return FactorUse(
                name=name,
                dimension=factor.dimension,
                values=tuple(sorted(factor.values)),
                times=times,
                effective_from=effective,
                recorded_at=recorded,
                source=factor.dated.source,
                checked=factor.dated.checked,
            )
    return None


def _row(
    name: str, channel: Channel, block: Block, kind: str, high: bool, usd: Decimal, uses: tuple[FactorUse, ...]
) -> Row:
    effective, recorded = _days(block.dated)
    return Row(
        name=name,
        channel=channel,
        list_of=block.list_of,
        model=block.model,
        kind=kind,
        tier=block.tier,
        above=block.above if high else None,
        usd=product(usd, *(use.times for use in uses)),
        units=TOKENS_PER_PRICE,
        effective_from=effective,
        recorded_at=recorded,
        source=block.dated.source,
        checked=block.dated.checked,
        factors=uses,
    )


def _search_row(channel: Channel, search: Search) -> Row:
    effective, recorded = _days(search.dated)
    return Row(
        name=search_name(channel, search),
        channel=channel,
        list_of=search.list_of,
        model=" ".join(search.models),
        kind=SEARCHES,
        tier=None,
        above=None,
        usd=search.usd,
        units=SEARCHES_PER_PRICE,
        effective_from=effective,
        recorded_at=recorded,
        source=search.dated.source,
        checked=search.dated.checked,
        factors=(),
    )


def _days(dated: Dated) -> tuple[str, str]:
    effective, _, recorded = dated.label.partition("~")
    return effective, recorded
