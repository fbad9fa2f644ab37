"""The rules: what each value of a dimension has in a month, and which rule, split or default brought it."""

from collections.abc import Sequence

from tollbook_collector.allocate.explain import Explained, explain
from tollbook_collector.allocate.report import Sum, tabulate
from tollbook_collector.finance_desk import PERSONAL
from tollbook_collector.month_books import Books
from tollbook_collector.nearest import suggestion
from tollbook_collector.web import words
from tollbook_collector.web.month_page import month_of
from tollbook_collector.web.page import Choice, Figure, Page
from tollbook_collector.web.table import Basis, Column, Kind, Mark, Row, Table
from tollbook_collector.web.visit import Visit, wrong

DEFAULTS = ("team", "ticket")
"""The first of them that gives anything a value is shown unless another is asked for."""
_AMOUNTS = (
    Column("list", "Estimated", Kind.MONEY),
    Column("billed", "Billed", Kind.MONEY),
    Column("effective", "Effective", Kind.MONEY),
)
_REMAINDERS = {
    "unallocated": "no rule gives it a value",
    "untracked": "billed, and never seen",
    "defaulted": "here only by a default",
}
NO_VALUE = "no value"


def show(visit: Visit) -> Page:
    """A dimension of a month, or one of its values: `?dimension=team&value=payments`, `&unallocated=1`."""
    _, view = visit.seen("explanation")
    month = month_of(visit, "rules", "Rules", "there are no rules here")
    if isinstance(month, Page):
        return month
    books, months = month
    # Where single people may not be seen, the dimension whose values are people is not there.
    names = tuple(name for name in books.bundle.rules.names if view.names or name != PERSONAL)
    dimension = visit.query.get("dimension") or _first(books)
    if dimension not in names:
        raise wrong("dimension", f"there is no dimension {dimension[:40]!r}", suggestion(dimension, names))
    value = visit.query.get("value")
    if value is None and "unallocated" not in visit.query:
        return _dimension(books, dimension, names, months, visit)
    return _value(explain(books.allocation, books.bundle.rules, dimension, value), books, visit)


def _first(books: Books) -> str:
    for name in DEFAULTS:
        place = books.allocation.dimensions.index(name)
        if any(piece.places[place].value is not None for piece in books.allocation.pieces):
            return name
    return DEFAULTS[0]


def _address(books: Books, dimension: str, value: str | None) -> str:
    given = {"value": value} if value is not None else {"unallocated": "1"}
    return words.address("rules", period=books.period, dimension=dimension, **given)


def _shown(visit: Visit, dimension: str, value: str | None) -> str:
    """How a value is called on the page; people as they may be shown."""
    if value is None:
        return NO_VALUE
    return visit.person(value) if dimension == PERSONAL else value


def _dimension(books: Books, dimension: str, names: Sequence[str], months: tuple[Choice, ...], visit: Visit) -> Page:
    table = tabulate(books.allocation, [dimension])
    rows: list[Row] = []
    for (key,), found in table.rows:
        cells = (
            _shown(visit, dimension, key),
            *found.amounts,
            _main(found.shared),
            _main(found.untracked),
            ", ".join(sorted(found.rules)) or "no rule",
        )
        mark = Mark.UNASSIGNED if key is None else Mark.PLAIN
        rows.append(Row(cells=cells, links={"value": _address(books, dimension, key)}, mark=mark))
    shown = Table(
        name="values",
        title=f"By {dimension}",
        columns=(
            Column("value", dimension.capitalize()),
            *_AMOUNTS,
            Column("shared", "Of it shared", Kind.MONEY),
            Column("untracked", "Of it untracked", Kind.MONEY),
            Column("rules", "By"),
        ),
        rows=tuple(rows),
        total=(None, *table.total.amounts, _main(table.total.shared), _main(table.total.untracked), None),
        basis=Basis.MIXED,
        note="A value’s page says which rule brought which money, from which bill.",
        empty="This month has no calls and no bills.",
    )
    remainders = tuple(
        Figure(
            label=name.capitalize(),
            text=words.shown_money(_main(each.amounts), _main(table.total.amounts) or 0),
            note=_REMAINDERS.get(name, "a remainder of its own"),
            basis=_basis(each),
            loud=name == "unallocated" and bool(_main(each.amounts)),
        )
        for name, each in sorted(table.remainders, key=lambda one: one[0] != "unallocated")
    )
    whole = Figure(
        label="In all",
        text=words.shown_money(_main(table.total.amounts) or 0),
        note=f"{words.shown_ratio(table.coverage)} of it has a value",
        basis=_basis(table.total),
    )
    return Page(
        title=f"Rules: {dimension}",
        nav="rules",
        kicker=f"{books.bundle.rules.name}, bundle {books.bundle.id}",
        choices=_others(books, dimension, names),
        months=months,
        figures=(*remainders, whole),
        wide=(shown,),
    )


