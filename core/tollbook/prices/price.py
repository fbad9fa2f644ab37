"""What a call costs at list prices.

One line for each model and kind with a quantity, rounded half-even once to the nano-dollar. Reasoning is part of
output and has no line. A model of `extra` has lines of its own, in the context band of its own usage. The day of a
price is the UTC day on which the response ended: price changes are published by UTC day.
"""

from tollbook.call import Call, Charge, Line
from tollbook.prices.book import PriceBook
from tollbook.prices.rates import UNKNOWN_WRITE, day_of
from tollbook.prices.ratio import amount_nano_usd
from tollbook.prices.resolve import Terms
from tollbook.usage import FIELDS, Usage

UNKNOWN_MODEL = "unknown"
"""The model of a line when no observer named one."""

USAGE_UNKNOWN = "usage_unknown"
"""Nobody saw the counts: nothing can be priced."""
UNPRICED_KIND = "unpriced_kind"
"""The model is known, but has no price for a kind that the call has."""
LIFETIME_UNKNOWN = "cache_write_lifetime_unknown"
"""A cache write was priced as the channel's shortest lifetime."""

_FREE = "reasoning"


def price(call: Call, book: PriceBook, *, known_on: int | None = None) -> Charge:
    """The charge of a call; `known_on` (UTC ns) asks for the price as it was known then.

    Pure and total: what has no price becomes an unpriced line and a flag, never a default and never an error.
    """
    known_day = None if known_on is None else day_of(known_on)
    lines: list[Line] = []
    flags: set[str] = set()
    if call.usage is None:
        flags.add(USAGE_UNKNOWN)
    else:
        main = call.model or call.model_requested or UNKNOWN_MODEL
        _add_lines(call, main, call.usage, book, known_day, lines, flags)
    for model in sorted(call.extra) if call.extra else ():
        _add_lines(call, model, call.extra[model], book, known_day, lines, flags)
    total = 0
    unpriced = call.usage is None
    for line in lines:
        if line.list_nano_usd is None:
            unpriced = True
        else:
            total += line.list_nano_usd
    named = tuple(sorted(flags)) if flags else ()
    return Charge(lines=tuple(lines), list_nano_usd=total, unpriced=unpriced, flags=named, price_book=book.version)


def _add_lines(
    call: Call, model: str, usage: Usage, book: PriceBook, known_day: int | None, lines: list[Line], flags: set[str]
) -> None:
    """The lines of one model's usage, in the order of `usage.FIELDS`."""
    rates = book.rates(terms_of(call, model, known_day))
    by_kind = rates.base if rates.above is None else rates.of(usage.prompt)
    before = len(lines)
    for kind, quantity in zip(FIELDS, usage.parts(), strict=True):
        if not quantity or kind == _FREE:
            continue
        rate = by_kind.get(kind)
        if rate is None:
            if rates.model is not None:
                flags.add(UNPRICED_KIND)
            lines.append(Line(model=model, kind=kind, quantity=quantity, row=None, list_nano_usd=None))
            continue
        numerator, denominator, row = rate
        amount = quantity * numerator if denominator == 1 else amount_nano_usd(quantity, numerator, denominator)
        lines.append(Line(model=model, kind=kind, quantity=quantity, row=row, list_nano_usd=amount))
        if kind == UNKNOWN_WRITE:
            flags.add(LIFETIME_UNKNOWN)
    if rates.flags and len(lines) > before:
        flags.update(rates.flags)


def total(book: PriceBook, terms: Terms, usage: Usage) -> tuple[int, bool, tuple[str, ...]]:
    """What `price` would say of this one usage, without its lines: nano-dollars, whether unpriced, flags."""
    rates = book.rates(terms)
    by_kind = rates.base if rates.above is None else rates.of(usage.prompt)
    amount = 0
    unpriced = counted = False
    flags: set[str] = set()
    for kind, quantity in zip(FIELDS, usage.parts(), strict=True):
        if not quantity or kind == _FREE:
            continue
        counted = True
        rate = by_kind.get(kind)
        if rate is None:
            unpriced = True
            if rates.model is not None:
                flags.add(UNPRICED_KIND)
            continue
        numerator, denominator, _ = rate
        amount += quantity * numerator if denominator == 1 else amount_nano_usd(quantity, numerator, denominator)
        if kind == UNKNOWN_WRITE:
            flags.add(LIFETIME_UNKNOWN)
    if rates.flags and counted:
        flags.update(rates.flags)
    return amount, unpriced, tuple(flags)


def terms_of(call: Call, model: str | None = None, known_day: int | None = None) -> Terms:
    """What the price of a call's own model, or of another model inside it, depends on."""
    scope = call.scope
    model = model or call.model or call.model_requested or UNKNOWN_MODEL
    return Terms(
        call.channel,
        model,
        call.model_requested,
        call.model,
        scope.endpoint_scope,
        scope.region,
        call.service_tier,
        call.speed,
        call.inference_geo,
        day_of(call.ended_at),
        known_day,
    )
