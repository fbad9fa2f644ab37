"""`tollbook doctor`: what is wrong with this installation, and what to do."""

import argparse
import os
from collections import Counter

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, dim, print_json
from tollbook_agent.doctor.examine import Examined, examine
from tollbook_agent.doctor.finding import Verdict

_MARKS = {Verdict.OK: "ok  ", Verdict.NOTE: "-   ", Verdict.WARN: "warn", Verdict.FAIL: "FAIL"}


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--json, --quick."""
    parser.description = (
        "Look at everything that can be wrong with this installation, and say what to do. Starts the runtimes that it"
        " finds against a stand-in on this machine; nothing is sent out but questions to your own collector."
        " The exit code is 1 where anything is to be mended."
    )
    parser.epilog = "example: tollbook doctor --json"
    parser.add_argument("--json", action="store_true", help="one JSON document")
    parser.add_argument("--quick", action="store_true", help="start no other program")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Examine, and say."""
    found: list[Examined] = []
    for one in examine(os.environ, live=not arguments.quick):
        found.append(one)
        if not arguments.json:
            print(text(one), flush=True)
    counts = Counter(one.finding.verdict for one in found)
    if arguments.json:
        print_json({"checks": [shown(one) for one in found], "verdicts": {each: counts[each] for each in Verdict}})
    else:
        print(f"\n{len(found)} checks: {counts[Verdict.FAIL]} failed, {counts[Verdict.WARN]} warnings")
    return exit_codes.FAILED if any(one.is_wrong for one in found) else exit_codes.OK


def shown(one: Examined) -> dict[str, str]:
    """The documented JSON."""
    return {
        "name": one.check.name,
        "looks_at": one.check.looks_at,
        "verdict": one.finding.verdict,
        "saw": one.finding.saw,
        "advice": one.finding.advice,
    }


def text(one: Examined) -> str:
    """For people: one line, and one more where something is to be done."""
    line = f"{_MARKS[one.finding.verdict]}  {one.check.name.ljust(18)} {one.finding.saw}"
    if one.is_wrong:
        return f"{bold(line)}\n      {' ' * 18} -> {one.finding.advice}"
    return line if one.finding.verdict is Verdict.OK else dim(line)
