"""Assembling the price book: files to channels, borrowed lists, checks across entries, the version."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from tollbook.prices.book import PriceBook
from tollbook.prices.rates import Block, ChannelRates, Dimension, Factor, Model, Search, matches, spellings_of
from tollbook.prices.read import Borrow, FileRates, read_file
from tollbook.vocabulary import Channel

VERSION_BYTES = 6
MAX_FAULTS_SHOWN = 20


class BookError(ValueError):
    """The rates cannot be used. `faults` holds one line each: file, entry, key, what is wrong."""

    def __init__(self, faults: list[str]) -> None:
        self.faults = tuple(faults)
        more = f"\n... and {len(faults) - MAX_FAULTS_SHOWN} more" if len(faults) > MAX_FAULTS_SHOWN else ""
        super().__init__("\n".join(faults[:MAX_FAULTS_SHOWN]) + more)


def load_book(files: Mapping[str, str]) -> PriceBook:
    """The price book of rates files, given as file name to TOML text. Pure.

    Raises:
        BookError: anything is wrong in any file; all faults are named at once.
    """
    faults: list[str] = []
    read: dict[Channel, FileRates] = {}
    for name in sorted(files):
        rates, wrong = read_file(name, files[name])
        faults += wrong
        if rates is None:
            continue
        if rates.channel in read:
            faults.append(f"{name}: channel: {rates.channel} is already in {read[rates.channel].file}")
        else:
            read[rates.channel] = rates
    if faults:
        raise BookError(faults)
    channels = {channel: _channel(rates, read, faults) for channel, rates in read.items()}
    if faults:
        raise BookError(faults)
    return PriceBook(version=_version(read.values()), channels=channels)


def _channel(own: FileRates, read: Mapping[Channel, FileRates], faults: list[str]) -> ChannelRates:
    """One channel complete with what it borrows. What the file itself says wins over what it borrows."""
    models = {model.name: model for model in own.models}
    if len(models) < len(own.models):
        names = [model.name for model in own.models]
        faults.append(f"{own.file}: model {next(name for name in names if names.count(name) > 1)}: name: used twice")
    factors, searches = list(own.factors), list(own.searches)
    for borrow in own.borrows:
        lender = read.get(borrow.channel)
        if lender is None:
            faults.append(f"{borrow.where}: channel: no rates file of {borrow.channel}")
            continue
        lent = [model for model in lender.models if matches(borrow.models, model.name)]
        faults += [f"{borrow.where}: models: {one!r} names no model" for one in _idle(borrow.models, lender.models)]
        names = {model.name for model in lent}
        for model in lent:
            models.setdefault(model.name, _kept(model, borrow))
        factors += [_narrowed(one, names) for one in lender.factors if _is_kept(one, borrow)]
        if "web_search" in borrow.keep:
            searches += [replace(one, name=f"{one.list_of}.{one.name}") for one in lender.searches]
    _check_unique(own, factors, searches, faults)
    _check_factors(own, factors, models.values(), faults)
    return ChannelRates(
        channel=own.channel,
        models=models,
        index=_index(own, models.values(), faults),
        factors=tuple(factors),
        searches=tuple(searches),
        tier_names=own.tier_names,
        speed_as_tier=own.speed_as_tier,
        scope_from=own.scope_from,
        bare_id_scope=own.bare_id_scope,
    )


def _kept(model: Model, borrow: Borrow) -> Model:
    blocks = tuple(one for one in model.blocks if one.tier is None or f"{Dimension.TIER}:{one.tier}" in borrow.keep)
    return replace(model, blocks=blocks)


def _is_kept(factor: Factor, borrow: Borrow) -> bool:
    return any(f"{factor.dimension}:{value}" in borrow.keep for value in factor.values)


def _narrowed(factor: Factor, names: set[str]) -> Factor:
    """A borrowed factor says nothing of models that were not borrowed with it; its name says whose it is."""
    named = tuple(sorted(name for name in names if matches(factor.models, name)))
    return replace(factor, name=f"{factor.list_of}.{factor.name}", models=named, covers=tuple(sorted(names)))


def _index(own: FileRates, models: Iterable[Model], faults: list[str]) -> dict[str, str]:
    index: dict[str, str] = {}
    for model in models:
        for spelling in spellings_of(model):
            taken = index.setdefault(spelling, model.name)
            if taken != model.name:
                faults.append(f"{own.file}: model {model.name}: {spelling!r} already means {taken}")
    return index


def _check_unique(own: FileRates, factors: list[Factor], searches: list[Search], faults: list[str]) -> None:
    """Rows are found by the names of their factors: a name may stand for one entry only."""
    for key, entries in (("factor", factors), ("web_search", searches)):
        seen: set[str] = set()
        for entry in entries:
            if entry.name in seen:
                faults.append(f"{own.file}: {key} {entry.name}: name: used twice; give every entry a name of its own")
            seen.add(entry.name)


def _check_factors(own: FileRates, factors: list[Factor], models: Iterable[Model], faults: list[str]) -> None:
    """Every pattern names a model, every tier is known, and no model has two factors of one value on one day."""
    models = list(models)
    tiers = {value for factor in own.factors if factor.dimension is Dimension.TIER for value in factor.values}
    for block in (block for model in own.models for block in model.blocks):
        if block.tier is not None and block.tier not in tiers:
            faults.append(f"{own.file}: model {block.model}: tier: no [[factor]] of this file knows {block.tier!r}")
    for factor in own.factors:
        faults += [
            f"{own.file}: factor {factor.name}: models: {one!r} names no model" for one in _idle(factor.models, models)
        ]
    for model in models:
        seen: dict[tuple[Dimension, str, str], str] = {}
        for factor in factors:
            if not matches(factor.models, model.name):
                continue
            for value in factor.values:
                other = seen.setdefault((factor.dimension, value, factor.dated.label), factor.name)
                if other != factor.name:
                    what = f"{factor.dimension} {value!r} of {model.name} has factor {other} of the same days"
                    faults.append(f"{own.file}: factor {factor.name}: models: {what}")


def _idle(patterns: Iterable[str], models: Iterable[Model]) -> list[str]:
    names = [model.name for model in models]
    return [pattern for pattern in patterns if not any(matches((pattern,), name) for name in names)]


def _version(files: Iterable[FileRates]) -> str:
    """Hash of everything that can change a price, in an order of its own; sources and remarks are not in it."""
    lines = sorted(line for rates in files for line in _facts(rates))
    return hashlib.blake2b("\n".join(lines).encode(), digest_size=VERSION_BYTES).hexdigest()


def _facts(rates: FileRates) -> Iterator[str]:
    channel = rates.channel
    yield f"{channel} {rates.scope_from} {rates.bare_id_scope}"
    yield f"{channel} {sorted(rates.tier_names.items())} {sorted(rates.speed_as_tier.items())}"
    for borrow in rates.borrows:
        yield f"{channel} {borrow.channel} {sorted(borrow.models)} {sorted(borrow.keep)}"
    for model in rates.models:
        yield f"{channel} {model.name} {sorted(model.match)}"
        for block in model.blocks:
            yield f"{channel} {model.name} {block.tier} {block.dated.label} {_prices(block)}"
    for factor in rates.factors:
        values = f"{factor.dimension} {sorted(factor.values)} {sorted(factor.kinds)} {sorted(factor.models)}"
        times = f"{_plain(factor.times)} {_plain(factor.otherwise)} {factor.dated.label}"
        yield f"{channel} {factor.name} {values} {times}"
    for search in rates.searches:
        yield f"{channel} {search.name} {sorted(search.models)} {_plain(search.usd)} {search.dated.label}"


def _prices(block: Block) -> str:
    base = [f"{kind} {_plain(price)}" for kind, price in sorted(block.usd.items())]
    high = [f"{kind} {_plain(price)}" for kind, price in sorted(block.usd_above.items())]
    return f"{base} {block.above} {high} {sorted(block.billed_as.items())}"


def _plain(number: Decimal | None) -> Decimal | None:
    """0.50 and 0.5 are one price."""
    return None if number is None else number.normalize()
