"""Booked rows for questions: built by hand for examples, and as a hypothesis strategy that collides."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from tests.support.domain import DAY, NOON
from tollbook.booked import Booked
from tollbook.booking import day_of
from tollbook.usage import FIELDS, Usage

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


@st.composite
def _usages(draw: st.DrawFn) -> Usage:
    counts = dict(zip(FIELDS, draw(st.lists(st.integers(0, 7), min_size=10, max_size=10)), strict=True))
    return Usage(**{**counts, "reasoning": min(counts["reasoning"], counts["output"])})


_models: st.SearchStrategy[str] = st.sampled_from(("m1", "m2"))


@st.composite
def booked_rows(draw: st.DrawFn) -> Booked:
    """Few values for every column, uneven tokens and money, up to three tickets and two further models."""
    days = draw(st.integers(0, 2))
    return booked(
        draw(st.none() | _usages()),
        draw(st.dictionaries(_models, st.tuples(_usages(), st.integers(0, 11)), max_size=2)),
        started_at=NOON + days * DAY,
        day=day_of(NOON) + days,
        model=draw(_models),
        tool=draw(st.sampled_from(("codex", "claude-code"))),
        engineer=draw(st.sampled_from((None, "ada@example.com", "bob@example.com"))),
        repo=draw(st.sampled_from((None, "", "shop/api"))),
        tickets=draw(st.sampled_from((None, "", "PAY-1", "OPS-2 PAY-1", "OPS-2 PAY-1 PAY-3"))),
        ticket_evidence=draw(st.sampled_from(("branch", "person"))),
        list_nano_usd=draw(st.integers(0, 10)),
        unpriced=draw(st.integers(0, 1)),
        flags=draw(st.sampled_from(("", "void_ids", "partial_counts void_ids"))),
    )
