"""Answers: the documented JSON of `spend` and `ticket`, computed from booked rows. Pure; the same everywhere.

Every table crossfoots: its rows sum to its total in integers. A call of several tickets splits tokens and money evenly
by largest remainder, counts as a call under each and once in the total. Another model inside a response adds its tokens
and money under its own name, and no call.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from tollbook.booked import Booked, other_models
from tollbook.counts import FIELDS
from tollbook.money import split_even, usd_text
from tollbook.ticket_months import ticket_months

DIMENSIONS: tuple[str, ...] = (
    "ticket",
    "repo",
    "branch",
    "model",
    "tool",
    "session",
    "engineer",
    "day",
    "month",
    "source",
    "channel",
)
"""What spend can be grouped by."""

Key = tuple[str | None, ...]
_COUNTS = slice(13, 23)
_ZEROS = (0,) * len(FIELDS)


class _Part(NamedTuple):
    """One model's share of one call under one ticket."""

    model: str
    ticket: str | None
    counts: Sequence[int]
    money: int
    calls: int


class Sum:
    """Running sums of one key. `calls` counts distinct calls."""

    __slots__ = ("calls", "counts", "list_nano_usd")  # a start that needs no dataclass is a third shorter

    def __init__(self) -> None:
        self.calls = 0
        self.counts: list[int] = list(_ZEROS)
        self.list_nano_usd = 0

    def add(self, counts: Sequence[int], money: int, calls: int) -> None:
        self.calls += calls
        self.list_nano_usd += money
        mine = self.counts
        for place, count in enumerate(counts):
            if count:
                mine[place] += count

    def as_json(self) -> dict[str, Any]:
        return {
            "calls": self.calls,
            "usage": dict(zip(FIELDS, self.counts, strict=True)),
            "list_nano_usd": self.list_nano_usd,
            "list_usd": usd_text(self.list_nano_usd),
        }


def day_text(day: int) -> str:
    """ISO date of a number of days since 1970-01-01."""
    return (date(1970, 1, 1) + timedelta(days=day)).isoformat()


def month_start(day: int) -> int:
    """The first day of the month of a day, both as days since 1970-01-01."""
    return day - (date(1970, 1, 1) + timedelta(days=day)).day + 1


def month_text(day: int) -> str:
    """The UTC month of a number of days since 1970-01-01, as 2026-10."""
    return day_text(day)[:7]


def day_number(text: str) -> int:
    """Days since 1970-01-01 of an ISO date.

    Raises:
        ValueError: not an ISO date.
    """
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def moment(day: int) -> int:
    """UTC nanoseconds at which a day begins."""
    return day * 86_400 * 10**9


_KEYS: dict[str, Callable[[Booked, _Part], str | None]] = {
    "ticket": lambda row, part: part.ticket,
    "model": lambda row, part: part.model,
    "repo": lambda row, part: row.repo,
    "branch": lambda row, part: row.branch,
    "tool": lambda row, part: row.tool,
    "channel": lambda row, part: row.channel,
    "session": lambda row, part: row.session_id,
    "engineer": lambda row, part: row.engineer,
    "day": lambda row, part: day_text(row.day),
    "month": lambda row, part: month_text(row.day),
    "source": lambda row, part: row.sources,
}


def _parts(row: Booked, by_ticket: bool) -> list[_Part]:
    """A call taken apart by model and, where asked for, by ticket."""
    counts = row[_COUNTS]
    own: Sequence[int] = _ZEROS if counts[0] is None else counts  # type: ignore[assignment]
    models = [(row.model, own, row.list_nano_usd, 1)]
    models += [(name, usage.parts(), money, 0) for name, usage, money in other_models(row)]
    tickets = row.tickets.split() if by_ticket and row.tickets else []
    if len(tickets) < 2:
        ticket = tickets[0] if tickets else None
        return [_Part(model, ticket, each, money, calls) for model, each, money, calls in models]
    parts: list[_Part] = []
    keys = tuple(tickets)
    for model, each, money, calls in models:
        shares = [split_even(count, keys) for count in each]
        amounts = split_even(money, keys)
        parts += [_Part(model, key, [share[key] for share in shares], amounts[key], calls) for key in keys]
    return parts


