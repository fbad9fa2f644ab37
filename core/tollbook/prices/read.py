"""One rates file: TOML text to records. rates/anthropic.toml explains the format to those who edit it."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import cast

from tollbook.prices.endpoint import EndpointScope, ScopeFrom
from tollbook.prices.fields import Fields, RateFault
from tollbook.prices.rates import LAUNCH, TOKEN_KINDS, Block, Dated, Dimension, Factor, Model, Search, day_number
from tollbook.prices.ratio import product
from tollbook.vocabulary import Channel

_DATED = frozenset({"effective_from", "recorded_at", "source"})
_TOP = frozenset(
    {"channel", "scope_from", "bare_id_scope", "tier_names", "speed_as_tier", "bill_as", "sources", "borrow", "factor"}
) | {"web_search", "model"}
_SOURCE = frozenset({"text", "checked"})
_MODEL = frozenset({"name", "match", "prices"})
_PRICES = _DATED | {"tier", "usd", "above"}
_ABOVE = frozenset({"tokens", "prompt_times", "output_times", *TOKEN_KINDS})
_FACTOR = _DATED | {"name", "models", "times", "otherwise", "withdrawn", "kinds", *Dimension}
_SEARCH = _DATED | {"name", "models", "per_1000"}
_BORROW = frozenset({"channel", "models", "keep"})
_KINDS = frozenset(TOKEN_KINDS)
_PRICED_SCOPES = frozenset(EndpointScope) - {EndpointScope.GLOBAL}
_MODEL_NAME_FORBIDDEN = set("/@[]*+~ ")
_KEEPABLE = "a dimension and value such as tier:batch, or web_search"


@dataclass(frozen=True, slots=True, kw_only=True)
class Borrow:
    """Models whose prices are another channel's."""

    where: str
    channel: Channel
    models: tuple[str, ...]
    keep: frozenset[str]
    """Which of the lender's factors and tier blocks hold here too: `tier:batch`, `speed:fast`; `web_search`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRates:
    """What one file says by itself."""

    file: str
    channel: Channel
    scope_from: ScopeFrom
    bare_id_scope: EndpointScope
    tier_names: dict[str, str]
    speed_as_tier: dict[str, str]
    models: tuple[Model, ...]
    factors: tuple[Factor, ...]
    searches: tuple[Search, ...]
    borrows: tuple[Borrow, ...]


@dataclass(slots=True)
class _Reader:
    """Reads one file, collecting the faults of its entries so that a person sees all of them at once."""

    file: str
    channel: Channel = Channel.OTHER
    sources: dict[str, tuple[str, date]] = field(default_factory=dict[str, tuple[str, date]])
    bill_as: dict[str, str] = field(default_factory=dict[str, str])
    faults: list[str] = field(default_factory=list[str])

    def each[T](self, top: Fields, key: str, read: Callable[[object, str], T]) -> tuple[T, ...]:
        """Every entry of `[[key]]` that can be read; the others become faults."""
        made: list[T] = []
        for number, entry in enumerate(top.entries(key), start=1):
            try:
                made.append(read(entry, f"{self.file}: {key} {_name_of(entry) or number}"))
            except RateFault as fault:
                self.faults.append(str(fault))
        return tuple(made)

    def dated(self, fields: Fields) -> Dated:
        launch = fields.get("effective_from") == "launch"
        source = fields.text("source")
        if source not in self.sources:
            raise fields.fault("source", f"{source!r} is not among [sources]")
        text, checked = self.sources[source]
        return Dated(
            effective_day=LAUNCH if launch else day_number(fields.day("effective_from", ' or "launch"')),
            recorded_day=day_number(fields.day("recorded_at")),
            source=text,
            checked=checked,
        )

    def model(self, entry: object, where: str) -> Model:
        fields = Fields(entry, where, _MODEL)
        name = fields.text("name")
        if _MODEL_NAME_FORBIDDEN & set(name) or name != name.lower():
            raise fields.fault("name", f"{name!r} must be lower case, without blanks and any of / @ [ ] * + ~")
        blocks = [
            self.block(block, f"{where}: prices {number}", name)
            for number, block in enumerate(fields.entries("prices"), start=1)
        ]
        if not blocks:
            raise fields.fault("prices", "is missing")
        seen: set[tuple[str | None, str]] = set()
        for block in blocks:
            key = (block.tier, block.dated.label)
            if key in seen:
                raise fields.fault(
                    "prices", f"two blocks with the same tier, effective_from and recorded_at ({key[1]})"
                )
            seen.add(key)
        return Model(name=name, match=fields.texts("match"), blocks=tuple(blocks))

    def block(self, entry: object, where: str, model: str) -> Block:
        fields = Fields(entry, where, _PRICES)
        prices = Fields(fields.get("usd"), f"{where}: usd", _KINDS)
        usd = {kind: prices.decimal(kind) for kind in TOKEN_KINDS if prices.has(kind)}
        for needed in ("input", "output"):
            if needed not in usd:
                raise prices.fault(needed, "is missing")
        above, usd_above = _band(fields, usd) if fields.has("above") else (None, usd)
        return Block(
            model=model,
            tier=fields.text("tier") if fields.has("tier") else None,
            dated=self.dated(fields),
            usd=usd,
            above=above,
            usd_above=usd_above,
            billed_as={kind: other for kind, other in self.bill_as.items() if kind not in usd},
            list_of=self.channel,
        )

    def factor(self, entry: object, where: str) -> Factor:
        fields = Fields(entry, where, _FACTOR)
        dimensions = [one for one in Dimension if fields.has(one)]
        if len(dimensions) != 1:
            raise fields.fault("/".join(Dimension), f"exactly one must be given, not {len(dimensions)}")
        withdrawn = fields.has("withdrawn")
        if withdrawn and (fields.get("withdrawn") is not True or fields.has("times") or fields.has("otherwise")):
            raise fields.fault("withdrawn", "must be true, without times and otherwise")
        models, values = fields.texts("models"), fields.texts(dimensions[0])
        if not models or not values:
            raise fields.fault("models" if not models else dimensions[0], "is empty")
        if dimensions[0] is Dimension.SCOPE and not _PRICED_SCOPES.issuperset(values):
            raise fields.fault("scope", f"must be among {', '.join(sorted(_PRICED_SCOPES))}")
        kinds = frozenset(fields.texts("kinds") or TOKEN_KINDS)
        if not kinds <= _KINDS:
            raise fields.fault("kinds", f"unknown kind {min(kinds - _KINDS)!r}; known are {', '.join(TOKEN_KINDS)}")
        return Factor(
            name=_plain_name(fields),
            dimension=dimensions[0],
            values=frozenset(values),
            models=models,
            times=None if withdrawn else fields.decimal("times"),
            otherwise=fields.decimal("otherwise") if fields.has("otherwise") else None,
            covers=("*",),
            kinds=kinds,
            dated=self.dated(fields),
            list_of=self.channel,
        )

    def search(self, entry: object, where: str) -> Search:
        fields = Fields(entry, where, _SEARCH)
        models = fields.texts("models")
        if not models:
            raise fields.fault("models", "is empty")
        return Search(
            name=_plain_name(fields),
            models=models,
            usd=fields.decimal("per_1000"),
            dated=self.dated(fields),
            list_of=self.channel,
        )

    def borrow(self, entry: object, where: str) -> Borrow:
        fields = Fields(entry, where, _BORROW)
        keep = fields.texts("keep")
        for one in keep:
            dimension, colon, value = one.partition(":")
            if one != "web_search" and not (colon and value and dimension in Dimension):
                raise fields.fault("keep", f"{one!r} is not {_KEEPABLE}")
        models = fields.texts("models")
        if not models:
            raise fields.fault("models", "is empty")
        channel = _member(fields, "channel", Channel)
        return Borrow(where=where, channel=channel, models=models, keep=frozenset(keep))


def read_file(file: str, text: str) -> tuple[FileRates | None, list[str]]:
    """The rates of one file and everything wrong with it; `None` when nothing of it can be used."""
    reader = _Reader(file)
    try:
        top = Fields(tomllib.loads(text, parse_float=Decimal), file, _TOP)
        reader.channel = _member(top, "channel", Channel)
        reader.bill_as = top.text_map("bill_as", _KINDS)
        for kind, other in reader.bill_as.items():
            if other not in ("input", "output"):
                raise top.fault("bill_as", f"{kind} must be billed as input or output, not {other!r}")
        sources = Fields(top.get("sources"), f"{file}: sources", None)
        for name in sources.names():
            source = Fields(sources.get(name), f"{file}: sources: {name}", _SOURCE)
            reader.sources[name] = (source.text("text"), source.day("checked"))
        rates = FileRates(
            file=file,
            channel=reader.channel,
            scope_from=_member(top, "scope_from", ScopeFrom) if top.has("scope_from") else ScopeFrom.NOWHERE,
            bare_id_scope=_bare_scope(top),
            tier_names=top.text_map("tier_names"),
            speed_as_tier=top.text_map("speed_as_tier"),
            models=reader.each(top, "model", reader.model),
            factors=reader.each(top, "factor", reader.factor),
            searches=reader.each(top, "web_search", reader.search),
            borrows=reader.each(top, "borrow", reader.borrow),
        )
    except tomllib.TOMLDecodeError as error:
        return None, [f"{file}: not TOML: {error}"]
    except RateFault as fault:
        return None, [*reader.faults, str(fault)]
    return rates, reader.faults


def _band(fields: Fields, usd: dict[str, Decimal]) -> tuple[int, dict[str, Decimal]]:
    """The threshold and the prices above it: given as prices, or as multiples of the block's own."""
    above = Fields(fields.get("above"), f"{fields.where}: above", _ABOVE)
    tokens = above.count("tokens")
    if above.has("prompt_times") or above.has("output_times"):
        prompt, output = above.decimal("prompt_times"), above.decimal("output_times")
        if any(above.has(kind) for kind in TOKEN_KINDS):
            raise above.fault("prompt_times", "give either multiples or prices, not both")
        return tokens, {kind: product(price, output if kind == "output" else prompt) for kind, price in usd.items()}
    high = {kind: above.decimal(kind) for kind in TOKEN_KINDS if above.has(kind)}
    if high.keys() != usd.keys():
        raise above.fault(min(high.keys() ^ usd.keys()), "the prices above must name the same kinds as usd")
    return tokens, high


def _plain_name(fields: Fields) -> str:
    name = fields.text("name")
    if _MODEL_NAME_FORBIDDEN & set(name):
        raise fields.fault("name", f"{name!r} must be without blanks and any of / @ [ ] * + ~")
    return name


def _bare_scope(top: Fields) -> EndpointScope:
    if not top.has("bare_id_scope"):
        return EndpointScope.REGIONAL
    scope = _member(top, "bare_id_scope", EndpointScope)
    if scope not in (EndpointScope.GLOBAL, EndpointScope.REGIONAL):
        raise top.fault("bare_id_scope", f"must be global or regional, not {scope}")
    return scope


def _member[E: (Channel, ScopeFrom, EndpointScope)](fields: Fields, key: str, enum: type[E]) -> E:
    value = fields.text(key)
    if value not in enum:
        raise fields.fault(key, f"unknown {value!r}; known are {', '.join(enum)}")
    return enum(value)


def _name_of(entry: object) -> str | None:
    """What a person would look for in the file to find the entry."""
    if isinstance(entry, dict):
        table = cast("dict[str, object]", entry)
        name = table.get("name") or table.get("channel")
        return name if isinstance(name, str) else None
    return None
