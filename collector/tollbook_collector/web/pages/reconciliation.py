"""The reconciliation report of a month: by channel and by cell, what was estimated, billed, and never seen."""

from collections.abc import Mapping, Sequence
from typing import Any

from tollbook_collector.month_books import Books
from tollbook_collector.web import words
from tollbook_collector.web.month_page import month_of
from tollbook_collector.web.page import Choice, Figure, Page
from tollbook_collector.web.table import Basis, Column, Kind, Mark, Row, Table
from tollbook_collector.web.visit import Visit

STATES = {
    "estimated": "Estimated: no bill has come",
    "provisional": "Provisional: a bill may still change, or has not come",
    "final": "Final: its bills have settled",
    "closed": "Closed",
}
HELD = "Held: nothing of the month is posted until this is done"
_MONEY = (
    ("list", "Estimated"),
    ("rate_variance", "Rate variance"),
    ("tracked", "Tracked"),
    ("untracked", "Untracked"),
    ("bucket", "Other"),
    ("billed", "Billed"),
)
_FIGURES = tuple(Column(name, title, Kind.MONEY) for name, title in _MONEY)
_CELL = (("day", "Day"), ("model", "Model"), ("token_class", "Class"), ("channel", "Channel"), ("scope", "Scope"))
_MEANING = (
    "Billed is Estimated and Rate variance (together: Tracked), and Untracked (volume variance: billed, never seen), "
    "and Other (tax, credits, seats, rounding)."
)


def show(visit: Visit) -> Page:
    """One month; the newest that has calls, unless the address says another."""
    visit.seen("reconciliation")
    visit.seen("spend")
    month = month_of(visit, "reconciliation", "Reconciliation", "there are no bills here")
    return month if isinstance(month, Page) else _page(*month)


def _page(books: Books, choices: tuple[Choice, ...]) -> Page:
    report = books.report
    total = report["total"]
    blocking = [one for one in report["findings"] if one["blocks"]]
    return Page(
        title=f"Reconciliation {books.period}",
        nav="reconciliation",
        kicker=HELD if blocking else STATES[report["state"]],
        lead="The providers’ bills against what was seen.",
        months=choices,
        alerts=tuple(f"{one['detail'][0].upper()}{one['detail'][1:]}. {one['remedy']}" for one in blocking),
        figures=_figures(total, bool(report["rows"])),
        wide=(
            _channels(report["totals"], total, held=bool(blocking)),
            *_findings(report["findings"]),
            _cells(report["rows"], total["coverage"]),
            *_unbilled(report["unbilled"]),
        ),
    )


def _figures(total: Mapping[str, Any], billed: bool) -> tuple[Figure, ...]:
    if not billed:
        return ()
    whole = total["billed_nano_usd"]
    return (
        Figure(
            label="Untracked",
            text=words.shown_money(total["untracked_nano_usd"], whole),
            note="billed, and never seen",
            basis=Basis.RECONCILED,
            loud=total["untracked_nano_usd"] > 0,
        ),
        Figure(label="Billed", text=words.shown_money(whole), basis=Basis.RECONCILED, coverage=total["coverage"]),
        Figure(label="Estimated", text=words.shown_money(total["list_nano_usd"], whole), basis=Basis.ESTIMATED),
        Figure(
            label="Rate variance",
            text=words.shown_money(total["rate_variance_nano_usd"], whole),
            note="billed for what was seen, less its list price",
        ),
    )


def _money(row: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(row[f"{name}_nano_usd"] for name, _ in _MONEY)


def _channels(totals: Sequence[Mapping[str, Any]], total: Mapping[str, Any], *, held: bool) -> Table:
    return Table(
        name="channels",
        title="By channel",
        columns=(Column("channel", "Channel"), *_FIGURES, Column("coverage", "Coverage", Kind.RATIO)),
        rows=tuple(Row(cells=(row["channel"], *_money(row), row["coverage"])) for row in totals),
        total=(None, *_money(total), total["coverage"]),
        basis=Basis.RECONCILED,
        coverage=total["coverage"],
        note=_MEANING,
        empty="See above." if held else "No bill has come for this month: tollbook-collector bills import FILE...",
    )


def _cells(rows: Sequence[Mapping[str, Any]], coverage: str | None) -> Table:
    columns = (*(Column(*each) for each in _CELL), Column("kind", "Kind"), *_FIGURES)
    return Table(
        name="cells",
        title="Cell by cell",
        columns=columns,
        rows=tuple(
            Row(cells=(*(row[name] for name, _ in _CELL), row["kind"], *_money(row)))
            for row in sorted(rows, key=lambda row: -abs(row["billed_nano_usd"]))
        ),
        basis=Basis.RECONCILED,
        coverage=coverage,
        note="A cell is what a bill keeps apart: a day, a model, a class of tokens, a scope.",
        empty="No bill has come for this month.",
    )


def _findings(findings: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    if not findings:
        return ()
    columns = (Column("channel", "Channel"), Column("detail", "What to look at"), Column("remedy", "What to do"))
    rows = tuple(
        Row(cells=(one["channel"], one["detail"], one["remedy"]), mark=Mark.UNASSIGNED if one["blocks"] else Mark.PLAIN)
        for one in sorted(findings, key=lambda one: not one["blocks"])
    )
    return (Table(name="findings", title="To look at", columns=columns, rows=rows, basis=None),)


def _unbilled(rows: Sequence[Mapping[str, Any]]) -> tuple[Table, ...]:
    if not rows:
        return ()
    columns = (
        Column("channel", "Channel"),
        Column("model", "Model"),
        Column("tokens", "Tokens", Kind.COUNT),
        Column("list", "Estimated", Kind.MONEY),
    )
    made = tuple(Row(cells=(row["channel"], row["model"], row["tokens"], row["list_nano_usd"])) for row in rows)
    total = (None, None, sum(row["tokens"] for row in rows), sum(row["list_nano_usd"] for row in rows))
    note = "Seen, and on no bill so far: an allowance, a subscription, or a bill that has not come. No money is owed."
    return (Table(name="unbilled", title="On no bill", columns=columns, rows=made, total=total, note=note, bar="list"),)
