"""Rates ready to be multiplied price as the price book does, or leave it to the book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.law import law
from tollbook.prices import default_book
from tollbook.prices.price import total
from tollbook.prices.resolve import Terms
from tollbook.usage import FIELDS, Totals, Usage
from tollbook.vocabulary import Channel
from tollbook_collector.tariff import Tariff, parts_of

BOOK = default_book()
DAY = 20_700
_A, _O, _B = Channel.ANTHROPIC, Channel.OPENAI, Channel.BEDROCK
TERMS = (
    Terms(_A, "claude-sonnet-4-5-20250929", None, None, None, None, "standard", None, None, DAY, None),
    Terms(_A, "claude-opus-4-5-20251101", None, None, None, None, "batch", "fast", "us", DAY, None),
    Terms(_A, "claude-haiku-4-5-20251001", None, None, None, None, "no such tier", None, None, DAY, None),
    Terms(_A, "no such model", None, None, None, None, None, None, None, DAY, None),
    Terms(_O, "gpt-5.4", None, None, None, None, "flex", None, None, DAY, None),
    Terms(_O, "gpt-5", None, None, None, None, "priority", None, None, DAY, None),
    Terms(_B, "claude-sonnet-4-5", None, None, "geo", "eu-west-1", None, None, None, DAY, None),
)
counts = st.sampled_from((0, 0, 0, 1, 7, 199_999, 200_001, 300_000, 10**8))


@law
@given(st.sampled_from(TERMS), st.lists(counts, min_size=10, max_size=10))
def test_a_tariff_prices_as_the_book_or_not_at_all(terms: Terms, numbers: list[int]) -> None:
    named = dict(zip(FIELDS, numbers, strict=True))
    usage = Usage(**{**named, "reasoning": min(named["reasoning"], named["output"])})
    price = Tariff(BOOK.rates(terms)).price(usage.parts())
    if price is not None:
        assert (price, False, ()) == total(BOOK, terms, usage)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5-20250929", "claude-opus-4-5-20251101"])
def test_an_ordinary_call_has_a_price(model: str) -> None:
    terms = Terms(_A, model, None, None, None, None, "standard", None, None, DAY, None)
    usage = Usage(input=12, cache_read=40_000, cache_write_5m=999, cache_write_1h=299, output=300, reasoning=40)
    price = Tariff(BOOK.rates(terms)).price(usage.parts())
    assert price
    assert (price, False, ()) == total(BOOK, terms, usage)


@law
@given(st.lists(counts, min_size=10, max_size=10).map(Totals._make))
def test_the_parts_of_totals_are_those_of_their_usage(totals: Totals) -> None:
    totals = totals._replace(reasoning=min(totals.reasoning, totals.output))
    assert parts_of(totals) == totals.usage().parts()
