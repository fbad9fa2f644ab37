"""tollbook-collector export: a month's allocated money as FOCUS rows, or as a statement in cents."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, describe
from tollbook_collector.cli.output import Console
from tollbook_collector.shown import count

if TYPE_CHECKING:
    from tollbook_collector.allocate.result import Allocation

_EXAMPLES = """\
  tollbook-collector export focus --period 2026-10 > focus.csv
  tollbook-collector export focus --period 2026-10 --format parquet --out focus.parquet
  tollbook-collector export statement --period 2026-10 --by team"""


def add(commands: Commands) -> None:
    parser = describe(commands, "export", "FOCUS rows, or a statement in cents", _EXAMPLES, run)
    parser.add_argument("what", choices=["focus", "statement"], help="focus: FOCUS 1.3 rows; statement: cents by value")
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month (UTC)")
    parser.add_argument("--format", choices=["csv", "json", "parquet"], default="csv", help="of what is written")
    parser.add_argument("--by", default="team", metavar="NAME", help="statement: the dimension (default: team)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="where to write (default: standard output)")


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.allocate.engine import allocate
    from tollbook_collector.allocate.report import crossfoots
    from tollbook_collector.cli.allocation_opening import open_ground
    from tollbook_collector.nearest import suggestion

    if arguments.format == "parquet" and (arguments.out is None or arguments.what != "focus"):
        remedy = "export focus --format parquet --out focus.parquet"
        problem = Problem(reason="parameter", where="--format", detail="Parquet is of FOCUS, and a file", remedy=remedy)
        return console.fail(problem, exit_codes.USAGE)
    ground = open_ground(arguments, console)
    if isinstance(ground, int):
        return ground
    names = ground.bundle.rules.names
    if arguments.by not in names:
        remedy = suggestion(arguments.by, names)
        problem = Problem(reason="parameter", where="--by", detail="there is no such dimension", remedy=remedy)
        return console.fail(problem, exit_codes.USAGE)
    allocation = allocate(ground.rows, ground.bundle.rules)
    faults = crossfoots(allocation)
    if faults:
        problem = Problem(reason="not_whole", where="allocation", detail=faults[0], remedy="Please report this.")
        return console.fail(problem, exit_codes.FAULT)
    if arguments.what == "statement":
        return _statement(arguments, console, allocation)
    return _focus(arguments, console, allocation, ground.bundle.id)


def _focus(arguments: argparse.Namespace, console: Console, allocation: "Allocation", bundle: str) -> int:
    from tollbook.problem import Problem
    from tollbook_collector.bills.texts import month_days
    from tollbook_collector.export.files import focus_csv, focus_json, focus_parquet
    from tollbook_collector.export.focus import focus_rows

    rows = list(focus_rows(allocation, *month_days(arguments.period), bundle))
    if arguments.format == "parquet":
        raw = focus_parquet(rows)
        if isinstance(raw, Problem):
            return console.fail(raw, exit_codes.WRONG)
    else:
        raw = (focus_csv(rows) if arguments.format == "csv" else focus_json(rows)).encode()
    return _write(arguments, console, raw, f"{count(len(rows))} FOCUS rows of {arguments.period}")


def _statement(arguments: argparse.Namespace, console: Console, allocation: "Allocation") -> int:
    import json

    from tollbook.csv_safe import Figure, csv_text
    from tollbook_collector.allocate.report import tabulate
    from tollbook_collector.export.statement import cents_text, statement, statement_json

    table = tabulate(allocation, [arguments.by])
    billed = any(row.effective_nano_usd is not None for row in allocation.rows)
    measure = 2 if billed else 0
    amounts = [(key[0] or "unallocated", each.amounts[measure] or 0) for key, each in table.rows]
    found = statement(amounts)
    head = {"period": arguments.period, "by": arguments.by, "measure": "effective" if billed else "list"}
    if arguments.format == "json":
        text = json.dumps({**head, **statement_json(found)}, indent=2, ensure_ascii=False) + "\n"
    else:
        lines = [(name, Figure(cents_text(amount))) for name, amount in found.lines]
        lines.append(("total", Figure(cents_text(found.total_cents))))
        text = csv_text([arguments.by, f"{head['measure']}_usd"], lines)
    return _write(arguments, console, text.encode(), f"statement of {arguments.period}, {head['measure']} cost")


def _write(arguments: argparse.Namespace, console: Console, raw: bytes, what: str) -> int:
    if arguments.out is None:
        console.out.write(raw.decode())
        return exit_codes.OK
    from tollbook.problem import Problem

    try:
        arguments.out.write_bytes(raw)
    except OSError as fault:
        problem = Problem(reason="file_unwritable", where=str(arguments.out), detail=str(fault.strerror))
        return console.fail(problem, exit_codes.WRONG)
    console.note(f"{what}: {arguments.out}")
    return exit_codes.OK
