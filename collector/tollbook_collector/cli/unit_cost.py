"""tollbook-collector unit-cost: what one pull request, ticket, epic or initiative cost, and how much that covers."""

import argparse
from typing import TYPE_CHECKING, Any

from tollbook.money import usd_text
from tollbook_collector import exit_codes
from tollbook_collector.cli.command import Commands, add_json, describe
from tollbook_collector.cli.output import Console, money, printable

if TYPE_CHECKING:
    from tollbook_collector.outcomes.unit_cost import PerPull, PerTicket, UnitCost

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
    from tollbook_collector.allocate.engine import allocate
    from tollbook_collector.allocate.rules import Days
    from tollbook_collector.bills.texts import month_days
    from tollbook_collector.cli.allocation_opening import LIFETIME_MONTHS, open_ground
    from tollbook_collector.outcomes.unit_cost import Ask, default_measure, per_pull, per_ticket

    units = arguments.per in ("pr", "ticket")
    ground = open_ground(arguments, console, months=LIFETIME_MONTHS if units else 1)
    if isinstance(ground, int):
        return ground
    allocation = allocate(ground.rows, ground.bundle.rules)
    measure = arguments.measure or default_measure(allocation)
    days = Days(*month_days(arguments.period))
    ask = Ask(days=days, measure=measure, team=arguments.team, period=arguments.period)
    if arguments.per == "pr":
        pulls = per_pull(allocation, ground.outcomes, ask)
        return _answer(arguments, console, pull_json(pulls), _print_pulls)
    if arguments.per == "ticket":
        found = per_ticket(allocation, ground.outcomes, ask)
        return _answer(arguments, console, ticket_json(found), _print_tickets)
    from tollbook_collector.outcomes.roll_up import roll_up

    return _answer(arguments, console, roll_up(allocation, arguments.per, ask), _print_roll_up)


def _answer(arguments: argparse.Namespace, console: Console, document: dict[str, Any], show: Any) -> int:
    document = {"per": arguments.per, "period": arguments.period, "team": arguments.team, **document}
    console.json(document) if arguments.json else show(document, console)
    return exit_codes.OK


def _unit(cost: "UnitCost") -> dict[str, Any]:
    each = cost.each_nano_usd
    return {
        "cost_nano_usd": cost.cost_nano_usd,
        "units": cost.units,
        "each_nano_usd": each,
        "each_usd": None if each is None else usd_text(each),
    }


def pull_json(found: "PerPull") -> dict[str, Any]:
    """The documented answer of `--per pr`."""
    return {
        "measure": found.measure,
        "merged": found.merged,
        "merged_with_cost": found.merged_with_cost,
        "attributed": _unit(found.attributed),
        "loaded": _unit(found.loaded),
        "where": [{"name": name.value, "cost_nano_usd": amount} for name, amount in found.where.items()],
        "coverage": found.coverage,
        "waste": found.waste,
        "pull_requests": [{"name": name, "cost_nano_usd": amount} for name, amount in sorted(found.by_pull.items())],
    }


def ticket_json(found: "PerTicket") -> dict[str, Any]:
    """The documented answer of `--per ticket`. A point's cost is for one point."""
    hundredths = found.per_point.units
    points = {**_unit(found.per_point), "units": f"{hundredths // 100}.{hundredths % 100:02d}"}
    return {
        "measure": found.measure,
        "done": found.done,
        "done_with_cost": found.done_with_cost,
        "lifetime": _unit(found.lifetime),
        "incurred_nano_usd": found.incurred_nano_usd,
        "total_nano_usd": found.total_nano_usd,
        "coverage": found.coverage,
        "per_point": {**points, "without_points": found.without_points},
        "tickets": [{"ticket": key, "cost_nano_usd": amount} for key, amount in found.by_ticket.items()],
    }


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
