"""tollbook-collector spend: what was spent, by any dimensions, over any days."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, add_tenant, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count, decimals_for, money

_EXAMPLES = """\
  tollbook-collector spend --by ticket
  tollbook-collector spend --by engineer,model --from 2026-10-01 --to 2026-11-01 --json"""

DIMENSIONS = (
    "ticket", "repo", "branch", "model", "tool", "session", "engineer", "day", "month", "source", "channel",
)  # fmt: skip
"""Those of `tollbook.answer`, for the help: importing that takes longer than printing it."""
VENDOR_SHOWN = 20
"""Rows of vendors' reports in a table; --json has more."""


def add(commands: Commands) -> None:
    parser = describe(commands, "spend", "what was spent, by dimension", _EXAMPLES, run)
    parser.add_argument("--by", default="ticket", metavar="KEY[,KEY]", help=", ".join(DIMENSIONS))
    parser.add_argument("--from", dest="start", metavar="DATE", help="first UTC day (default: all of history)")
    parser.add_argument("--to", dest="end", metavar="DATE", help="the UTC day after the last one")
    add_tenant(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.ask import spend_question
    from tollbook_collector.cli.opening import open_answers

    question = spend_question(arguments.by, arguments.start, arguments.end)
    if isinstance(question, Problem):
        return console.fail(question, exit_codes.USAGE)
    with open_answers(arguments, console) as answers:
        if isinstance(answers, int):
            return answers
        answer = answers.spend(question)
    console.json(answer) if arguments.json else _print(answer, console)
    return exit_codes.OK


def _print(answer: dict[str, Any], console: Console) -> None:
    total = answer["total"]
    decimals = decimals_for(total["list_nano_usd"])
    span = f"{answer['from'] or 'the first call'} to {answer['to'] or 'now'} (UTC)"
    console.line(f"Spend at list prices, {span}")
    console.line()
    keys = len(answer["by"])
    rows = [[*map(printable, row["key"]), *_figures(row, decimals)] for row in answer["rows"]]
    rows.append(["total", *[""] * (keys - 1), *_figures(total, decimals)])
    headers = [*answer["by"], "calls", "input", "cache read", "cache write", "output", "list"]
    console.table(headers, rows, keys=keys, total=True)
    if answer["vendor"]:
        _print_vendor(answer["vendor"], console)
    for flag in answer["flags"]:
        console.note(f"{count(flag['calls'])} calls are flagged {flag['flag']}")


def _print_vendor(rows: list[dict[str, Any]], console: Console) -> None:
    """What only the vendors' own reports know, apart from the table."""
    console.line()
    console.line("Known from vendors' usage reports only, at the vendor's own values; not in the total above")
    console.line()
    decimals = decimals_for(sum(row["list_nano_usd"] for row in rows))
    named = any(row["engineer"] for row in rows)
    shown: list[list[str]] = []
    for row in rows[:VENDOR_SHOWN]:
        parts = row["parts"]
        amounts = [money(parts[name]["list_nano_usd"], decimals) for name in ("on_demand", "included", "token_fee")]
        texts = [row["channel"], row["period"], row["engineer"] or "-", printable(row["model"] or "-")]
        figures = [count(row["calls"]), count(row["tokens"]), count(row["seen_tokens"])]
        shown.append([*(texts if named else texts[:2] + texts[3:]), *figures, *amounts])
    keys = ["channel", "period", *(["engineer"] if named else []), "model"]
    headers = [*keys, "calls", "tokens", "seen too", "on demand", "included", "token fee"]
    console.table(headers, shown, keys=len(keys))
    if len(rows) > VENDOR_SHOWN:
        console.note(f"and {count(len(rows) - VENDOR_SHOWN)} more rows: --json has them")


def _figures(row: dict[str, Any], decimals: int) -> list[str]:
    usage = row["usage"]
    written = sum(amount for name, amount in usage.items() if name.startswith("cache_write"))
    tokens = (usage["input"], usage["cache_read"], written, usage["output"])
    return [count(row["calls"]), *map(count, tokens), money(row["list_nano_usd"], decimals)]
