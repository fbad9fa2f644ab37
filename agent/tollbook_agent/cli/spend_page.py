"""The spend answer as a page: what belongs to no ticket first, with the command that mends it; then the table."""

import shlex
from collections.abc import Mapping
from typing import Any

from tollbook_agent.cli.figures import share
from tollbook_agent.cli.output import count, money
from tollbook_agent.cli.reader import remarks
from tollbook_agent.cli.sheet import Cell, Change, Column, Kind, Page, Sheet, clean
from tollbook_agent.standing import Standing

MAX_COMMANDS = 3
"""Sessions named above the table; the rest are counted."""
_AMOUNTS = (
    Column(name="calls", kind=Kind.COUNT),
    Column(name="input", kind=Kind.COUNT, spare=True),
    Column(name="cached", kind=Kind.COUNT, field="cache_read", spare=True),
    Column(name="written", kind=Kind.COUNT, field="cache_write", spare=True),
    Column(name="output", kind=Kind.COUNT, spare=True),
    Column(name="list value", kind=Kind.MONEY, field="list"),
    Column(name="", kind=Kind.BAR),
)


def spend_page(
    standing: Standing, answer: Mapping[str, Any], heading: str | None, before: Mapping[str, Any] | None
) -> Page:
    """The page of an answer and how well it is known; `before` is that of the period before, where there is one."""
    if not standing.calls:
        return Page(heading=heading, status="no calls in this span" + _gone(before))
    return Page(
        heading=heading,
        status=status(standing),
        first=unassigned(standing) if "ticket" in answer["by"] else (),
        sheets=(_sheet(answer, before),),
        notes=tuple(remarks(standing)),
    )


def _gone(before: Mapping[str, Any] | None) -> str:
    if before is None or not before["total"]["calls"]:
        return ""
    return f"; {money(before['total']['list_nano_usd'])} in the period before"


def _sheet(answer: Mapping[str, Any], before: Mapping[str, Any] | None) -> Sheet:
    by: list[str] = answer["by"]
    columns = [*(Column(name=name, kind=Kind.KEY) for name in by), *_AMOUNTS]
    if before is not None:
        columns.append(Column(name="vs before", kind=Kind.CHANGE, field="before"))
    known = {tuple(row["key"]): row["list_nano_usd"] for row in before["rows"]} if before is not None else None
    rows = answer["rows"]
    if "ticket" in by:
        place = by.index("ticket")
        rows = sorted(rows, key=lambda row: row["key"][place] is not None)  # stable: by falling amount in each part
    whole = None if before is None else before["total"]["list_nano_usd"]
    return Sheet(
        name=",".join(by),
        columns=tuple(columns),
        rows=tuple((*row["key"], *amounts(row, _of(known, tuple(row["key"])))) for row in rows),
        foot=("total", *[""] * (len(by) - 1), *amounts(answer["total"], whole)),
    )


def _of(known: Mapping[tuple[str | None, ...], int] | None, key: tuple[str | None, ...]) -> int | None:
    return None if known is None else known.get(key, 0)


def amounts(sums: Mapping[str, Any], before: int | None) -> tuple[Cell, ...]:
    """The cells of `_AMOUNTS`, and the change where there is something to compare with."""
    usage: Mapping[str, int] = sums["usage"]
    written = sum(number for name, number in usage.items() if name.startswith("cache_write"))
    now: int = sums["list_nano_usd"]
    cells = (sums["calls"], usage["input"], usage["cache_read"], written, usage["output"], now, now)
    return cells if before is None else (*cells, Change(now, before))


def status(standing: Standing) -> str:
    """What amounts from this laptop are: estimates, and how many calls they rest on."""
    sure = f"{share(standing.sure, standing.calls)} of {count(standing.calls)} calls priced in full"
    return f"estimated from list prices, no bill yet; {sure}"


def unassigned(standing: Standing) -> tuple[str, ...]:
    """What no ticket has, and the commands that give it one."""
    amount, sessions = standing.unassigned_nano_usd, standing.sessions
    if not amount:
        return ()
    ranked = sorted(sessions.items(), key=lambda each: (-each[1], each[0]))
    where = (
        "1 session; name its ticket" if len(sessions) == 1 else f"{count(len(sessions))} sessions; name their tickets"
    )
    lines = [f"{money(amount)} unassigned in {where}:"]
    lines += [
        f"  tollbook ticket fix {shlex.quote(clean(name))} KEY   # {money(own)}" for name, own in ranked[:MAX_COMMANDS]
    ]
    if len(ranked) > MAX_COMMANDS:
        lines.append(f"  and {count(len(ranked) - MAX_COMMANDS)} more: tollbook month --by ticket,session")
    return (*lines, "")
