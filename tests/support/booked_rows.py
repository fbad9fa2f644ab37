"""Booked rows for questions: built by hand for examples, and as a hypothesis strategy that collides."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.support.domain import DAY, NOON
from tollbook.booked import Booked
from tollbook.booking import day_of
from tollbook.usage import Usage

_NOTHING: dict[str, Any] = dict.fromkeys(Booked._fields)
_PLAIN: dict[str, Any] = {
    **_NOTHING,
    "call_id": bytes(16),
    "started_at": NOON,
    "day": day_of(NOON),
    "tool": "claude-code",
    "channel": "anthropic",
    "model": "claude-opus-5-5",
    "sources": "log",
    "list_nano_usd": 0,
    "unpriced": 0,
    "flags": "",
}


def booked(usage: Usage | None = None, parts: Mapping[str, tuple[Usage, int]] | None = None, **columns: Any) -> Booked:
    """A row of a call; `parts` holds usage and nano-dollars of other models inside its response."""
    counts: dict[str, Any] = {} if usage is None else dict(usage.as_dict())
    inside = [[model, list(each.parts()), money] for model, (each, money) in (parts or {}).items()]
    row: dict[str, Any] = {**_PLAIN, **counts, "parts": json.dumps(inside) if inside else None, **columns}
    return Booked(**row)


_USAGES = (
    None,
    Usage(input=5, cache_read=7, cache_write_5m=1, cache_write_1h=2, output=4, reasoning=3),
    Usage(input=7, cache_write=4, output=5, reasoning=5, web_searches=2),
    Usage(output=1),
)
_PARTS: tuple[dict[str, tuple[Usage, int]], ...] = (
    {},
    {},
    {"m1": (Usage(input=4, output=2, reasoning=1), 7)},
    {"m2": (Usage(output=5), 0), "m3": (Usage(cache_read=2), 11)},
)
_CONTEXTS: tuple[dict[str, Any], ...] = (
    {"repo": None, "engineer": "ada@example.com"},
    {"repo": "", "engineer": None, "tool": "codex", "sources": "proxy+log", "flags": "void_ids"},
    {"repo": "shop/api", "branch": "main", "session_id": "s-1", "unpriced": 1, "flags": "partial_counts void_ids"},
)
_TICKETS = (None, "", "PAY-1", "OPS-2 PAY-1", "OPS-2 PAY-1 PAY-3")


@st.composite
def booked_rows(draw: st.DrawFn) -> Booked:
    """Few values for every column, uneven tokens and money, up to three tickets and two further models."""
    days = draw(st.integers(0, 2))
    return booked(
        draw(st.sampled_from(_USAGES)),
        draw(st.sampled_from(_PARTS)),
        started_at=NOON + days * DAY,
        day=day_of(NOON) + days,
        model=("m1", "m2")[days % 2],
        tickets=draw(st.sampled_from(_TICKETS)),
        ticket_evidence=("branch", "person")[days % 2],
        list_nano_usd=draw(st.integers(0, 10)),
        **draw(st.sampled_from(_CONTEXTS)),
    )
