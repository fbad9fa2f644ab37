"""tollbook-collector ticket: what a ticket cost, and how its calls are known to belong to it."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count, decimals_for, money

_EXAMPLES = """\
  tollbook-collector ticket PAY-123
  tollbook-collector ticket PAY-123 --json"""
_SHOWN = 10
"""Rows of each breakdown; --json has all."""


def add(commands: Commands) -> None:
    parser = describe(commands, "ticket", "what a ticket cost", _EXAMPLES, run)
    parser.add_argument("key", metavar="KEY", help="the ticket's key, in any case")
    add_tenant(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.opening import open_answers

    with open_answers(arguments, console) as answers:
        if isinstance(answers, int):
            return answers
        answer = answers.ticket(arguments.key)
    console.json(answer) if arguments.json else _print(answer, console)
    if not answer["calls"]:
        console.note(f"No call names {printable(answer['ticket'])}. `spend --by ticket` lists every ticket there is.")
    return exit_codes.OK


def _print(answer: dict[str, Any], console: Console) -> None:
    usage = answer["usage"]
    decimals = decimals_for(answer["list_nano_usd"])
    written = sum(amount for name, amount in usage.items() if name.startswith("cache_write"))
    console.heading(f"{printable(answer['ticket'])}  {money(answer['list_nano_usd'], decimals)} at list prices")
    console.line(
        f"{answer['status']}, from the {answer['source']}, price book {answer['price_book']}; {_billed(answer)}"
    )
    console.line(
        f"{count(answer['calls'])} calls: input {count(usage['input'])}, cache read {count(usage['cache_read'])}, "
        f"cache write {count(written)}, output {count(usage['output'])} (reasoning {count(usage['reasoning'])})"
    )
    for name, rows in answer["by"].items():
        if rows:
            console.line()
            _breakdown(name, rows, decimals, console)
    if answer["calls"]:
        console.line()
        console.line("known by " + ", ".join(f"{how} {count(calls)}" for how, calls in answer["evidence"].items()))
    if answer["unpriced_calls"]:
        console.note(f"{count(answer['unpriced_calls'])} calls have no price: `prices check` says which models.")
    for flag in answer["flags"]:
        console.note(f"{count(flag['calls'])} calls are flagged {flag['flag']}")


def _billed(answer: dict[str, Any]) -> str:
    """What bills say, and of which months."""
    amount, months = answer["billed_nano_usd"], answer["months"]
    if amount is None:
        return "not billed yet"
    known = [each["month"] for each in months if each["billed_nano_usd"] is not None]
    rest = len(months) - len(known)
    of = f"{known[0]} to {known[-1]}" if len(known) > 1 else known[0]
    return f"billed {money(amount, decimals_for(amount))} ({of}{f'; {rest} months have no bill yet' if rest else ''})"


def _breakdown(name: str, rows: list[dict[str, Any]], decimals: int, console: Console) -> None:
    shown = [
        [printable(row["key"]), count(row["calls"]), money(row["list_nano_usd"], decimals)] for row in rows[:_SHOWN]
    ]
    if len(rows) > _SHOWN:
        rest = rows[_SHOWN:]
        amount = sum(row["list_nano_usd"] for row in rest)
        shown.append([f"and {len(rest)} more", "", money(amount, decimals)])
    console.table([f"by {name}", "calls", "list"], shown, keys=1)
