"""Comparing the price book with genai-prices and printing what differs, for a person to accept or not.

genai-prices is a development tool, not a dependency: it is imported only when the comparison is asked for. Nothing is
ever applied: whoever agrees with a line writes a new dated block into the rates file.
"""

import importlib
import importlib.metadata
import time
from collections.abc import Iterable, Iterator
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, TextIO

from tollbook.prices import PriceBook
from tollbook.prices.compare import Difference, Finding, ForeignRow, compare
from tollbook.prices.rates import day_number, day_of, day_text
from tollbook.vocabulary import Channel

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

INSTALL = "uv pip install 'genai-prices>=0.2.3'"

LONG_PROMPT = 1_000_000
"""A flat price of the data set is compared at this prompt too: beyond every threshold of the book."""

_CHANNELS = {
    "anthropic": Channel.ANTHROPIC,
    "openai": Channel.OPENAI,
    "aws": Channel.BEDROCK,
    "google": Channel.VERTEX,
    "cursor": Channel.CURSOR,
}
_BEDROCK_MODELS = ("anthropic.claude-", "openai.gpt-5", "openai.gpt-6")
_VERTEX_MODELS = ("claude-", "gemini-")
_FIELDS = {
    "input_mtok": "input",
    "cache_read_mtok": "cache_read",
    "cache_write_1h_mtok": "cache_write_1h",
    "output_mtok": "output",
    "web_searches_kcount": "web_searches",
}
_CACHE_WRITE = "cache_write_mtok"


class GenaiPricesMissing(RuntimeError):
    """The package is not installed; the message says how to install it."""


def diff_against_genai_prices(book: PriceBook, *, at: int | None = None) -> list[Difference]:
    """Every price of genai-prices that the book does not confirm.

    `at` (UTC ns, default now) is the moment at which prices without dates of their own are compared.

    Raises:
        GenaiPricesMissing: the package is not installed.
    """
    return compare(book, genai_prices_rows(day_of(time.time_ns() if at is None else at)))


def genai_prices_rows(day: int) -> list[ForeignRow]:
    """The data of the installed genai-prices as foreign rows; what has no date is said to hold on the UTC day `day`.

    Raises:
        GenaiPricesMissing: the package is not installed.
    """
    try:  # by its name: an import statement has pyright infer the type of a literal of 30,000 lines
        providers: list[Provider] = importlib.import_module("genai_prices.data").providers
    except ImportError as error:
        raise GenaiPricesMissing(f"genai-prices is not installed; install it with: {INSTALL}") from error
    source = f"genai-prices {importlib.metadata.version('genai-prices')}"
    return [row for provider in providers if provider.id in _CHANNELS for row in _provider_rows(source, provider, day)]


def _provider_rows(source: str, provider: "Provider", day: int) -> Iterator[ForeignRow]:
    channel = _CHANNELS[provider.id]
    for model in provider.models:
        name, scope = _name(channel, model.id)
        if name is None:
            continue
        for start, context, prices in _dated_prices(model, day):
            for kind, usd, prompt in _prices(prices, name):
                yield ForeignRow(
                    source=source,
                    channel=channel,
                    model=name,
                    kind=kind,
                    usd=usd,
                    day=start,
                    prompt=prompt,
                    tier="batch" if context.get("processing") == "batch" else context.get("service_tier"),
                    speed=context.get("speed"),
                    endpoint_scope=scope,
                )


def _name(channel: Channel, model: str) -> tuple[str | None, str | None]:
    """The model's own name and endpoint scope; no name where the price book does not cover the vendor there."""
    if channel is Channel.BEDROCK:
        scope, dot, rest = model.partition(".")
        if scope not in ("global", "regional") or not dot:
            scope, rest = "regional", model
        return (rest, scope) if rest.startswith(_BEDROCK_MODELS) else (None, None)
    if channel is Channel.VERTEX:
        return (model, "global") if model.startswith(_VERTEX_MODELS) else (None, None)
    return model, None


def _dated_prices(model: "ModelInfo", day: int) -> Iterator[tuple[int, dict[str, str], "ModelPrice"]]:
    """(UTC day on which it holds, price context, prices): the standard prices of every period, then the variants."""
    from genai_prices.types import ConditionalPrice, StartDateConstraint

    periods = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
    starts = sorted(
        day_number(one.constraint.start_date) for one in periods if isinstance(one.constraint, StartDateConstraint)
    )
    for period in periods:
        if isinstance(period.constraint, StartDateConstraint):
            yield day_number(period.constraint.start_date), {}, period.prices
        elif period.constraint is None:
            yield (starts[0] - 1 if starts else day), {}, period.prices
    for variant in model.price_variants or ():
        start = variant.constraint
        if start is None or isinstance(start, StartDateConstraint):
            yield day if start is None else max(day, day_number(start.start_date)), dict(variant.when), variant.prices


def _prices(prices: "ModelPrice", model: str) -> Iterator[tuple[str, Decimal, int]]:
    """(kind, price, prompt for which it holds) of every price that the book can have."""
    from genai_prices.types import TieredPrices

    written = "cache_write_30m" if "gpt-" in model else "cache_write_5m"
    for field, kind in (*_FIELDS.items(), (_CACHE_WRITE, written)):
        price: object = getattr(prices, field, None)
        if isinstance(price, TieredPrices):
            yield kind, price.base, 0
            for tier in price.tiers:
                yield kind, price.base, tier.start
                yield kind, tier.price, tier.start + 1
        elif isinstance(price, Decimal):
            yield kind, price, 0
            yield kind, price, LONG_PROMPT


def print_diff(differences: Iterable[Difference], out: TextIO) -> None:
    """The differences as lines to read, a heading for each model; models the book lacks in one line each."""
    count = 0
    for (channel, model), group in groupby(differences, key=lambda one: (one.foreign.channel, one.foreign.model)):
        found = list(group)
        count += len(found)
        if all(one.finding is Finding.NO_MODEL for one in found):
            prices = ", ".join(dict.fromkeys(f"{one.foreign.kind} {one.foreign.usd}" for one in found))
            out.write(f"{channel} {model}: not in the price book ({prices})\n")
            continue
        out.write(f"{channel} {model}\n")
        for one in found:
            out.write(f"  {_line(one)}\n")
    out.write(f"{count} differences\n" if count else "no differences\n")


def _line(one: Difference) -> str:
    foreign = one.foreign
    terms = [text for text in (foreign.tier, foreign.speed, foreign.endpoint_scope, foreign.region) if text]
    if foreign.prompt:
        terms.append(f"prompt of {foreign.prompt:,}")
    where = f" ({', '.join(terms)})" if terms else ""
    ours = "none" if one.usd is None else f"{one.usd} by {one.row}"
    return (
        f"{one.finding}: {foreign.kind}{where} on {day_text(foreign.day)}: {foreign.source} {foreign.usd}, book {ours}"
    )
