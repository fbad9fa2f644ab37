"""The price book: dated rates, and what a call costs by them.

`default_book` is the only function here that reads anything: the packaged `rates/*.toml`.
"""

from functools import cache

from tollbook.prices.book import PriceBook
from tollbook.prices.load import BookError, load_book
from tollbook.prices.price import price
from tollbook.prices.resolve import Rate, Rates, Terms
from tollbook.prices.rows import Row

__all__ = ["BookError", "PriceBook", "Rate", "Rates", "Row", "Terms", "default_book", "load_book", "price"]


@cache
def default_book() -> PriceBook:
    """The packaged price book, read once a process."""
    from importlib.resources import files  # 40 ms that those who only want the types should not pay

    folder = files(__name__).joinpath("rates")
    texts = {
        entry.name: entry.read_text(encoding="utf-8") for entry in folder.iterdir() if entry.name.endswith(".toml")
    }
    return load_book(texts)
