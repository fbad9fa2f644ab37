"""Days: which days a page is about, from its address; without any, the last thirty that have calls."""

from collections.abc import Iterable, Mapping
from typing import Any

from tollbook import answer
from tollbook.problem import Problem
from tollbook_collector.ask import ALWAYS, Span, spend_question
from tollbook_collector.web.page import Choice
from tollbook_collector.web.page import Span as Shown
from tollbook_collector.web.visit import Refused, Visit, wrong

DEFAULT = "30"
_CHOICES = (("7", "7 days"), ("30", "30 days"), ("90", "90 days"), ("all", "All"))
MOST_DAYS = 400
"""Days that a table by day has a row for each of; of a longer span only those with calls."""


def days_of(visit: Visit) -> tuple[Span, Shown]:
    """The days of a page, for questions and as it shows them: `?last=30`, `?last=all`, or `?from=...&to=...`.

    Raises:
        Refused: what stands in the address says no days.
    """
    first, end = _known(visit)
    start, after, last = visit.query.get("from"), visit.query.get("to"), visit.query.get("last")
    if start or after:
        question = spend_question("day", start or None, after or None)
        if isinstance(question, Problem):
            raise Refused(question)
        span = question.span
        last = ""
    else:
        last = last or DEFAULT
        span = _last(last, end)
    begin = first if span.start is None else span.start
    stop = end if span.end is None else span.end
    shown = Shown(
        first=answer.day_text(begin),
        last=answer.day_text(max(stop - 1, begin)),
        end=answer.day_text(max(stop, begin)),
        choices=tuple(Choice(label=label, href=_link(visit, value), chosen=value == last) for value, label in _CHOICES),
    )
    return span, shown


def known_days(visit: Visit) -> tuple[str, str]:
    """The first and the last day that have calls, as ISO dates."""
    first, end = _known(visit)
    return answer.day_text(first), answer.day_text(end - 1)


def _known(visit: Visit) -> tuple[int, int]:
    """The first day that has calls, and the day after the last."""
    rows = visit.spend(("day",), ALWAYS)["rows"]
    days = sorted(row["key"][0] for row in rows)
    if not days:
        return 0, 1
    return answer.day_number(days[0]), answer.day_number(days[-1]) + 1


def _last(text: str, end: int) -> Span:
    if text == "all":
        return ALWAYS
    if text not in [value for value, _ in _CHOICES]:
        raise wrong(
            "last", f"{text[:40]!r} is none of the spans there are", "last=30, or from=2026-10-01&to=2026-11-01"
        )
    return Span(start=end - int(text), end=end)


def _link(visit: Visit, value: str) -> str:
    return visit.link(**{"from": None, "to": None, "last": None if value == DEFAULT else value})


def every_day(rows: Iterable[Mapping[str, Any]], shown: Shown, place: int = 0) -> list[str]:
    """The days that a table by day has, ascending."""
    begin, end = answer.day_number(shown.first), answer.day_number(shown.end)
    if end - begin > MOST_DAYS:
        return sorted({row["key"][place] for row in rows})
    return [answer.day_text(day) for day in range(begin, end)]
