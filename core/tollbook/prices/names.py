"""Model names: which spellings mean the same model.

Providers, clouds and tools spell one model in many ways: `us.anthropic.claude-opus-4-5-20251101-v1:0` (Bedrock),
`claude-haiku-4-5@20251001` (Vertex), `claude-4.6-opus-high-thinking` (Cursor), `Claude Opus 5.5` (Cursor's display
name), `opus-4-5` (ccusage), `openrouter/anthropic/claude-opus-4.5` (gateways). `spellings` lists what a name may mean,
most literal first; the price book takes the first it knows, so that a dated snapshot with a price of its own wins over
its family, and a name nobody listed stays unknown.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

MAX_NAME = 300
"""Longest name that is looked at (an ARN fits); a longer one is unknown."""


class Spelling(NamedTuple):
    """One thing a name may mean."""

    name: str
    fast: bool
    """The name carried the suffix `-fast`, which is no part of the model's own name."""


_BRACKETS = re.compile(r"\[([^\]]*)\]$")
"""`[1m]` of Claude Code (the context asked for), `[fast=true]` of Cursor."""
_VENDOR = re.compile(r"^(?:[a-z]{2,6}(?:-[a-z]{2,4})?\.)?(?:anthropic|openai|google)\.")
_VERSION = re.compile(r"-v\d+(?::\d+)?(?::\w+)?$")
_TAG = re.compile(r"(?:@(?:default|latest|20\d{6})|:thinking|:beta)$")
"""Only what is known to cost nothing by itself: `gpt-4o:extended` has a price of its own."""
_DATE = re.compile(r"-(?:20\d{6}|20\d\d-\d\d-\d\d|latest)$")
_EFFORT = re.compile(r"-(?:thinking|none|minimal|low|medium|high|xhigh|max)$")
_CLAUDE = re.compile(
    r"^(?:claude-)?(?:(?P<family>[a-z]+)-(?P<version>\d(?:[.-]\d{1,2})?)|"
    r"(?P<old_version>\d(?:[.-]\d{1,2})?)-(?P<old_family>[a-z]+))$"
)
_CLAUDE_FAMILIES = frozenset({"opus", "sonnet", "haiku", "fable", "mythos"})
_GPT = re.compile(r"^gpt-(\d)-(\d)(?=-|$)")


def canonical(name: str) -> str:
    """The one spelling of a plain model name: `claude-<family>-<version>`, `gpt-5.1-...`; others stay as they are."""
    match = _CLAUDE.match(name)
    if match:
        family = match["family"] or match["old_family"]
        if family in _CLAUDE_FAMILIES:
            version = (match["version"] or match["old_version"]).replace(".", "-").removesuffix("-0")
            return f"claude-{family}-{version}"
    return _GPT.sub(r"gpt-\1.\2", name)


def spellings(name: str) -> Iterator[Spelling]:
    """What a name may mean, most literal first. Never raises; unknown shapes give the name itself."""
    if not name or len(name) > MAX_NAME:
        return
    text = name.strip().lower()
    yield Spelling(text, False)
    stem = _undecorated(text)
    if stem.endswith("-fast"):
        slow = stem.removesuffix("-fast")
        for plain in _stems(slow):
            yield Spelling(f"{plain}-fast", False)
        for plain in _stems(slow):
            yield Spelling(plain, True)
    else:
        for plain in _stems(stem):
            yield Spelling(plain, False)


def _undecorated(text: str) -> str:
    """Without display text, path, cloud prefix and cloud version."""
    text = text.split("(")[0].strip().replace("%3a", ":").replace(" ", "-")
    brackets = _BRACKETS.search(text)
    if brackets:
        text = text[: brackets.start()] + ("-fast" if "fast=true" in brackets[1] else "")
    text = text.rsplit("/", 1)[-1]
    text = _VENDOR.sub("", text)
    return _TAG.sub("", _VERSION.sub("", text))


def _stems(text: str) -> Iterator[str]:
    """The name, then without date, then without each trailing effort word; each also in its canonical spelling."""
    while True:
        yield text
        yield canonical(text)
        shorter = _DATE.sub("", text)
        if shorter == text:
            shorter = _EFFORT.sub("", text)
        if shorter == text:
            return
        text = shorter
