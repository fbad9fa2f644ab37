"""One name a model: bills, calls and price book spell it differently (`Claude Sonnet 5`, `claude-sonnet-5`)."""

from collections.abc import Callable
from functools import lru_cache

from tollbook.prices.book import PriceBook
from tollbook.prices.names import canonical, spellings
from tollbook.vocabulary import Channel
from tollbook_collector.bills.lines import CLAUDE_ENTERPRISE, COPILOT

ModelKey = Callable[[str, str | None], str | None]
"""(channel, model as it is spelt) -> the name that equal models share."""
_SAME_BOOK = {CLAUDE_ENTERPRISE: "anthropic", COPILOT: "openai"}
_REMEMBERED = 4_096


def model_keys(book: PriceBook) -> ModelKey:
    """The book's own name where it knows the model, else its plainest spelling: two unknown names are never one model
    unless they are spelt alike."""

    @lru_cache(maxsize=_REMEMBERED)
    def key(channel: str, model: str | None) -> str | None:
        if not model:
            return None
        name = _SAME_BOOK.get(channel, channel)
        rates = book.channels.get(Channel(name)) if name in Channel else None
        found = rates.find(model) if rates is not None else None
        if found is not None:
            return found[0].name
        first = next((spelling.name for spelling in spellings(model)), model)
        return canonical(first)

    return key
