"""The section `vendor` of a spend answer: what only the vendor's usage reports know. Pure.

A row is left out where all its tokens were seen and it has no token fee: then the table itself has it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from tollbook.answer import day_text, month_text
from tollbook.money import usd_text
from tollbook_collector.bills.vendor_rows import NONE, PARTS, TOKEN_FEE, Figures, VendorRow

MOST_ROWS = 1_000
"""Rows of one answer, the largest; `CUT` says how many calls the others have."""
CUT = "vendor_rows_left_out"
SEEN_BY = ("channel", "engineer", "model", "day")
"""How spend is asked for what was seen."""

Seen = Mapping[tuple[str, str | None, str | None, str], int]
"""(channel, person, model, day) -> tokens that were seen."""


class _Key(NamedTuple):
    channel: str
    source: str
    period: str
    engineer: str | None
    model: str | None


class _Sums(NamedTuple):
    parts: list[Figures]
    documents: set[int]
    seen: list[int]


def seen_tokens(
    spend: Mapping[str, Any], person: Callable[[str | None], str | None], model: Callable[[str, str | None], str | None]
) -> Seen:
    """From the spend table by `SEEN_BY`; `person` and `model` give the names that reports and calls share."""
    found: dict[tuple[str, str | None, str | None, str], int] = {}
    for row in spend["rows"]:
        channel, engineer, name, day = row["key"]
        tokens = sum(count for kind, count in row["usage"].items() if kind not in ("reasoning", "web_searches"))
        key = channel, person(engineer), model(channel, name), day
        found[key] = found.get(key, 0) + tokens
    return found


def vendor_table(
    rows: Iterable[VendorRow],
    seen: Seen,
    *,
    by_day: bool,
    person: Callable[[str | None], str | None],
    model: Callable[[str, str | None], str | None],
    shown: Callable[[str | None], str | None],
) -> tuple[list[dict[str, Any]], int]:
    """The documented rows, the largest first, and the calls of those that are left out for their number."""
    left = dict(seen)
    sums: dict[_Key, _Sums] = {}
    for row in rows:
        channel, source, document, day, owner, name = row.key
        place = channel, person(owner), model(channel, name), day_text(day)
        known = min(left.get(place, 0), row.tokens)
        left[place] = left.get(place, 0) - known
        if known == row.tokens and known and row.parts[PARTS.index(TOKEN_FEE)] == NONE:
            continue
        period = day_text(day) if by_day else month_text(day)
        mine = sums.setdefault(
            _Key(channel, source, period, shown(owner), name), _Sums([NONE] * len(PARTS), set(), [0])
        )
        mine.parts[:] = [one.plus(other) for one, other in zip(mine.parts, row.parts, strict=True)]
        mine.documents.add(document)
        mine.seen[0] += known
    ranked = sorted(((_row(key, one)) for key, one in sums.items()), key=_order)
    return ranked[:MOST_ROWS], sum(one["calls"] for one in ranked[MOST_ROWS:])


def _row(key: _Key, sums: _Sums) -> dict[str, Any]:
    calls, tokens, listed, owed = sums.parts[0].plus(sums.parts[1]).plus(sums.parts[2]).plus(sums.parts[3])
    return {
        **key._asdict(),
        "documents": sorted(sums.documents),
        "calls": calls,
        "tokens": tokens,
        "seen_tokens": sums.seen[0],
        "list_nano_usd": listed,
        "list_usd": usd_text(listed),
        "owed_nano_usd": owed,
        "parts": {name: part._asdict() for name, part in zip(PARTS, sums.parts, strict=True)},
    }


def _order(row: Mapping[str, Any]) -> tuple[int, list[str]]:
    names = [row["period"], row["channel"], row["source"], row["engineer"] or "", row["model"] or ""]
    return -row["list_nano_usd"], names
