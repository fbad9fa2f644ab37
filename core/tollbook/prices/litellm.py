"""litellm's price list (`model_prices_and_context_window.json`) as foreign rows.

A flat map of names to per-token prices in USD, with tiers, lifetimes and context bands in the names of the keys and no
dates at all: every row is said to hold on the day it is asked for.
"""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import cast

from tollbook.prices.compare import ForeignRow
from tollbook.prices.ratio import TOKENS_PER_PRICE
from tollbook.problem import Problem
from tollbook.vocabulary import Channel

MAX_ENTRIES = 50_000
"""About ten times the list of late 2026."""

_CHANNELS = {
    "anthropic": Channel.ANTHROPIC,
    "openai": Channel.OPENAI,
    "bedrock": Channel.BEDROCK,
    "bedrock_converse": Channel.BEDROCK,
    "vertex_ai-anthropic_models": Channel.VERTEX,
}
_KEY = re.compile(
    r"(?P<what>input_cost_per_token|output_cost_per_token|cache_read_input_token_cost|cache_creation_input_token_cost)"
    r"(?:_above_(?P<hours>1|12)hrs?)?(?:_above_(?P<thousands>\d{1,5})k_tokens)?"
    r"(?:_(?P<tier>batches|flex|priority|ultrafast))?"
)
_KINDS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
}
_TIERS = {"batches": "batch"}
_REGION = re.compile(r"^bedrock/([a-z]{2}(?:-[a-z]+)+-\d)/")
_SOURCE = "litellm"


def litellm_rows(text: str, day: int) -> tuple[list[ForeignRow], list[Problem]]:
    """The rows of the channels that the price book has, as of a UTC day; anything else in the list is left out."""
    try:
        document: object = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        return [], [Problem(reason="price_list_not_json", where=_SOURCE)]
    if not isinstance(document, dict):
        return [], [Problem(reason="price_list_not_a_map", where=_SOURCE)]
    entries = cast("dict[str, object]", document)
    if len(entries) > MAX_ENTRIES:
        return [], [Problem(reason="price_list_too_long", where=_SOURCE, detail=str(len(entries)))]
    return [row for name, entry in entries.items() for row in _rows(name, entry, day)], []


def _rows(name: str, entry: object, day: int) -> Iterator[ForeignRow]:
    if not isinstance(entry, dict):
        return
    fields = cast("dict[str, object]", entry)
    channel = _CHANNELS.get(str(fields.get("litellm_provider")))
    if channel is None:
        return
    region = _REGION.match(name)
    for key, value in fields.items():
        match = _KEY.fullmatch(key)
        if match is None or not isinstance(value, Decimal | int) or isinstance(value, bool):
            continue
        yield ForeignRow(
            source=_SOURCE,
            channel=channel,
            model=name,
            kind=_KINDS.get(match["what"]) or _lifetime(match["hours"], name),
            usd=Decimal(value) * TOKENS_PER_PRICE,
            day=day,
            prompt=int(match["thousands"]) * 1000 + 1 if match["thousands"] else 0,
            tier=_TIERS.get(match["tier"], match["tier"]),
            endpoint_scope="global" if channel is Channel.VERTEX else None,
            region=region[1] if region else None,
        )


def _lifetime(hours: str | None, name: str) -> str:
    """OpenAI keeps a written cache for 30 minutes or 12 hours, Anthropic for 5 minutes or one hour."""
    if hours:
        return f"cache_write_{hours}h"
    return "cache_write_30m" if "gpt" in name else "cache_write_5m"
