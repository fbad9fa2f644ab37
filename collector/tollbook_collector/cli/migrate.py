"""tollbook-collector migrate: brings the record to the schema of this version, which `serve` would do at its start."""

import argparse

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector migrate --dry-run
  tollbook-collector migrate"""


def add(commands: Commands) -> None:
    parser = describe(commands, "migrate", "bring the record to the schema of this version", _EXAMPLES, run)
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.open_store import existing_store
    from tollbook_collector.store.backup import schema_of
    from tollbook_collector.store.record.errors import RecordError
    from tollbook_collector.store.record.schema import NEWEST

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    try:
        before = schema_of(settings.store) if settings.store.exists() else NEWEST
    except RecordError as fault:
        remedy = "It holds what was booked: keep it."
        problem = Problem(reason="store", where=str(settings.store), detail=str(fault), remedy=remedy)
        return console.fail(problem, exit_codes.STORE)
    if not arguments.dry_run:
        record = existing_store(settings)
        if isinstance(record, Problem):
            return console.fail(record, exit_codes.STORE)
        record.close()
    if arguments.json:
        console.json({"from": before, "to": NEWEST, "done": not arguments.dry_run})
    elif before == NEWEST:
        console.line(f"The record has schema {NEWEST}, the newest.")
    else:
        word = "would go" if arguments.dry_run else "went"
        console.line(f"The record {word} from schema {before} to {NEWEST}.")
    return exit_codes.OK
