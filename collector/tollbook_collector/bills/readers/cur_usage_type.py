"""Usage types of Bedrock in AWS's Cost and Usage Report: both dialects, taken apart by tables.

Native: `USE1-Claude4.6Sonnet-output-tokens-cross-region-global`, `USE1-anthropic.claude-opus-4-8-mantle-input-tokens-
standard`. Marketplace: `USE1-MP:USE1_OutputTokenCount_Global-Units`, where the product names the model.
"""

import re
from typing import NamedTuple

GLOBAL, REGIONAL = "global", "regional"


class UsageType(NamedTuple):
    """What a usage type says; `token_class` is `None` for one that is unknown."""

    model: str | None
    token_class: str | None
    tier: str
    geo: str


_NATIVE = re.compile(
    r"(?:[A-Z0-9]{3,8}-)?(?P<model>.+?)(?P<mantle>-mantle)?-(?P<kind>"
    r"cache-read-input-token-count|cache-read-tokens|"
    r"cache-write-1h-input-token-count|cache-write-1h-tokens|"
    r"cache-write-input-token-count|cache-write-tokens|"
    r"input-tokens|output-tokens)(?P<tail>(?:-[a-z-]+)?)"
)
_MARKET = re.compile(
    r"(?:[A-Z0-9]{3,8}-)?MP:(?:[A-Z0-9]{3,8}_)?"
    r"(?P<kind>CacheReadInput|CacheWrite1hInput|CacheWriteInput|Input|Output)TokenCount(?P<tail>(?:_[A-Za-z]+)*)-Units"
)
_KINDS = {
    "cache-read": "cache_read",
    "CacheReadInput": "cache_read",
    "cache-write-1h": "cache_write_1h",
    "CacheWrite1hInput": "cache_write_1h",
    "cache-write": "cache_write_5m",
    "CacheWriteInput": "cache_write_5m",
    "input-tokens": "input",
    "Input": "input",
    "output-tokens": "output",
    "Output": "output",
}
_TIERS = {"flex": "flex", "priority": "priority", "batch": "batch", "latency": "latency_optimized"}
_FAMILY = re.compile(r"Claude-?(?P<version>\d(?:[.-]\d{1,2})?)-?(?P<family>[A-Z][a-z]+)")
_PRODUCT = re.compile(r"\s*\(Amazon Bedrock Edition\)\s*$")


def usage_type(text: str, product: str) -> UsageType:
    """What a usage type of a product charges for."""
    market = _MARKET.fullmatch(text)
    if market:
        tail = market["tail"].lower()
        return UsageType(_PRODUCT.sub("", product), _KINDS[market["kind"]], _tier(tail), _geo(tail))
    native = _NATIVE.fullmatch(text)
    if native:
        kind = re.sub(r"-(?:input-token-count|tokens)$", "", native["kind"])
        token_class = _KINDS.get(kind) or _KINDS[native["kind"]]
        tail = native["tail"]
        return UsageType(_model(native["model"]), token_class, _tier(tail), _geo(tail))
    return UsageType(None, None, "standard", REGIONAL)


def _model(text: str) -> str:
    """`Claude4.6Sonnet` -> claude-sonnet-4-6; other names stay as they are."""
    match = _FAMILY.fullmatch(text)
    if match:
        return f"claude-{match['family'].lower()}-{match['version'].replace('.', '-')}"
    return text


def _tier(tail: str) -> str:
    return next((tier for word, tier in _TIERS.items() if word in tail), "standard")


def _geo(tail: str) -> str:
    return GLOBAL if "global" in tail else REGIONAL
