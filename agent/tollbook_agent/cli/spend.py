"""`tollbook spend`: spend over any span of UTC days, by any dimension."""

import argparse
import os

from tollbook.answer import DIMENSIONS, day_number, moment, spend
from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import dim, print_json
from tollbook_agent.cli.reader import NO_STORE, day, dimensions, open_store, remarks, spend_table
from tollbook_agent.settings import load
from tollbook_agent.store import reading


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--by, --from, --to, --json."""
    parser.description = "Spend over any span of UTC days, all of history by default."
    parser.epilog = "example: tollbook spend --by ticket,model --from 2026-10-01 --to 2026-11-01"
    parser.add_argument("--by", type=dimensions, default=["ticket"], metavar="KEY[,KEY]", help=", ".join(DIMENSIONS))
    parser.add_argument("--from", dest="start", type=day, metavar="DATE", help="first day, inclusive (UTC)")
    parser.add_argument("--to", dest="end", type=day, metavar="DATE", help="day after the last, exclusive (UTC)")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Answer from the laptop's store."""
    start = None if arguments.start is None else moment(day_number(arguments.start))
    end = None if arguments.end is None else moment(day_number(arguments.end))
    return show(start, end, arguments.by, arguments.start, arguments.end, as_json=arguments.json)


def show(
    start: int | None,
    end: int | None,
    by: list[str],
    first: str | None,
    last: str | None,
    *,
    as_json: bool,
    heading: str | None = None,
) -> int:
    """Print spend of calls that started in [start, end), UTC nanoseconds; `first` and `last` are how that is named."""
    with open_store(load(os.environ)) as connection:
        rows = None if connection is None else list(reading.rows(connection, start, end))
    answer = spend(rows or (), by, first, last)
    if heading is not None and not as_json:
        print(dim(heading))
    if as_json:
        print_json(answer)
    elif rows is None:
        print(NO_STORE)
    elif not rows:
        print("no calls in this span")
    else:
        print(spend_table(answer))
        print("\n".join(remarks(rows)), end="\n" if remarks(rows) else "")
    return exit_codes.OK
