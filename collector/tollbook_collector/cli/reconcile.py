"""tollbook-collector reconcile: a month's bills against what was seen, to the nano-dollar."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_engine, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import decimals_for, money

_EXAMPLES = """\
  tollbook-collector reconcile --period 2026-10
  tollbook-collector reconcile --period 2026-10 --channel anthropic --day 2026-10-06 --explain
  tollbook-collector reconcile --period 2026-10 --json"""


def add(commands: Commands) -> None:
    parser = describe(commands, "reconcile", "a month's bills against what was seen", _EXAMPLES, run)
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month")
    parser.add_argument("--dry-run", action="store_true", help="post nothing")
    parser.add_argument("--channel", metavar="NAME", help="show only this channel's cells")
    parser.add_argument("--day", metavar="DATE", help="show only the cells of this UTC day")
    parser.add_argument("--explain", action="store_true", help="each cell with its shares, weights and bill lines")
    add_engine(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.bills.report import total, totals
    from tollbook_collector.bills.texts import is_month
    from tollbook_collector.cli.finance_opening import open_finance

    if not is_month(arguments.period):
        console.note("reconcile: --period is a month such as 2026-10")
        return exit_codes.USAGE
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        done = finance.reconcile(arguments.period, post=not arguments.dry_run)
        answer = done.as_json(explain=arguments.explain)
    if arguments.channel or arguments.day:
        answer["rows"] = [
            row
            for row in answer["rows"]
            if arguments.channel in (None, row["channel"]) and arguments.day in (None, row["day"])
        ]
        answer |= {"totals": totals(answer["rows"]), "total": total(answer["rows"])}
    console.json(answer) if arguments.json else _print(answer, arguments.explain, console)
    blocked = done.blocked and not arguments.dry_run
    return exit_codes.WRONG if blocked else exit_codes.OK


def _print(answer: dict[str, Any], explain: bool, console: Console) -> None:
    console.line(f"{answer['period']}, {answer['state']}: billed, and what of it was seen")
    console.line()
    names = ("list", "rate_variance", "tracked", "untracked", "bucket", "billed")
    decimals = decimals_for(answer["total"]["billed_nano_usd"])
    summed: list[dict[str, Any]] = [*answer["totals"], {**answer["total"], "channel": "total"}]
    rows = [
        [row["channel"], *(money(row[f"{name}_nano_usd"], decimals) for name in names), row["coverage"] or "-"]
        for row in summed
    ]
    headers = ["channel", "list", "rate", "tracked", "untracked", "other", "billed", "seen"]
    console.table(headers, rows, keys=1, total=True)
    if explain:
        for row in answer["rows"]:
            _print_cell(row, console)
    for one in answer["balances"]:
        bought, drawn, unused, left = (
            money(one[f"{name}_nano_usd"], 2) for name in ("bought", "drawn", "unused", "left")
        )
        what = f"{one['kind']} {printable(one['channel'])}, document {one['document']}"
        console.note(f"{what}: bought {bought}, drawn {drawn}, unused {unused}, left {left}")
    for finding in answer["findings"]:
        console.note(f"{finding['reason']} {finding['channel']}: {finding['detail']}\n  {finding['remedy']}")
    blocking = sorted({finding["reason"] for finding in answer["findings"] if finding["blocks"]})
    if blocking:
        held = f"{answer['period']} is held by {' and '.join(blocking)}"
        console.note(f"Nothing was posted: {held}. Do what it says above, then reconcile again.")
    elif not answer["posted"]:
        console.note("Nothing was posted.")
    elif answer["entries_written"]:
        console.note(f"{answer['entries_written']} entries were posted to {answer['booked_in']}.")
    else:
        console.note("The ledger stands as it was: nothing has changed.")


def _print_cell(row: dict[str, Any], console: Console) -> None:
    names = ("day", "channel", "scope", "model", "service_tier", "token_class", "kind")
    console.line()
    console.heading(" ".join(printable(str(row[name])) for name in names if row[name]))
    seen, billed = row["seen_tokens"], row["billed_tokens"]
    counted = "" if billed is None else f", {seen} of {billed} tokens seen"
    console.line(f"  billed {money(row['billed_nano_usd'], 9)}{counted}; {', '.join(map(printable, row['skus']))}")
    lines = ", ".join(f"{one['document']}/{one['line']}" for one in row["bill_lines"][:10])
    console.line(f"  bill lines (document/line): {lines}{' ...' if len(row['bill_lines']) > 10 else ''}")
    for share in row["shares"]:
        who = " ".join(printable(share[name]) for name in ("owner", "engineer", "ticket", "repo") if share[name])
        weight = f"{share['weight']} of {share['weights']}"
        console.line(f"    {money(share['nano_usd'], 9)}  {share['account']}  {who}  ({share['rule']} {weight})")
