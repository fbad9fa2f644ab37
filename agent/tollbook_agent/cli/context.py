"""`tollbook context`: what repo, branch, ticket and engineer are seen here, and why."""

import argparse
import os
import time

from tollbook_agent.cli import exit_codes
from tollbook_agent.cli.output import bold, dim, print_json
from tollbook_agent.cli.reader import open_store
from tollbook_agent.compose import Decisions, normal_folder, resolver_of
from tollbook_agent.context.describe import Description
from tollbook_agent.settings import load
from tollbook_agent.store import reading


def add_arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """--dir, --json."""
    parser.description = "What a call made in a folder now would be booked to, and how each part is known."
    parser.epilog = "example: tollbook context --dir ~/src/shop"
    parser.add_argument("--dir", default=".", help="the folder (default: this one)")
    parser.add_argument("--json", action="store_true", help="one JSON document")


def run(arguments: argparse.Namespace, _name: str) -> int:
    """Explain one folder."""
    settings = load(os.environ)
    with open_store(settings) as connection:
        decided: Decisions = {} if connection is None else reading.explicit_tickets(connection)
    seen = resolver_of(settings, os.environ, decided).describe(normal_folder(arguments.dir), time.time_ns())
    if arguments.json:
        print_json(as_json(seen))
    else:
        print(text(seen))
    return exit_codes.OK


def as_json(seen: Description) -> dict[str, object]:
    """The documented JSON."""
    return {
        "folder": seen.folder,
        "git_folder": seen.git_folder,
        "linked_worktree": seen.linked_worktree,
        "findings": {
            one.field: {"value": one.value, "evidence": one.evidence, "why": one.why} for one in seen.findings
        },
        "refused": list(seen.refused),
        "problems": [{"reason": one.reason, "where": one.where, "remedy": one.remedy} for one in seen.problems],
    }


def text(seen: Description) -> str:
    """The context for people."""
    lines = [f"{bold('folder')}    {seen.folder}"]
    for one in seen.findings:
        lines.append(f"{bold(one.field.ljust(9))} {one.value or '-'}  {dim(one.why)}")
    lines += [dim(f"not a ticket: {each}") for each in seen.refused]
    lines += [
        f"problem: {one.reason} in {one.where}" + (f"; {one.remedy}" if one.remedy else "") for one in seen.problems
    ]
    return "\n".join(lines)
