"""tollbook-collector outcomes: what trackers and code hosts say about tickets and pull requests."""

import argparse
from pathlib import Path
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector outcomes import jira-1.json jira-2.json pulls.json
  tollbook-collector outcomes import jira.json --as-of 2026-10-31
  tollbook-collector outcomes pull jira github
  tollbook-collector outcomes show PAY-123
  tollbook-collector outcomes keys"""


def add(commands: Commands) -> None:
    parser = describe(commands, "outcomes", "import tickets and pull requests, and look them up", _EXAMPLES, run)
    parser.add_argument(
        "action",
        choices=["import", "pull", "show", "keys"],
        help="import: exports of Jira and GitHub; pull: ask them; show: where tickets belong; keys: project keys",
    )
    parser.add_argument("names", nargs="*", metavar="FILE|NAME|TICKET", help="files, tables [pull.NAME], or tickets")
    parser.add_argument("--as-of", metavar="DATE", help="the UTC day the exports were made on (default: today)")
    parser.add_argument("--points-field", metavar="FIELD", help="Jira's field of story points (customfield_10016)")
    parser.add_argument("--since", metavar="DATE", help="pull: from this UTC day on (default: since the last pull)")
    parser.add_argument("--dry-run", action="store_true", help="pull: ask, say what would be taken, and take nothing")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem

    if arguments.action not in ("keys", "pull") and not arguments.names:
        what = Problem(reason="parameter", where=arguments.action, detail="there is nothing named", remedy=_EXAMPLES)
        return console.fail(what, exit_codes.USAGE)
    from tollbook_collector.cli.outcomes_pull import pull

    actions = {"import": _import, "pull": pull, "show": _show, "keys": _keys}
    return actions[arguments.action](arguments, console)


def _import(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.answer import day_number
    from tollbook.problem import Problem
    from tollbook_collector.cli.allocation_opening import tell
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.outcomes.jira import POINTS_FIELD
    from tollbook_collector.outcomes.read_files import LARGEST_FILE, read_exports
    from tollbook_collector.outcomes.shelf import keep

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    try:
        day = day_number(arguments.as_of or _today())
    except ValueError:
        problem = Problem(reason="date", where="--as-of", detail="it is no date", remedy="Write it as 2026-10-31.")
        return console.fail(problem, exit_codes.USAGE)
    files: list[tuple[str, bytes]] = []
    for name in arguments.names:
        try:
            with Path(name).open("rb") as file:
                files.append((Path(name).name, file.read(LARGEST_FILE)))
        except OSError as fault:
            return console.fail(
                Problem(reason="file_unreadable", where=name, detail=str(fault.strerror)), exit_codes.WRONG
            )  # fmt: skip
    issues, pulls, problems = read_exports(files, arguments.points_field or POINTS_FIELD)
    if tell(problems, console):
        console.note("Nothing was imported: what is wrong above would leave tickets out.")
        return exit_codes.WRONG
    new = keep(settings.home, day, issues, pulls)
    if arguments.json:
        console.json({"issues": len(issues), "pull_requests": len(pulls), "new": new})
    else:
        console.line(
            f"{count(len(issues))} issues and {count(len(pulls))} pull requests" + ("." if new else ": known already.")
        )
    return exit_codes.OK


def _today() -> str:
    from datetime import UTC, datetime

    return datetime.now(UTC).date().isoformat()


def _show(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.answer import day_number
    from tollbook_collector.cli.allocation_opening import open_outcomes

    outcomes = open_outcomes(arguments, console)
    if isinstance(outcomes, int):
        return outcomes
    day = day_number(arguments.as_of or _today())
    found: list[dict[str, Any]] = [
        {
            "ticket": key,
            "chain": [issue.key for issue in outcomes.chain(key, day)],
            "status": issue.status if (issue := outcomes.at(key, day)) is not None else None,
            "pull_requests": [
                {"name": pull.name, "state": pull.state} for pull in outcomes.pulls if key in outcomes.tickets_of(pull)
            ],
        }
        for key in map(str.upper, arguments.names)
    ]
    if arguments.json:
        console.json({"tickets": found})
        return exit_codes.OK
    for each in found:
        chain = " < ".join(each["chain"]) or "in no import"
        console.line(f"{printable(each['ticket'])}: {printable(chain)} {each['status'] or ''}".rstrip())
        for pull in each["pull_requests"]:
            console.line(f"  {printable(pull['name'])} {pull['state']}")
    return exit_codes.OK


def _keys(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.allocation_opening import open_outcomes
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.outcomes.project_keys import project_keys

    settings, outcomes = load_settings(arguments, console), open_outcomes(arguments, console)
    if isinstance(settings, int) or isinstance(outcomes, int):
        return exit_codes.SETTINGS
    found = project_keys(settings.project_keys, outcomes)
    if arguments.json:
        console.json(found)
    else:
        keys = found["project_keys"]
        console.line("no list of project keys: a deny-list judges" if keys is None else " ".join(keys))
    return exit_codes.OK
