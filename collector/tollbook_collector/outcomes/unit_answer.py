"""The documented answers of unit costs: what one pull request, ticket, epic or initiative cost."""

from typing import Any

from tollbook.money import usd_text
from tollbook_collector.allocate.engine import allocate
from tollbook_collector.allocate.rules import Days
from tollbook_collector.bills.texts import month_days
from tollbook_collector.ground import LIFETIME_MONTHS, Ground
from tollbook_collector.outcomes.roll_up import roll_up
from tollbook_collector.outcomes.unit_cost import (
    Ask,
    PerPull,
    PerTicket,
    UnitCost,
    default_measure,
    per_pull,
    per_ticket,
)

UNITS = ("pr", "ticket", "epic", "initiative")


def months_for(per: str) -> int:
    """How many months of rows a unit needs: a pull request and a ticket cost over their whole life."""
    return LIFETIME_MONTHS if per in ("pr", "ticket") else 1


def unit_answer(
    ground: Ground, *, per: str, period: str, team: str | None = None, measure: str | None = None
) -> dict[str, Any]:
    """The answer for a unit of `UNITS`; `measure` is effective cost once a bill is in where none is named."""
    allocation = allocate(ground.rows, ground.bundle.rules)
    days = Days(*month_days(period))
    ask = Ask(days=days, measure=measure or default_measure(allocation), team=team, period=period)
    if per == "pr":
        found = pull_json(per_pull(allocation, ground.outcomes, ask))
    elif per == "ticket":
        found = ticket_json(per_ticket(allocation, ground.outcomes, ask))
    else:
        found = roll_up(allocation, per, ask)
    return {"per": per, "period": period, "team": team, **found}


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
