"""tollbook-collector scopes: whose the accounts, keys and principals of bills are."""

import argparse
from pathlib import Path

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector scopes import scopes.csv
  tollbook-collector scopes check"""


def add(commands: Commands) -> None:
    parser = describe(
        commands, "scopes", "say whose keys and accounts are, or list those without owner", _EXAMPLES, _none
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    take = describe(actions, "import", "replace the table", _EXAMPLES, _import)
    take.add_argument("file", type=Path, metavar="FILE", help="a CSV, see docs/commands.md")
    add_json(describe(actions, "check", "list accounts, keys and principals without owner", _EXAMPLES, _check))


def _none(arguments: argparse.Namespace, console: Console) -> int:
    return exit_codes.USAGE


def _check(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.finance_opening import open_finance

    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        rows = finance.unowned()
    if arguments.json:
        console.json(rows)
        return exit_codes.WRONG if rows else exit_codes.OK
    names = ("channel", "kind", "hint", "first", "last")
    table = [[*(printable(row[name]) for name in names), count(row["tokens"])] for row in rows]
    console.table([*names, "tokens"], table, keys=5)
    console.note(f"{len(rows)} hints have no owner: what nobody saw of them is charged to their scope.")
    return exit_codes.WRONG if rows else exit_codes.OK


def _import(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.bills.scopes import read_scopes
    from tollbook_collector.bills.texts import Unreadable
    from tollbook_collector.cli.finance_opening import open_finance, read_named

    files, whole = read_named([arguments.file], console)
    if not whole:
        return exit_codes.WRONG
    try:
        rows = read_scopes(files[0].raw)
    except Unreadable as fault:
        problem = Problem(reason=fault.reason, where=files[0].name, detail=fault.detail, remedy=fault.remedy)
        return console.fail(problem, exit_codes.WRONG)
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        finance.file.put_scopes(rows)
    console.line(f"{len(rows)} scopes.")
    return exit_codes.OK
