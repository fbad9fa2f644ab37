"""Cost by epic or initiative, by the hierarchy of the day the work was done on."""

from typing import Any

from tollbook.money import usd_text
from tollbook_collector.allocate.report import ratio
from tollbook_collector.allocate.result import Allocation
from tollbook_collector.allocate.rows import MEASURES
from tollbook_collector.outcomes.unit_cost import Ask


def roll_up(allocation: Allocation, dimension: str, ask: Ask) -> dict[str, Any]:
    """The documented answer: a row a value, `null` for what reaches none, and their sum."""
    at, team = allocation.dimensions.index(dimension), allocation.dimensions.index("team")
    measure = MEASURES.index(ask.measure)
    sums: dict[str | None, int] = {}
    for piece in allocation.pieces:
        inside = ask.takes(allocation.rows[piece.row])
        if inside and (ask.team is None or piece.places[team].value == ask.team):
            value = piece.places[at].value
            sums[value] = sums.get(value, 0) + (piece.amounts[measure] or 0)
    total = sum(sums.values())
    ordered = sorted(sums.items(), key=lambda each: (-each[1], each[0] is None, each[0] or ""))
    rows = [{"key": key, "cost_nano_usd": amount, "cost_usd": usd_text(amount)} for key, amount in ordered]
    covered = ratio(total - sums.get(None, 0), total)
    return {"measure": ask.measure, "rows": rows, "total_nano_usd": total, "coverage": covered}
