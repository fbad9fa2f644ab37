"""tollbook-collector prices: whether the price book is sound, and how it differs from public data."""

import argparse
from collections import Counter

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector prices check
  tollbook-collector prices diff"""


def add(commands: Commands) -> None:
    parser = describe(commands, "prices", "check the price book, or compare it with public prices", _EXAMPLES, run)
    parser.add_argument(
        "action",
        choices=["check", "diff"],
        help="check: is it sound, and which calls have no price; diff: against the package genai-prices",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    return _diff(console) if arguments.action == "diff" else _check(arguments, console)


def _check(arguments: argparse.Namespace, console: Console) -> int:
    """Read the book whole; then, where there is a record, name the models it cannot price."""
    from tollbook.prices import BookError, default_book
    from tollbook.problem import Problem
    from tollbook_collector.cli.opening import load_settings, open_record

    try:
        book = default_book()
    except BookError as fault:
        return console.fail(Problem(reason="price_book", where="price book", detail=str(fault)), exit_codes.WRONG)
    console.line(f"Price book {book.version}: {len(book.channels)} channels, sound.")
    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    if not settings.store.exists():
        return exit_codes.OK
    unpriced: Counter[tuple[str, str]] = Counter()
    with open_record(arguments, console) as record:
        if isinstance(record, int):
            return record
        for row in record.rows(None, None):
            if row.unpriced:
                unpriced[row.channel, row.model] += 1
    if not unpriced:
        console.line("Every call in the record has a price.")
        return exit_codes.OK
    rows = [[channel, printable(model), count(calls)] for (channel, model), calls in sorted(unpriced.items())]
    console.table(["channel", "unpriced model", "calls"], rows, keys=2)
    return exit_codes.WRONG


def _diff(console: Console) -> int:
    from tollbook.prices import default_book
    from tollbook.problem import Problem
    from tollbook_collector.prices_import import GenaiPricesMissing, diff_against_genai_prices, print_diff

    try:
        differences = diff_against_genai_prices(default_book())
    except GenaiPricesMissing as fault:
        problem = Problem(reason="not_installed", where="prices diff", detail=str(fault))
        return console.fail(problem, exit_codes.USAGE)
    print_diff(differences, console.out)
    return exit_codes.WRONG if differences else exit_codes.OK
