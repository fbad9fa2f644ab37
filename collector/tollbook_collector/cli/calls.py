"""tollbook-collector calls: every merged call, newest first."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_tenant, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count, money

if TYPE_CHECKING:
    from tollbook_collector.ask import Answers, CallsQuestion

_EXAMPLES = """\
  tollbook-collector calls --limit 20
  tollbook-collector calls --ticket PAY-123 --limit 0 --json > PAY-123.jsonl"""
_FILES = """\
  tollbook-collector calls export --from 2026-10-01 --to 2026-11-01 october.jsonl
  tollbook-collector calls import october.jsonl"""
_PAGE = 500


def add(commands: Commands) -> None:
    parser = describe(commands, "calls", "every merged call, newest first", _EXAMPLES, run)
    parser.add_argument("--limit", type=_number, default=100, metavar="N", help="at most N, 0 for all (default: 100)")
    for name in ("ticket", "engineer", "repo", "session", "model", "tool"):
        parser.add_argument(f"--{name}", metavar="VALUE", help=f"only calls of this {name}")
    parser.add_argument("--from", dest="start", metavar="DATE", help="first UTC day")
    parser.add_argument("--to", dest="end", metavar="DATE", help="the UTC day after the last one")
    add_tenant(parser)
    parser.add_argument("--json", action="store_true", help="JSON lines: one call a line, every field")
    actions = parser.add_subparsers(title="actions", metavar="[ACTION]", required=False)
    out = describe(actions, "export", "write all calls as JSON lines", _FILES, _export)
    out.add_argument("file", nargs="?", metavar="FILE", help="default: stdout")
    out.add_argument("--from", dest="start", metavar="DATE", help="first UTC day")
    out.add_argument("--to", dest="end", metavar="DATE", help="the UTC day after the last one")
    add_tenant(out, again=True)
    take = describe(actions, "import", "book calls from JSON lines, at the lowest rank", _FILES, _import)
    take.add_argument("files", nargs="*", metavar="FILE", help="default: stdin")
    add_tenant(take, again=True)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise argparse.ArgumentTypeError(f"{text} is not a number of calls")
    return int(text)


def _export(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.calls_file import export

    return export(arguments, console)


def _import(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.calls_file import take

    return take(arguments, console)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.ask import CALL_FILTERS, calls_question
    from tollbook_collector.cli.opening import open_answers

    given = {name: getattr(arguments, name) for name in CALL_FILTERS} | {"from": arguments.start, "to": arguments.end}
    question = calls_question({name: value for name, value in given.items() if value is not None})
    if isinstance(question, Problem):
        return console.fail(question, exit_codes.USAGE)
    with open_answers(arguments, console) as answers:
        if isinstance(answers, int):
            return answers
        found = _pages(answers, question, arguments.limit or sys.maxsize)
        if arguments.json:
            for call in found:
                console.json_line(call)
        else:
            _print(found, console)
    return exit_codes.OK


def _pages(answers: "Answers", question: "CallsQuestion", left: int) -> Iterator[dict[str, Any]]:
    """At most `left` calls, asked for page by page."""
    from dataclasses import replace

    while left:
        page = answers.calls(replace(question, limit=min(left, _PAGE)))
        yield from page["calls"]
        left -= len(page["calls"])
        if page["next"] is None:
            return
        question = replace(question, before=page["next"])


def _print(calls: Iterable[dict[str, Any]], console: Console) -> None:
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
