"""tollbook-collector outcomes pull: tickets from Jira and pull requests from GitHub, asked for instead of exported."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.output import Console
from tollbook_collector.shown import count


def pull(arguments: argparse.Namespace, console: Console) -> int:
    """Pull, and say what was new."""
    from tollbook_collector.cli.finance_opening import open_finance
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.cli.pull import chosen, wished
    from tollbook_collector.pull.bills import Around
    from tollbook_collector.pull.outcomes import pull_outcomes
    from tollbook_collector.pull.settings import CHANNELS, TRACKERS

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    arguments.period = None
    sources = chosen(settings, arguments, console, without=CHANNELS.keys() - TRACKERS)
    wish = wished(arguments, console)
    if isinstance(sources, int) or isinstance(wish, int):
        return exit_codes.USAGE
    with open_finance(arguments, console) as finance:
        if isinstance(finance, int):
            return finance
        around = Around(home=settings.home)
        done = pull_outcomes(finance.file, sources, wish.since, around, dry_run=arguments.dry_run)
    for one in done:
        for problem in one.problems:
            console.problem(problem)
        if not arguments.json and one.report:
            what = f"{count(len(one.issues))} issues, {count(len(one.pulls))} pull requests"
            console.line(f"{one.source} {one.report}: {what}; {count(one.changed)} new or changed")
    if arguments.json:
        console.json({"pulled": [one.as_json() for one in done], "dry_run": arguments.dry_run})
    if arguments.dry_run:
        console.note("Nothing was written.")
    return exit_codes.WRONG if any(one.problems for one in done) else exit_codes.OK
