"""tollbook-collector close: a month's books, for good."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector close --period 2026-10"""


def add(commands: Commands) -> None:
    parser = describe(commands, "close", "close a month for good: later changes go to the next one", _EXAMPLES, run)
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.bills.texts import is_month
    from tollbook_collector.cli.finance_opening import open_finance

    if not is_month(arguments.period):
        console.note("close: --period is a month such as 2026-10")
        return exit_codes.USAGE
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        done = finance.close(arguments.period)
    if isinstance(done, Problem):
        return console.fail(done, exit_codes.WRONG)
    if arguments.json:
        console.json({"period": arguments.period, "state": "closed", "ledger_hash": done})
    else:
        console.line(f"{arguments.period} is closed; its entries have the hash {done}.")
    return exit_codes.OK
