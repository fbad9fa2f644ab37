"""The answer about one ticket, or one session, as a page: the amount, what it is worth, then tables by dimension."""

from collections.abc import Mapping, Sequence
from typing import Any

from tollbook_agent.cli.figures import share
from tollbook_agent.cli.output import count, money
from tollbook_agent.cli.sheet import Column, Kind, Page, Sheet

UNKNOWN = "(unknown)"
_PLACEHOLDER = "placeholder_counts"


def ticket_page(answer: Mapping[str, Any]) -> Page:
    """The page of the documented answer, the laptop's or the collector's."""
    heading = (
        f"{answer['ticket']}  {money(answer['list_nano_usd'])} list value, {count(answer['calls'])} calls"
        f"  ({answer['status']}, from the {answer['source']}, price book {answer['price_book']})"
    )
    if not answer["calls"]:
        nothing = (
            "no call names this ticket: `tollbook context` shows what is seen in a folder,"
            " `tollbook status` what was read"
        )
        return Page(heading=heading, status=nothing)
    known = ", ".join(f"{how} {count(calls)}" for how, calls in answer["evidence"].items())
    return Page(
        heading=heading,
        status=status(answer),
        first=(tokens(answer["usage"]), ""),
        sheets=tuple(sheet(name, rows) for name, rows in answer["by"].items()),
        notes=(f"the ticket is known by: {known}", *notes(answer)),
    )


def status(answer: Mapping[str, Any]) -> str:
    """Estimated, or reconciled with a bill; and how many calls the amount rests on."""
    floors = sum(each["calls"] for each in answer["flags"] if each["flag"] == _PLACEHOLDER)
    doubtful = floors + answer["unpriced_calls"]  # a call that nobody saw the usage of is unpriced
    calls: int = answer["calls"]
    covered = f"{share(max(0, calls - doubtful), calls)} of {count(calls)} calls priced in full"
    billed = answer.get("billed_nano_usd")
    if billed is None:
        return f"estimated from list prices, no bill yet; {covered}"
    effective = answer.get("effective_nano_usd")
    if answer["status"] == "estimated":
        return f"partly billed: {money(billed)}, months without a bill are estimated; {covered}"
    more = "" if effective is None else f", {money(effective)} effective"
    return f"reconciled with the bill ({answer['status']}): {money(billed)} billed{more}; {covered}"


def notes(answer: Mapping[str, Any]) -> list[str]:
    """What somebody must know to trust the amounts."""
    found = [f"flag {each['flag']}: {count(each['calls'])} calls" for each in answer["flags"]]
    if answer["unpriced_calls"]:
        found.append(f"{count(answer['unpriced_calls'])} calls have no price and count as $0")
    return found


def tokens(usage: Mapping[str, int]) -> str:
    """The tokens in one line."""
    written = sum(number for name, number in usage.items() if name.startswith("cache_write"))
    counts = {
        "input": usage["input"],
        "cached": usage["cache_read"],
        "written": written,
        "output": usage["output"],
    }
    return "tokens: " + ", ".join(f"{count(number)} {name}" for name, number in counts.items())


def sheet(name: str, rows: Sequence[Mapping[str, Any]], nobody: str = UNKNOWN) -> Sheet:
    """One dimension: key, calls, amount."""
    columns = (
        Column(name=name, kind=Kind.KEY, nobody=nobody),
        Column(name="calls", kind=Kind.COUNT),
        Column(name="list value", kind=Kind.MONEY, field="list"),
        Column(name="", kind=Kind.BAR),
    )
    shown = [(row["key"], row["calls"], row["list_nano_usd"], row["list_nano_usd"]) for row in rows]
    return Sheet(name=name, columns=columns, rows=tuple(shown))
