"""Laws of pricing, for any call."""

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.core.prices.calls import AUTUMN, BOOK, a_call, moment
from tests.support.law import law
from tollbook.call import Call, Charge
from tollbook.money import nano_usd
from tollbook.prices import price
from tollbook.prices.price import terms_of, total
from tollbook.prices.ratio import amount_nano_usd, per_unit, product
from tollbook.usage import FIELDS, Usage
from tollbook.vocabulary import Channel

NAMES = sorted({name for rates in BOOK.channels.values() for name in rates.models})
CLOUD_NAMES = [f"{prefix}anthropic.{name}" for prefix in ("", "us.", "global.") for name in NAMES if "claude" in name]
COUNTS = st.integers(0, 2_000_000)
KINDS = [kind for kind in FIELDS if kind != "reasoning"]


@st.composite
def usages(draw: st.DrawFn) -> Usage:
    counts = draw(st.dictionaries(st.sampled_from(KINDS), COUNTS))
    return Usage(**counts)


def some(*values: str) -> st.SearchStrategy[str | None]:
    return st.sampled_from([None, "odd", *values])


@st.composite
def calls(draw: st.DrawFn) -> Call:
    names = st.sampled_from([*NAMES, *CLOUD_NAMES, "claude-opus-9"])
    fields: dict[str, Any] = {
        "usage": draw(st.none() | usages()),
        "extra": draw(st.dictionaries(names, usages(), max_size=3)),
        "model_requested": draw(st.none() | names),
        "service_tier": draw(some("standard", "batch", "flex", "priority", "fast", "scale", "ultrafast")),
        "speed": draw(some("fast", "standard")),
        "inference_geo": draw(some("us", "global", "not_available")),
        "region": draw(some("us-east5", "eu", "global")),
        "endpoint_scope": draw(some("global", "geo", "regional")),
    }
    at = draw(st.integers(moment("2025-01-01"), moment("2027-06-01")))
    return a_call(draw(st.none() | names), draw(st.sampled_from(Channel)), at=at, **fields)


def charged(call: Call) -> Charge:
    return price(call, BOOK)


@law
@given(calls())
def test_the_total_is_the_sum_of_the_lines_and_each_line_is_rounded_once(call: Call) -> None:
    made = charged(call)
    assert made.list_nano_usd == sum(line.list_nano_usd or 0 for line in made.lines)
    assert made.unpriced == (call.usage is None or any(line.list_nano_usd is None for line in made.lines))
    for line in made.lines:
        assert line.quantity > 0
        assert (line.row is None) == (line.list_nano_usd is None)
        if line.row is not None:
            row = BOOK.row(line.row)
            assert row is not None
            assert line.list_nano_usd == nano_usd(row.usd * line.quantity / row.units)


@law
@given(calls())
def test_every_quantity_has_exactly_one_line(call: Call) -> None:
    main = call.model or call.model_requested or "unknown"
    parts = [(main, call.usage)] if call.usage else []
    wanted = [
        (model, kind, count)
        for model, usage in (*parts, *sorted(call.extra.items()))
        for kind, count in usage.as_dict().items()
        if count and kind != "reasoning"
    ]
    assert [(line.model, line.kind, line.quantity) for line in charged(call).lines] == wanted


@law
@given(calls())
def test_the_order_of_extra_models_does_not_matter(call: Call) -> None:
    turned = a_call_like(call, extra=dict(reversed(list(call.extra.items()))))
    assert charged(turned) == charged(call)


@law
@given(calls(), st.sampled_from(KINDS), st.integers(1, 500_000))
def test_more_tokens_never_cost_less(call: Call, kind: str, more: int) -> None:
    usage = call.usage or Usage()
    larger = usage + Usage(**{kind: more})
    assert (
        charged(a_call_like(call, usage=larger)).list_nano_usd >= charged(a_call_like(call, usage=usage)).list_nano_usd
    )


@law
@given(calls(), st.integers(0, 10_000))
def test_reasoning_is_never_priced(call: Call, share: int) -> None:
    usage = call.usage or Usage()
    with_reasoning = Usage(**{**usage.as_dict(), "reasoning": usage.output * share // 10_000})
    assert charged(a_call_like(call, usage=with_reasoning)) == charged(a_call_like(call, usage=usage))


@law
@given(calls())
def test_what_is_remembered_never_changes_an_answer(call: Call) -> None:
    warm = charged(call)
    fresh = type(BOOK)(version=BOOK.version, channels=BOOK.channels)
    assert price(call, fresh) == warm == charged(call)


@law
@given(calls())
def test_the_short_way_to_a_total_agrees_with_the_lines(call: Call) -> None:
    usage = call.usage or Usage()
    made = charged(a_call_like(call, usage=usage, extra={}))
    amount, unpriced, flags = total(BOOK, terms_of(call), usage)
    assert (amount, unpriced, sorted(flags)) == (made.list_nano_usd, made.unpriced, list(made.flags))


@law
@given(st.text(max_size=60), st.sampled_from(Channel))
def test_any_text_as_a_model_is_priced_by_a_row_or_not_at_all(model: str, channel: Channel) -> None:
    made = charged(a_call(model, channel, input=1, at=AUTUMN))
    assert made.unpriced or BOOK.row(made.lines[0].row or "") is not None


PRICES = st.decimals(min_value=0, max_value=1_000, places=4)
FACTORS = st.lists(st.sampled_from([Decimal(text) for text in ("0.5", "1.1", "1.8", "2.5", "6")]), max_size=4)


@law
@given(PRICES, FACTORS, st.integers(0, 10**10))
def test_integer_arithmetic_equals_decimal_arithmetic(usd: Decimal, factors: list[Decimal], tokens: int) -> None:
    unit = product(usd, *factors)
    assert amount_nano_usd(tokens, *per_unit(unit, 1_000_000)) == nano_usd(unit * tokens / 1_000_000)


def a_call_like(call: Call, **changes: Any) -> Call:
    fields = {name: getattr(call, name) for name in Call.__dataclass_fields__}
    return Call(**{**fields, **changes})