def order(entry: tuple[Key, Sum]) -> tuple[int, tuple[str, ...]]:
    """How tables are sorted: by falling amount, then by key with unallocated first."""
    key, total = entry
    return -total.list_nano_usd, tuple("" if each is None else f"!{each}" for each in key)


def spend(rows: Iterable[Booked], by: Sequence[str], start: str | None, end: str | None) -> dict[str, Any]:
    """The documented spend table: rows by falling amount, `null` in a key for unallocated, the total, and flags: what
    whoever answers knows the table to lack, nothing here.

    Raises:
        KeyError: an unknown dimension; callers check against `DIMENSIONS` first.
    """
    keys = [_KEYS[name] for name in by]
    sums: dict[Key, Sum] = {}
    total = Sum()
    by_ticket = "ticket" in by
    for row in rows:
        counted: set[Key] = set()
        first = True
        for part in _parts(row, by_ticket):
            key = tuple([of(row, part) for of in keys])
            here = part.calls and key not in counted
            counted.add(key)
            sums.setdefault(key, Sum()).add(part.counts, part.money, int(here))
            total.add(part.counts, part.money, int(first))
            first = False
    table = [{"key": list(key), **each.as_json()} for key, each in sorted(sums.items(), key=order)]
    return {"from": start, "to": end, "by": list(by), "rows": table, "total": total.as_json(), "flags": []}


_TICKET_BY = ("engineer", "model", "tool", "repo", "branch", "day")


def ticket(rows: Iterable[Booked], key: str, *, source: str, price_book: str) -> dict[str, Any]:
    """The documented answer to what a ticket cost. `rows` holds every call that names the ticket, and maybe others.

    Its money is estimated: `ticket_months` says what bills make of it.
    """
    alike: dict[tuple[Any, ...], Sum] = {}
    """Sums of the calls that agree in all of `_TICKET_BY`: few, where a ticket has thousands of calls."""
    evidence: dict[str, int] = {}
    flags: dict[str, int] = {}
    unpriced = 0
    for row in rows:
        if not row.tickets or key not in row.tickets.split():
            continue
        evidence[row.ticket_evidence or "unknown"] = evidence.get(row.ticket_evidence or "unknown", 0) + 1
        unpriced += row.unpriced
        for flag in row.flags.split():
            flags[flag] = flags.get(flag, 0) + 1
        for part in _parts(row, True):
            if part.ticket != key:
                continue
            own = (row.engineer, part.model, row.tool, row.repo, row.branch, row.day)
            sums = alike.get(own)
            if sums is None:
                sums = alike[own] = Sum()
            sums.add(part.counts, part.money, part.calls)
    total, by = _by_each(alike)
    tables = {name: _ranked(sums) for name, sums in by.items()}
    return {
        "ticket": key,
        "source": source,
        **total.as_json(),
        **ticket_months(tables["day"], {}, {}),
        "by": tables,
        "evidence": dict(sorted(evidence.items())),
        "unpriced_calls": unpriced,
        "price_book": price_book,
        "flags": [{"flag": flag, "calls": count} for flag, count in sorted(flags.items())],
    }


def _by_each(alike: Mapping[tuple[Any, ...], Sum]) -> tuple[Sum, dict[str, dict[str | None, Sum]]]:
    """The total, and the sums by each of `_TICKET_BY`, of sums by all of them."""
    total = Sum()
    by: dict[str, dict[str | None, Sum]] = {name: {} for name in _TICKET_BY}
    for own, sums in alike.items():
        total.add(sums.counts, sums.list_nano_usd, sums.calls)
        for name, value in zip(_TICKET_BY, own, strict=True):
            text = day_text(value) if name == "day" else value
            by[name].setdefault(text, Sum()).add(sums.counts, sums.list_nano_usd, sums.calls)
    return total, by


def _ranked(sums: dict[str | None, Sum]) -> list[dict[str, Any]]:
    ordered = sorted(sums.items(), key=lambda entry: order(((entry[0],), entry[1])))
    return [{"key": key, **each.as_json()} for key, each in ordered]


def iso_time(moment_ns: int) -> str:
    """UTC nanoseconds as ISO 8601 with milliseconds and Z."""
    seconds, rest = divmod(moment_ns, 10**9)
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{rest // 10**6:03d}Z"
