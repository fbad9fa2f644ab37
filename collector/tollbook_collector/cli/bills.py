"""tollbook-collector bills: providers' reports and invoices in, and what they say."""

import argparse
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook_collector import exit_codes
from tollbook_collector.cli import pull
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count, money

if TYPE_CHECKING:
    from tollbook_collector.bills.admit import Admission

LARGEST_RATE = 1_000_000
"""Dollars for one unit of a currency."""
_EXAMPLES = """\
  tollbook-collector bills import cost_report.json usage_page1.json usage_page2.json
  tollbook-collector bills list --json"""
_IMPORT = """\
  tollbook-collector bills import --dry-run cur.csv
  tollbook-collector bills import --pulled-at 2026-11-02T08:00:00Z --scope acme cost_report.json"""
_RATE = """\
  tollbook-collector bills rate EUR 1.0832 --from 2026-10-01 --source ECB"""
_SEATS = """\
  tollbook-collector bills seats seats.csv"""


def add(commands: Commands) -> None:
    parser = describe(commands, "bills", "import bills, list them, enter rates and seats", _EXAMPLES, _nothing)
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    take = describe(actions, "import", "take bills and reports from files", _IMPORT, _import)
    take.add_argument("files", nargs="+", type=Path, metavar="FILE", help="the provider's own files, unchanged")
    take.add_argument("--dry-run", action="store_true", help="say what would be taken, and take nothing")
    take.add_argument("--scope", metavar="NAME", help="the organisation, where the files do not name it")
    take.add_argument("--pulled-at", metavar="TIME", help="when they were downloaded (default: now)")
    add_json(take)
    pull.add(actions)
    add_json(describe(actions, "list", "every document, and what became of it", _EXAMPLES, _list))
    rate = describe(actions, "rate", "say what a unit of a currency is worth", _RATE, _rate)
    rate.add_argument("currency", metavar="CURRENCY", help="such as EUR, or CODEX_CREDIT")
    rate.add_argument("usd", metavar="USD", help="dollars for one unit")
    rate.add_argument("--from", dest="start", required=True, metavar="DATE", help="the first day it holds on")
    rate.add_argument("--source", required=True, metavar="WHO", help="who says so")
    seats = describe(actions, "seats", "say who had which seat", _SEATS, _seats)
    seats.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a CSV, see docs/commands.md")


def _nothing(arguments: argparse.Namespace, console: Console) -> int:
    return exit_codes.USAGE


def _import(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.bills.admit import admission_json
    from tollbook_collector.cli.finance_opening import open_finance, read_named

    pulled_at = _time(arguments.pulled_at)
    if pulled_at is None:
        console.note("bills import: --pulled-at is a time such as 2026-11-02T08:00:00Z")
        return exit_codes.USAGE
    files, whole = read_named(arguments.files, console)
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        found = finance.import_files(files, pulled_at=pulled_at, scope=arguments.scope, dry_run=arguments.dry_run)
    for problem in found.problems:
        console.problem(problem)
    if arguments.json:
        console.json({"documents": [admission_json(one) for one in found.admissions], "dry_run": arguments.dry_run})
    else:
        for one in found.admissions:
            _print(one, console)
        if arguments.dry_run:
            console.note("Nothing was written.")
    return exit_codes.OK if whole and not found.problems else exit_codes.WRONG


def _print(one: "Admission", console: Console) -> None:
    from tollbook_collector.bills.admit import admission_json

    said = admission_json(one)
    amount = f"{money(one.document.total_nano)[0:]} {one.document.currency}".replace("$", "")
    console.line(f"{said['source']} {said['scope'] or ''}: {said['lines']} lines, {amount}; it {one.note}")
    if one.document.ignored:
        console.note(f"  {one.document.ignored} lines are about other products and are no part of it")
    for sku in one.document.unmapped:
        console.note(f"  unmapped, kept and added up: {printable(sku)}")


def _list(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.finance_opening import open_finance

    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        rows = finance.documents()
    if arguments.json:
        console.json(rows)
        return exit_codes.OK
    table = [
        [
            str(row["number"]),
            printable(row["source"]),
            printable(row["scope"] or "-"),
            row["period"],
            row["state"],
            count(row["lines"]),
            "no rate" if row["total_nano_usd"] is None else money(row["total_nano_usd"]),
        ]
        for row in rows
    ]
    console.table(["document", "source", "scope", "period", "state", "lines", "total"], table, keys=5)
    return exit_codes.OK


def _rate(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.answer import day_number
    from tollbook_collector.bills.convert import Rate
    from tollbook_collector.cli.finance_opening import open_finance

    currency = arguments.currency.upper()
    try:
        usd = Decimal(arguments.usd)
        day = day_number(arguments.start)
    except (ValueError, InvalidOperation):
        console.note("bills rate: write `bills rate EUR 1.0832 --from 2026-10-01 --source ECB`")
        return exit_codes.USAGE
    if not usd.is_finite() or not 0 < usd < LARGEST_RATE:
        console.note(f"bills rate: a rate is above zero and below {LARGEST_RATE}")
        return exit_codes.USAGE
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        finance.file.put_rate(Rate(currency, day, usd, arguments.source))
    console.line(f"1 {currency} is {usd} USD from {arguments.start} on, says {arguments.source}.")
    return exit_codes.OK


def _seats(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.bills.seats import SeatRow, read_seats
    from tollbook_collector.bills.texts import Unreadable
    from tollbook_collector.cli.finance_opening import open_finance, read_named

    files, whole = read_named(arguments.files, console)
    rows: list[SeatRow] = []
    for file in files:
        try:
            rows += read_seats(file.raw)
        except Unreadable as fault:
            problem = Problem(reason=fault.reason, where=file.name, detail=fault.detail, remedy=fault.remedy)
            return console.fail(problem, exit_codes.WRONG)
    if not whole or not rows:
        console.note("bills seats: name a CSV of seats; nothing was changed")
        return exit_codes.WRONG
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        finance.file.put_seats(rows)
    console.line(f"{len(rows)} seats; those of other months stay.")
    return exit_codes.OK


def _time(text: str | None) -> str | None:
    """A time in UTC as it is stored; `None` where it is none."""
    if text is None:
        return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
