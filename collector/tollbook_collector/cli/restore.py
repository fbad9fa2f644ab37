"""tollbook-collector restore: puts a backup into the place of the record. What was there is kept beside it."""

import argparse
from pathlib import Path

from tollbook_collector import exit_codes
from tollbook_collector.cli.backup import FINANCE
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console

_EXAMPLES = """\
  tollbook-collector restore /backups/tollbook-2026-11-01.sqlite

Stop the collector first. Claims that agents sent after the backup are not in it: they stand in the agents' stores, and
`tollbook-collector devices` shows whose are missing."""


def add(commands: Commands) -> None:
    parser = describe(commands, "restore", "put a backup into the place of the record", _EXAMPLES, run)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="a file that `backup` wrote, its FILE.finance beside it"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from datetime import UTC, datetime

    from tollbook.problem import Problem
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.store.backup import BackupError, InUse, alone, check, is_record, restore, set_aside
    from tollbook_collector.store.finance.sqlite import FILE_NAME
    from tollbook_collector.store.record.errors import RecordError

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    bills, finance = arguments.file.with_name(arguments.file.name + FINANCE), settings.home / FILE_NAME
    try:
        if not is_record(checked := check(arguments.file)):
            raise BackupError(f"{arguments.file} is no backup of a record; name the file without {FINANCE}")
        if bills.exists():
            check(bills)
        alone(finance)
        kept = [restore(arguments.file, settings.store, stamp)]
        # Without bills in the backup there were none at that moment: later ones would not fit to what is put back.
        kept.append(restore(bills, finance, stamp) if bills.exists() else set_aside(finance, stamp))
    except (RecordError, OSError) as fault:
        remedy = "Stop the collector and all its commands." if isinstance(fault, InUse) else "Name another backup."
        problem = Problem(reason="restore", where="restore", detail=str(fault), remedy=remedy)
        return console.fail(problem, exit_codes.STORE)
    aside = [str(path) for path in kept if path is not None]
    if arguments.json:
        console.json({"store": str(settings.store), "schema": checked.schema, "kept": aside})
        return exit_codes.OK
    console.line(f"{settings.store} is as it was in {arguments.file}.")
    for path in aside:
        console.note(f"What was there is {path}.")
    return exit_codes.OK
