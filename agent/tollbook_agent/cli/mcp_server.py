"""The tools of `tollbook mcp`. They read, and answer the documented JSON; nothing that was said to a model is in it."""

import os
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from mcp.server.fastmcp import FastMCP
from mcp.server.fastmcp.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field

from tollbook.answer import DIMENSIONS, spend
from tollbook.ticket import candidates
from tollbook_agent.cli.period import asked_of
from tollbook_agent.cli.reader import open_store
from tollbook_agent.cli.spend_page import status
from tollbook_agent.cli.ticket import answer_of
from tollbook_agent.cli.ticket_page import status as ticket_status
from tollbook_agent.settings import SettingError, load
from tollbook_agent.standing import Standing
from tollbook_agent.store import sums
from tollbook_agent.store.connect import StoreError

MAX_ROWS = 50
"""Rows of one answer: an assistant reads every one of them."""
_READ = ToolAnnotations(readOnlyHint=True, destructiveHint=False, idempotentHint=True, openWorldHint=False)
_ABOUT = (
    "What AI coding on this machine costs. Amounts are list prices in US dollars, estimated until a bill is in:"
    " say so when you name one, with what `status_text` says."
)

Ticket = Annotated[str, Field(description="a ticket key such as PAY-123", max_length=100)]
By = Annotated[str, Field(description=f"one of {', '.join(DIMENSIONS)}")]


def ticket_cost(ticket: Ticket) -> dict[str, Any]:
    """What one ticket cost, by engineer, model, tool, repo, branch and day. `source` says who answers."""
    key = ticket.strip().upper()
    if candidates(key) != (key,):
        raise ToolError(f"{ticket!r} is not a ticket key; write it like PAY-123")
    try:
        answer = answer_of(load(os.environ), key)
    except (SettingError, StoreError) as fault:
        raise ToolError(str(fault)) from fault
    by = {name: rows[:MAX_ROWS] for name, rows in answer["by"].items()}
    return {**answer, "by": by, "status_text": ticket_status(answer)}


def my_spend(period: Literal["today", "week", "month"] = "today", by: By = "ticket") -> dict[str, Any]:
    """What this machine's model calls cost today, this week or this month, by one dimension, largest first."""
    if by not in DIMENSIONS:
        raise ToolError(f"{by!r} is no dimension; choose from {', '.join(DIMENSIONS)}")
    try:
        settings = load(os.environ)
        asked = asked_of(period, settings, datetime.now(UTC))
        with open_store(settings) as connection:
            if connection is None:
                answer, standing = spend((), [by], asked.first, asked.last), Standing()
            else:
                connection.execute("BEGIN")  # one state of the store
                question = sums.Asked([by], asked.start, asked.end, asked.first, asked.last)
                answer, standing = sums.spend_and_standing(connection, question)
    except (SettingError, StoreError) as fault:
        raise ToolError(str(fault)) from fault
    more = max(0, len(answer["rows"]) - MAX_ROWS)
    return {**answer, "rows": answer["rows"][:MAX_ROWS], "more_rows": more, "status_text": status(standing)}


def server() -> FastMCP:
    """The server with its tools."""
    made = FastMCP("tollbook", instructions=_ABOUT, log_level="WARNING")
    for tool in (ticket_cost, my_spend):
        made.tool(annotations=_READ)(tool)
    return made
