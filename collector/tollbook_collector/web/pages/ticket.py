"""A ticket: what it cost, who and what spent it, how that is known, and what of it a bill has confirmed."""

from collections.abc import Mapping
from typing import Any

from tollbook import answer
from tollbook_collector.allocate.report import ratio
from tollbook_collector.ask import ticket_key
from tollbook_collector.month_books import Books
from tollbook_collector.web import words
from tollbook_collector.web.bills_beside import MOST_MONTHS, PATIENCE_SECONDS
from tollbook_collector.web.page import Chart, ChartKind, Figure, Page
from tollbook_collector.web.spend_tables import CALLS, day_table, table_of
from tollbook_collector.web.table import Basis, Column, Kind, Row, Table
from tollbook_collector.web.visit import Visit

_WRITTEN = ("cache_write_5m", "cache_write_30m", "cache_write_1h", "cache_write_12h", "cache_write")
_EVIDENCE = {
    "person": "a person said so",
    "explicit": "it was set for the session",
    "branch": "the branch names it",
    "worktree": "the worktree names it",
    "pr": "the pull request names it",
    "commit": "a commit names it",
    "session": "the session names it",
    "metadata": "the request named it",
    "gateway_key": "the gateway's key names it",
}
_FLAGS = {
    "only_your_calls": "Only your own calls are counted here.",
    "only_your_team": "Only your team's calls are counted here.",
    "device_incomplete": "Some laptops that worked on it have not sent everything.",
}


def show(visit: Visit, key: str) -> Page:
    """One ticket over all of history."""
    found = visit.answers("ticket").ticket(key)
    key = ticket_key(key)
    if not found["calls"]:
        return Page(title=key, kicker="Ticket", lead="No call that you may see names this ticket.")
    by: Mapping[str, list[dict[str, Any]]] = {
        name: [row | {"key": [row["key"]]} for row in rows] for name, rows in found["by"].items()
    }
    days = sorted(row["key"][0] for row in by["day"])
    chart = Chart(kind=ChartKind.TIME, table=day_table(by["day"], _between(days)), summary="Spend by day.")
    return Page(
        title=key,
        kicker="Ticket",
        lead=f"{days[0]} to {days[-1]}, price book {found['price_book']}",
        figures=(*_figures(found), *_billed(visit, key, days)),
        charts=(chart,),
        tables=(
            *(table_of(name, by[name], {}) for name in ("engineer", "model", "repo", "branch", "tool")),
            _tokens(found["usage"]),
            _known_by(found["evidence"]),
        ),
        notes=tuple(_notes(found)),
    )


def _between(days: list[str]) -> list[str]:
    first, last = answer.day_number(days[0]), answer.day_number(days[-1])
    return [answer.day_text(day) for day in range(first, last + 1)] if last - first <= 400 else days


def _figures(found: Mapping[str, Any]) -> tuple[Figure, ...]:
    usage = found["usage"]
    seen = usage["input"] + usage["cache_read"] + sum(usage[name] for name in _WRITTEN)
    return (
        Figure(
            label="Spend",
            text=words.shown_money(found["list_nano_usd"]),
            note=f"{words.shown_count(found['calls'])} calls at list prices",
            basis=Basis.ESTIMATED,
        ),
        Figure(label="From cache", text=words.part_of(usage["cache_read"], seen) or words.NONE, note="of its input"),
    )


def _billed(visit: Visit, key: str, days: list[str]) -> tuple[Figure, ...]:
    """What bills say of the ticket, for who sees whole bills."""
    if not visit.whole or not visit.may("reconciliation") or not visit.any_bills():
        return ()
    months = sorted({day[:7] for day in days})
    if len(months) > MOST_MONTHS:
        return ()
    found = [visit.books(month, PATIENCE_SECONDS) for month in months]
    mine = [row for books in found if isinstance(books, Books) for row in books.rows if row.ticket == key]
    billed = sum(row.billed_nano_usd or 0 for row in mine)
    reconciled = sum(row.list_nano_usd for row in mine if row.billed_nano_usd is not None)
    coverage = ratio(reconciled, sum(row.list_nano_usd for row in mine))
    note = "a bill has come for this part of its list value" if reconciled else "no bill has come for it"
    text = words.shown_money(billed) if reconciled else words.NONE
    return (Figure(label="Billed", text=text, note=note, basis=Basis.RECONCILED, coverage=coverage),)


def _tokens(usage: Mapping[str, int]) -> Table:
    names = {
        "input": usage["input"],
        "cache read": usage["cache_read"],
        "cache write": sum(usage[name] for name in _WRITTEN),
        "output": usage["output"],
        "of it reasoning": usage["reasoning"],
        "web searches": usage["web_searches"],
    }
    rows = tuple(Row(cells=(name, count)) for name, count in names.items() if count)
    columns = (Column("kind", "Kind"), Column("tokens", "Tokens", Kind.COUNT))
    return Table(name="tokens", title="Tokens", columns=columns, rows=rows, bar="tokens", basis=None)


def _known_by(evidence: Mapping[str, int]) -> Table:
    rows = tuple(
        Row(cells=(_EVIDENCE.get(how, how), calls))
        for how, calls in sorted(evidence.items(), key=lambda one: (-one[1], one[0]))
    )
    return Table(
        name="evidence", title="How it is known", columns=(Column("how", "Because"), CALLS), rows=rows, basis=None
    )


def _notes(found: Mapping[str, Any]) -> list[str]:
    notes = [_FLAGS.get(flag["flag"], f"{flag['calls']} calls are flagged {flag['flag']}.") for flag in found["flags"]]
    if found["unpriced_calls"]:
        notes.append(f"{found['unpriced_calls']} calls have no price and count as nothing: prices check says which.")
    return notes
