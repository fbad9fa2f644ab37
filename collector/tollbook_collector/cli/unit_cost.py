"""tollbook-collector unit-cost: what one pull request, ticket, epic or initiative cost, and how much that covers."""

import argparse
from typing import Any

from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, printable
from tollbook_collector.shown import money

_EXAMPLES = """\
  tollbook-collector unit-cost --per pr --period 2026-10
  tollbook-collector unit-cost --per ticket --period 2026-10 --team payments --json
  tollbook-collector unit-cost --per initiative --period 2026-10"""

PER = ("pr", "ticket", "epic", "initiative")


def add(commands: Commands) -> None:
    parser = describe(commands, "unit-cost", "what one pull request or ticket cost", _EXAMPLES, run)
    parser.add_argument("--per", required=True, choices=PER, help="the unit")
    parser.add_argument("--period", required=True, metavar="YYYY-MM", help="the month (UTC)")
    parser.add_argument("--team", metavar="NAME", help="only the cost of this team")
    parser.add_argument(
        "--measure", choices=["list", "billed", "effective"], help="default: effective once a bill is in"
    )
    add_json(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    from tollbook_collector.cli.allocation_opening import open_ground
    from tollbook_collector.outcomes.unit_answer import months_for, unit_answer

    ground = open_ground(arguments, console, months=months_for(arguments.per))
    if isinstance(ground, int):
        return ground
    found = unit_answer(
        ground, per=arguments.per, period=arguments.period, team=arguments.team, measure=arguments.measure
    )
    show = {"pr": _print_pulls, "ticket": _print_tickets}.get(arguments.per, _print_roll_up)
    console.json(found) if arguments.json else show(found, console)
    return exit_codes.OK


def _each(unit: dict[str, Any]) -> str:
    return "-" if unit["each_nano_usd"] is None else money(unit["each_nano_usd"])


def _print_pulls(found: dict[str, Any], console: Console) -> None:
    console.line(
        f"Pull requests merged in {found['period']}: {found['merged']}, {found['merged_with_cost']} with linked cost"
    )
    console.line(f"  attributed {_each(found['attributed'])} each ({found['measure']}, lifetime, those with cost)")
    console.line(f"  loaded     {_each(found['loaded'])} each (all cost of the month)")
    console.line(f"  coverage {found['coverage'] or '-'} of direct cost; waste {found['waste'] or '-'}")
    console.line()
    rows = [[each["name"].replace("_", " "), money(each["cost_nano_usd"])] for each in found["where"]]
    rows.append(["total", money(found["loaded"]["cost_nano_usd"])])
    console.table(["where the money went", "cost"], rows, keys=1, total=True)


def _print_tickets(found: dict[str, Any], console: Console) -> None:
    console.line(f"Tickets done in {found['period']}: {found['done']}, {found['done_with_cost']} with cost")
    console.line(f"  {_each(found['lifetime'])} each ({found['measure']}, lifetime)")
    point = found["per_point"]
    console.line(f"  {_each(point)} a story point over {point['units']}; {point['without_points']} tickets have none")
    console.line(
        f"  {money(found['incurred_nano_usd'])} of {money(found['total_nano_usd'])} reached a ticket:"
        f" coverage {found['coverage'] or '-'}"
    )
    console.line()
    rows = [[printable(each["ticket"]), money(each["cost_nano_usd"])] for each in found["tickets"]]
    rows.append(["total", money(found["lifetime"]["cost_nano_usd"])])
    console.table(["ticket", "cost"], rows, keys=1, total=True)


def _print_roll_up(found: dict[str, Any], console: Console) -> None:
    console.line(f"Cost by {found['per']} in {found['period']} ({found['measure']}, by day of the work)")
    console.line()
    rows = [[printable(each["key"]), money(each["cost_nano_usd"])] for each in found["rows"]]
    rows.append(["total", money(found["total_nano_usd"])])
    console.table([found["per"], "cost"], rows, keys=1, total=True)
    console.note(f"coverage {found['coverage'] or '-'}")