def _others(books: Books, dimension: str, names: Sequence[str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(label=name, href=words.address("rules", period=books.period, dimension=name), chosen=name == dimension)
        for name in names
    )


def _value(found: Explained, books: Books, visit: Visit) -> Page:
    rows = tuple(
        Row(
            cells=(
                reason.rule or "no rule gives a value",
                None if reason.came_from is None else _shown(visit, found.dimension, reason.came_from),
                None if reason.line is None else str(reason.line),
                *reason.sum.amounts,
            ),
            mark=Mark.PLAIN if reason.rule else Mark.UNASSIGNED,
        )
        for reason in found.reasons
    )
    columns = (Column("rule", "Rule"), Column("from", "Taken from"), Column("line", "Line"), *_AMOUNTS)
    reasons = Table(
        name="reasons",
        title="Which rule brought it",
        columns=columns,
        rows=rows,
        total=(None, None, None, *found.total.amounts),
        basis=Basis.MIXED,
        empty="Nothing brought any money here.",
    )
    tables = [reasons, _documents(found), *_given_away(found, visit)]
    name = _shown(visit, found.dimension, found.value)
    back = words.address("rules", period=books.period, dimension=found.dimension)
    return Page(
        title=name,
        nav="rules",
        kicker=f"{found.dimension}, {books.period}",
        lead=f"{words.shown_count(found.total.calls)} calls",
        choices=(Choice(label=f"All of {found.dimension}", href=back, chosen=False),),
        figures=(Figure(label="Money", text=words.shown_money(_main(found.total.amounts)), basis=_basis(found.total)),),
        wide=tuple(tables),
    )


def _documents(found: Explained) -> Table:
    rows = tuple(
        Row(cells=(reason.rule or "no rule", document if document == "no bill yet" else f"bill {document}", *amounts))
        for reason in found.reasons
        for document, amounts in reason.documents
    )
    columns = (Column("rule", "Rule"), Column("document", "Bill"), *_AMOUNTS)
    return Table(name="documents", title="From which bill", columns=columns, rows=rows, basis=Basis.MIXED)


def _given_away(found: Explained, visit: Visit) -> Sequence[Table]:
    if not found.given_away:
        return ()
    rows = tuple(
        Row(cells=(split, _shown(visit, found.dimension, to), *amounts)) for split, to, amounts in found.given_away
    )
    columns = (Column("split", "Split"), Column("to", "To"), *_AMOUNTS)
    return (Table(name="given-away", title="What splits took away", columns=columns, rows=rows, basis=Basis.MIXED),)


def _main(amounts: tuple[int | None, int | None, int | None]) -> int | None:
    """Billed where a bill has come, else list."""
    return amounts[1] if amounts[1] is not None else amounts[0]


def _basis(found: Sum) -> Basis:
    if found.amounts[1] is None:
        return Basis.ESTIMATED
    return Basis.MIXED if found.unbilled_list else Basis.RECONCILED
