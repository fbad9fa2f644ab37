"""What the pages of a month begin with: which month, its books, and what is shown until these are worked out."""

from typing import NamedTuple

from tollbook.problem import Problem
from tollbook_collector.bills.texts import is_month
from tollbook_collector.month_books import Books
from tollbook_collector.web import words
from tollbook_collector.web.days import known_days
from tollbook_collector.web.months import RELOAD_SECONDS, months_between
from tollbook_collector.web.page import Choice, Page
from tollbook_collector.web.visit import Refused, Visit, unknown, wrong

MOST_CHOICES = 6
"""Months offered; any other can be asked for in the address."""


class Month(NamedTuple):
    """A month whose books are there."""

    books: Books
    choices: tuple[Choice, ...]
    """The months to choose from."""


def month_of(visit: Visit, folder: str, title: str, nothing: str) -> Month | Page:
    """The month that the address names, else the newest with calls; a page that waits where it is being worked out.

    Raises:
        Refused: there are no books, which `nothing` says; or the address names no month; or its books have a fault.
    """
    if not visit.whole:
        raise unknown(nothing, "This collector keeps no books.")
    period, choices = _period_of(visit, folder)
    books = visit.books(period)
    if isinstance(books, Problem):
        raise Refused(books)
    if books is not None:
        return Month(books, choices)
    lead = "The month is being worked out; this page shows it by itself."
    return Page(title=f"{title} {period}", nav=folder, lead=lead, months=choices, reload_seconds=RELOAD_SECONDS)


def _period_of(visit: Visit, folder: str) -> tuple[str, tuple[Choice, ...]]:
    """The month of a page, and the ones to choose from."""
    first, last = known_days(visit)
    months = months_between(first, last)[-MOST_CHOICES:]
    period = visit.query.get("period", months[-1])
    if not is_month(period):
        raise wrong("period", f"{period[:40]!r} is no month", "Write it as 2026-10.")
    kept = {name: text for name, text in visit.query.items() if name == "dimension"}
    every = months if period in months else [*months, period]
    return period, tuple(
        Choice(label=month, href=words.address(folder, **{**kept, "period": month}), chosen=month == period)
        for month in every
    )
