"""`tollbook spend`: spend over any span of UTC days, by any dimension."""

import argparse
import os
from typing import NamedTuple

from tollbook.answer import DIMENSIONS, day_number, moment, spend
from tollbook_agent.cli import exit_codes, forms
from tollbook_agent.cli.output import dim
from tollbook_agent.cli.reader import NO_STORE, day, dimensions, open_store
from tollbook_agent.cli.spend_page import spend_page
from tollbook_agent.settings import load
from tollbook_agent.spans import Span
from tollbook_agent.standing import Standing
from tollbook_agent.store import sums


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--by, --from, --to, and the forms."""
    parser.description = "Spend over any span of UTC days, all of history by default."
    parser.epilog = "example: tollbook spend --by ticket,model --from 2026-10-01 --to 2026-11-01"
    parser.add_argument("--by", type=dimensions, default=["ticket"], metavar="KEY[,KEY]", help=", ".join(DIMENSIONS))
    parser.add_argument("--from", dest="start", type=day, metavar="DATE", help="first day, inclusive (UTC)")
    parser.add_argument("--to", dest="end", type=day, metavar="DATE", help="day after the last, exclusive (UTC)")
    forms.add_arguments(parser)


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Answer from the laptop's store."""
    start = None if arguments.start is None else moment(day_number(arguments.start))
    end = None if arguments.end is None else moment(day_number(arguments.end))
    before = None if start is None or end is None or start >= end else Span(2 * start - end, start)
    asked = Asked(start, end, arguments.start, arguments.end, before=before)
    return show(asked, arguments.by, arguments.form)


class Asked(NamedTuple):
    """A span of time, UTC nanoseconds from `start` on and before `end`, and how it is named in the answer."""

    start: int | None
    end: int | None
    first: str | None
    last: str | None
    heading: str | None = None
    before: Span | None = None
    """The period that it is compared with."""


def show(asked: Asked, by: list[str], form: str | None) -> int:
    """Print spend of the calls that started in the span."""
    question = sums.Asked(by, asked.start, asked.end, asked.first, asked.last)
    standing, before = Standing(), None
    with open_store(load(os.environ)) as connection:
        if connection is None:
            answer = spend((), by, asked.first, asked.last)
        else:
            connection.execute("BEGIN")  # one state of the store
            if form == forms.JSON:
                answer = sums.spend(connection, question)
            else:
                answer, standing = sums.spend_and_standing(connection, question)
                before = asked.before and sums.spend(connection, sums.Asked(by, *asked.before))
    if connection is None and form != forms.JSON:
        print(*([dim(asked.heading)] if asked.heading else []), NO_STORE, sep="\n")
        return exit_codes.OK
    forms.show(form, lambda: answer, lambda: spend_page(standing, answer, asked.heading, before))
    return exit_codes.OK
