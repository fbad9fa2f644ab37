"""tollbook-collector bills pull: the providers' own reports, from their APIs and from folders."""

import argparse
from typing import TYPE_CHECKING

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console
from tollbook_collector.shown import count

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from tollbook_collector.config import Settings
    from tollbook_collector.pull.result import Pulled
    from tollbook_collector.pull.settings import Source
    from tollbook_collector.pull.spans import Wish

_EXAMPLES = """\
  tollbook-collector bills pull
  tollbook-collector bills pull anthropic cursor --since 2026-10-01
  tollbook-collector bills pull openai --period 2026-10 --dry-run

What is pulled is set in collector.toml, in tables [pull.NAME]; keys stand there as references only. docs/bills.md."""


def add(actions: Commands) -> None:
    """`bills pull`."""
    parser = describe(actions, "pull", "take bills and reports from the providers' APIs", _EXAMPLES, run)
    parser.add_argument("names", nargs="*", metavar="NAME", help="tables [pull.NAME], or channels (default: all)")
    add_span(parser)
    add_json(parser)


def add_span(parser: argparse.ArgumentParser) -> None:
    """Which days, and whether to write."""
    parser.add_argument("--period", metavar="YYYY-MM", help="that month only")
    parser.add_argument("--since", metavar="DATE", help="from this UTC day on, whatever was pulled before")
    parser.add_argument("--dry-run", action="store_true", help="ask, say what would be taken, and take nothing")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.finance_opening import open_finance
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.pull.bills import Around, pull_bills
    from tollbook_collector.pull.settings import TRACKERS

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    sources = chosen(settings, arguments, console, without=TRACKERS)
    wish = wished(arguments, console)
    if isinstance(sources, int) or isinstance(wish, int):
        return exit_codes.USAGE
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        done = pull_bills(finance, sources, wish, Around(home=settings.home), dry_run=arguments.dry_run)
    if arguments.json:
        console.json({"pulled": [one.as_json() for one in done], "dry_run": arguments.dry_run})
    return told(done, arguments, console)


def chosen(
    settings: "Settings", arguments: argparse.Namespace, console: Console, *, without: "Collection[str]" = ()
) -> "Sequence[Source] | int":
    """The sources that were named, or all; what is named and not set is said."""
    from tollbook.problem import Problem

    there = [source for source in settings.pulls if source.channel not in without]
    names = set(arguments.names)
    found = [source for source in there if not names or names & {source.name, source.channel}]
    unknown = names - {name for source in there for name in (source.name, source.channel)}
    if found and not unknown:
        return found
    what = f"there is no [pull.{min(unknown)}] in the settings" if unknown else "the settings name nothing to pull"
    remedy = "configs/collector.toml shows every table, docs/bills.md how to get each key."
    problem = Problem(reason="nothing_to_pull", where="pull", detail=what, remedy=remedy)
    return console.fail(problem, exit_codes.USAGE)


def wished(arguments: argparse.Namespace, console: Console) -> "Wish | int":
    """--since and --period."""
    from tollbook.answer import day_number
    from tollbook_collector.bills.texts import is_month, month_days
    from tollbook_collector.pull.spans import Span, Wish

    try:
        since = None if arguments.since is None else day_number(arguments.since)
    except ValueError:
        console.note("pull: --since is a day such as 2026-10-01")
        return exit_codes.USAGE
    if arguments.period is not None and (not is_month(arguments.period) or since is not None):
        console.note("pull: --period is a month such as 2026-10, and goes without --since")
        return exit_codes.USAGE
    return Wish(since, None if arguments.period is None else Span(*month_days(arguments.period)))


def told(done: "Sequence[Pulled]", arguments: argparse.Namespace, console: Console) -> int:
    """Print what was pulled and what was wrong; returns the exit code."""
    for one in done:
        for problem in one.problems:
            console.problem(problem)
        if not arguments.json and one.report:
            row = one.as_json()
            span = f"{row['from']} to {row['to']}" if row["from"] else "nothing to ask for"
            said = f"{count(row['taken'])} new of {count(row['documents'])} documents, {count(row['lines'])} lines"
            console.line(f"{one.source} {one.report}: {span}: {said}")
    if arguments.dry_run:
        console.note("Nothing was written.")
    return exit_codes.WRONG if any(one.problems for one in done) else exit_codes.OK
