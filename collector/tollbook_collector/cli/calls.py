"""tollbook-collector calls: every merged call, newest first."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console, count, money, printable

_EXAMPLES = """\
  tollbook-collector calls --limit 20
  tollbook-collector calls --ticket PAY-123 --limit 0 --json > PAY-123.jsonl"""
_PAGE = 500


def add(commands: Commands) -> None:
    parser = describe(commands, "calls", "every merged call, newest first", _EXAMPLES, run)
    parser.add_argument("--limit", type=_number, default=100, metavar="N", help="at most N, 0 for all (default: 100)")
    for name in ("ticket", "engineer", "repo", "session", "model", "tool"):
        parser.add_argument(f"--{name}", metavar="VALUE", help=f"only calls of this {name}")
    parser.add_argument("--from", dest="start", metavar="DATE", help="first UTC day")
    parser.add_argument("--to", dest="end", metavar="DATE", help="the UTC day after the last one")
    parser.add_argument("--json", action="store_true", help="JSON lines: one call a line, every field")


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.ask import CALL_FILTERS, calls_question
    from tollbook_collector.cli.opening import open_answers

    given = {name: getattr(arguments, name) for name in CALL_FILTERS} | {"from": arguments.start, "to": arguments.end}
    texts = {name: value for name, value in given.items() if value is not None}
    question = calls_question(texts)
    if isinstance(question, Problem):
        return console.fail(question, exit_codes.USAGE)
    rows: list[dict[str, Any]] = []
    left: int | None = arguments.limit or None
    with open_answers(arguments, console) as answers:
        if isinstance(answers, int):
            return answers
        while left is None or left > 0:
            texts["limit"] = str(_PAGE if left is None else min(left, _PAGE))
            question = calls_question(texts)
            assert not isinstance(question, Problem)
            page = answers.calls(question)
            for call in page["calls"]:
                console.json_line(call) if arguments.json else rows.append(call)
            if page["next"] is None:
                break
            texts["cursor"] = page["next"]
            left = None if left is None else left - len(page["calls"])
    if not arguments.json:
        _print(rows, console)
    return exit_codes.OK


def _print(calls: list[dict[str, Any]], console: Console) -> None:
    rows = [
        [
            call["started_at"][:19].replace("T", " "),
            printable(call["model"] or "unknown"),
            printable(" ".join(call["tickets"]) or None),
            printable(call["engineer"] or "-"),
            *(["?", "?"] if call["usage"] is None else _tokens(call["usage"])),
            money(call["list_nano_usd"]) + ("?" if call["unpriced"] else ""),
        ]
        for call in calls
    ]
    console.table(["started (UTC)", "model", "ticket", "engineer", "prompt", "output", "list"], rows, keys=4)


def _tokens(usage: dict[str, int]) -> list[str]:
    apart = ("output", "reasoning", "web_searches")
    prompt = sum(amount for name, amount in usage.items() if name not in apart)
    return [count(prompt), count(usage["output"])]
