"""tollbook-collector rules: check allocation rules, say why money is where it is, show what a change would move."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_engine, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import count, decimals_for, money

if TYPE_CHECKING:
    from tollbook_collector.allocate.diff import Moved
    from tollbook_collector.allocate.explain import Explained
    from tollbook_collector.allocate.report import Sum, Table
    from tollbook_collector.allocate.result import Amounts

_EXAMPLES = """\
  tollbook-collector rules check rules.yaml
  tollbook-collector rules explain --period 2026-10 --dimension team
  tollbook-collector rules explain --period 2026-10 --dimension team --value payments
  tollbook-collector rules diff new-rules.yaml --period 2026-10"""

MOST_SHOWN = 20
"""Changed values of one dimension that a table shows; --json has all."""


def add(commands: Commands) -> None:
    parser = describe(commands, "rules", "check allocation rules, explain them, compare them", _EXAMPLES, run)
    parser.add_argument(
        "action",
        choices=["check", "explain", "diff"],
        help="check: are they sound; explain: which rule moved which money; diff: what other rules would move",
    )
    parser.add_argument("file", nargs="?", type=Path, metavar="FILE", help="rules (default: rules.yaml of the home)")
    parser.add_argument("--period", metavar="YYYY-MM", help="the month (UTC)")
    parser.add_argument("--dimension", metavar="NAME", help="explain: the dimension")
    parser.add_argument("--value", metavar="TEXT", help="explain: only this value, by rule and bill document")
    parser.add_argument("--unallocated", action="store_true", help="explain: the money without a value")
    add_engine(parser)
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    if arguments.action == "check":
        return _check(arguments, console)
    if arguments.period is None:
        return _wrong(console, "--period", "it says which month's money", "For example --period 2026-10.")
    return _explain(arguments, console) if arguments.action == "explain" else _diff(arguments, console)


def _wrong(console: Console, where: str, detail: str, remedy: str) -> int:
    from tollbook.problem import Problem

    return console.fail(Problem(reason="parameter", where=where, detail=detail, remedy=remedy), exit_codes.USAGE)


def _check(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.allocate.check import check
    from tollbook_collector.allocate.open_rules import open_rules, rules_in_force
    from tollbook_collector.cli.allocation_opening import open_outcomes
    from tollbook_collector.cli.opening import load_settings
    from tollbook_collector.outcomes.hierarchy import tickets

    settings = load_settings(arguments, console)
    outcomes = open_outcomes(arguments, console)
    if isinstance(settings, int) or isinstance(outcomes, int):
        return exit_codes.SETTINGS
    outside = {"tickets": tickets(outcomes)}
    opened = open_rules(arguments.file, outside) if arguments.file else rules_in_force(settings.home, outside)
    found = None if opened.bundle is None else check(opened.bundle.rules)
    errors = (*opened.problems, *(found.errors if found else ()))
    warnings = found.warnings if found else ()
    if arguments.json:
        levels = (("error", errors), ("warning", warnings))
        problems = [
            {"level": level, "reason": p.reason, "where": p.where, "detail": p.detail, "remedy": p.remedy}
            for level, many in levels
            for p in many
        ]
        console.json({"bundle": opened.bundle.id if opened.bundle else None, "problems": problems})
        return exit_codes.WRONG if errors else exit_codes.OK
    for problem in errors:
        console.problem(problem)
    for problem in warnings:
        console.note(f"warning: {problem.where}: {problem.detail}\n  {problem.remedy}")
    if opened.bundle is not None and not errors:
        rules = opened.bundle.rules
        many = sum(len(dimension.rules) for dimension in rules.dimensions)
        console.line(f"{rules.name}: sound. {many} rules of {len(rules.names)} dimensions, {len(rules.splits)} splits.")
        console.line(f"bundle {opened.bundle.id}")
    return exit_codes.WRONG if errors else exit_codes.OK


def _explain(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.allocate.engine import allocate
    from tollbook_collector.allocate.explain import explain
    from tollbook_collector.allocate.report import tabulate
    from tollbook_collector.cli.allocation_opening import open_ground
    from tollbook_collector.nearest import suggestion

    ground = open_ground(arguments, console, file=arguments.file)
    if isinstance(ground, int):
        return ground
    names = ground.bundle.rules.names
    if arguments.dimension not in names:
        given = arguments.dimension or ""
        return _wrong(console, "--dimension", f"there is no dimension {given!r}", suggestion(given, names))
    allocation = allocate(ground.rows, ground.bundle.rules, arguments.engine)
    if arguments.value is None and not arguments.unallocated:
        table = tabulate(allocation, [arguments.dimension])
        if arguments.json:
            console.json({"period": arguments.period, "bundle": ground.bundle.id, **table.as_json()})
        else:
            _print_table(table, arguments.period, console)
        return exit_codes.OK
    found = explain(allocation, ground.bundle.rules, arguments.dimension, arguments.value)
    if arguments.json:
        console.json({"period": arguments.period, "bundle": ground.bundle.id, **found.as_json()})
    else:
        _print_value(found, arguments.period, console)
    return exit_codes.OK


def _shown(amounts: "Amounts", decimals: int) -> list[str]:
    return ["-" if amount is None else money(amount, decimals) for amount in amounts]


def _print_table(table: "Table", period: str, console: Console) -> None:
    decimals = decimals_for(table.total.amounts[1] or table.total.amounts[0] or 0)

    def figures(each: "Sum") -> list[str]:
        parts = (each.shared, each.untracked)
        return [*_shown(each.amounts, decimals), *(money(part[1] or part[0] or 0, decimals) for part in parts)]

    console.line(f"{table.by[0]} in {period}")
    console.line()
    rows = [[printable(key[0]), *figures(each)] for key, each in table.rows]
    rows.append(["total", *figures(table.total)])
    headers = [table.by[0], "list", "billed", "effective", "of it shared", "of it untracked"]
    console.table(headers, rows, keys=1, total=True)
    for name, each in table.remainders:
        console.note(f"without a value of its own: {name} {money(each.amounts[1] or each.amounts[0] or 0, decimals)}")
    console.note(f"coverage {table.coverage or '-'}")


def _print_value(found: "Explained", period: str, console: Console) -> None:
    decimals = 4
    console.line(f"{found.dimension} {printable(found.value)} in {period}: {count(found.total.calls)} calls")
    console.line()
    rows = [
        [
            printable(reason.rule or "no rule gives a value"),
            "" if reason.came_from is None else printable(reason.came_from),
            str(reason.line or ""),
            *_shown(reason.sum.amounts, decimals),
        ]
        for reason in found.reasons
    ]
    rows.append(["total", "", "", *_shown(found.total.amounts, decimals)])
    headers = ["rule", "taken from", "line", "list", "billed", "effective"]
    console.table(headers, rows, keys=3, total=True)
    for split, to, amounts in found.given_away:
        console.note(f"given away by {split} to {printable(to)}: {money(amounts[1] or amounts[0] or 0, decimals)}")
    for reason in found.reasons:
        for document, amounts in reason.documents:
            shown = money(amounts[1] if amounts[1] is not None else amounts[0] or 0, decimals)
            console.note(f"{printable(reason.rule or 'no rule')}: bill document {printable(document)} {shown}")


def _diff(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.allocate.diff import as_json, diff
    from tollbook_collector.allocate.engine import allocate
    from tollbook_collector.cli.allocation_opening import open_bundle, open_ground

    if arguments.file is None:
        return _wrong(
            console, "FILE", "it names the rules to compare with", "rules diff new-rules.yaml --period 2026-10"
        )
    ground = open_ground(arguments, console)
    if isinstance(ground, int):
        return ground
    other = open_bundle(arguments, console, ground.outcomes, arguments.file)
    if isinstance(other, int):
        return other
    engine = arguments.engine
    moved = diff(allocate(ground.rows, ground.bundle.rules, engine), allocate(ground.rows, other.rules, engine))
    if arguments.json:
        months = {"period": arguments.period, "booked_in": ground.booked_in}
        console.json({**months, "before": ground.bundle.id, "after": other.id, **as_json(moved)})
        return exit_codes.OK
    console.line(f"{arguments.period}: what {arguments.file.name} would move. Nothing has been applied.")
    if ground.booked_in != arguments.period:
        console.line(f"{arguments.period} is closed: its books stay. These differences are corrections of it, to be")
        console.line(f"posted to {ground.booked_in}; rules that should not touch it need a valid_from of that month.")
    for each in moved:
        _print_moved(each, console)
    if not moved:
        console.line("Nothing.")
    return exit_codes.OK


def _print_moved(each: "Moved", console: Console) -> None:
    equal = "totals equal" if each.totals_equal else "TOTALS DIFFER: this is a fault, please report it"
    console.line()
    console.heading(f"{each.dimension}: {money(each.moved_nano_usd)} moves; {equal}")
    for change in each.changes[:MOST_SHOWN]:
        before, after = (
            amounts[1] if amounts[1] is not None else amounts[0] or 0 for amounts in (change.before, change.after)
        )
        console.line(f"  {printable(change.value)}: {money(before)} -> {money(after)} ({money(after - before)})")
    if len(each.changes) > MOST_SHOWN:
        console.line(f"  ... and {len(each.changes) - MOST_SHOWN} more")
    for rule, rows in each.rules[:MOST_SHOWN]:
        console.line(f"  rule {printable(rule)} now wins {count(rows)} rows")
