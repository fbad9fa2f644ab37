"""tollbook-collector backup: a copy of everything that was booked, of one moment, while the collector runs."""

import argparse
from pathlib import Path
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console
from tollbook_collector.shown import count

_EXAMPLES = """\
  tollbook-collector backup /backups/tollbook-2026-11-01.sqlite
  tollbook-collector backup /backups/tollbook-2026-11-01.sqlite --json"""
FINANCE = ".finance"
"""What the name of the finance file's backup has more."""


def add(commands: Commands) -> None:
    parser = describe(commands, "backup", "copy the record and the bills while the collector runs", _EXAMPLES, run)
    parser.add_argument("file", type=Path, metavar="FILE", help="where to; bills and ledger go to FILE.finance")
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.auth import pepper
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.store.backup import copy
    from tollbook_collector.store.finance.sqlite import FILE_NAME
    from tollbook_collector.store.record.errors import RecordError

    settings = load_settings(arguments, console)
    if isinstance(settings, int):
        return settings
    pairs = [(settings.store, arguments.file)]
    if (settings.home / FILE_NAME).exists():
        pairs.append((settings.home / FILE_NAME, arguments.file.with_name(arguments.file.name + FINANCE)))
    files: list[dict[str, Any]] = []
    try:
        if not settings.store.exists():
            raise RecordError("there is no store yet; nothing to copy")
        for source, target in pairs:
            checked = copy(source, target)
            rows = {name: number for name, number in checked.rows.items() if number}
            files.append({"file": str(target), "schema": checked.schema, "bytes": target.stat().st_size, "rows": rows})
    except (RecordError, OSError) as fault:
        remedy = "Name another file, or see to what is wrong; the collector is not touched."
        return console.fail(
            Problem(reason="backup", where="backup", detail=str(fault), remedy=remedy), exit_codes.STORE
        )
    secret = settings.home / pepper.FILE
    console.note(f"Keep {secret} and the settings too, elsewhere: without that file no credential is known any more.")
    if arguments.json:
        console.json({"files": files})
        return exit_codes.OK
    for one in files:
        console.line(f"{one['file']}: {count(one['bytes'])} bytes, checked, {count(sum(one['rows'].values()))} rows")
    return exit_codes.OK
