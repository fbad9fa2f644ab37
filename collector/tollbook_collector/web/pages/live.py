"""Live: calls as they happen. The page has the newest; a stream of events brings what comes after."""

import asyncio
import json
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from tollbook_collector.api.errors import STATUS
from tollbook_collector.ask import CallsQuestion
from tollbook_collector.store.record.errors import Retryable
from tollbook_collector.web import words
from tollbook_collector.web.page import Page
from tollbook_collector.web.spend_tables import repo_link
from tollbook_collector.web.table import Column, Kind, Mark, Row, Table
from tollbook_collector.web.visit import Refused, Visit

if TYPE_CHECKING:
    from tollbook_collector.web.site import Site

SHOWN = 30
"""Calls of the page, and of one look at the record."""
LOOK_SECONDS = 1.0
MOST_STREAMS = 32
"""Streams at once, of everybody together."""
LONGEST_LOOKS = 1_800
"""A stream ends then; the browser begins another."""
_ENDED = "retry: 2000\n\n"
_EVENTS = "text/event-stream"
COLUMNS = (
    Column("started_at", "Began (UTC)", Kind.TIME),
    Column("model", "Model"),
    Column("ticket", "Ticket"),
    Column("engineer", "Engineer"),
    Column("repo", "Repository"),
    Column("tokens", "Tokens", Kind.COUNT),
    Column("list", "Estimated", Kind.MONEY),
)


def show(visit: Visit) -> Page:
    """The newest calls."""
    calls = newest(visit)
    table = Table(
        name="calls",
        title="Calls as they happen",
        columns=COLUMNS,
        rows=tuple(row_of(call) for call in calls),
        in_order=True,
        empty="No call yet. The next one appears here by itself.",
    )
    lead = "Every model call that is booked, the newest first."
    return Page(title="Live", nav="live", lead=lead, wide=(table,))


def newest(visit: Visit) -> list[dict[str, Any]]:
    """The newest calls that this visitor may see one by one."""
    return list(visit.answers("calls").calls(CallsQuestion(limit=SHOWN, filters={}))["calls"])


def row_of(call: dict[str, Any]) -> Row:
    """A call as a row."""
    usage: dict[str, int] = call["usage"] or {}
    tokens = sum(count for kind, count in usage.items() if kind not in ("reasoning", "web_searches"))
    tickets = call["tickets"]
    links: dict[str, str] = {}
    if len(tickets) == 1:
        links["ticket"] = words.address("tickets", tickets[0])
    if call["repo"]:
        links["repo"] = repo_link(call["repo"])
    return Row(
        cells=(
            call["started_at"],
            call["model"],
            " ".join(tickets) or "unassigned",
            call["engineer"],
            call["repo"],
            tokens,
            call["list_nano_usd"],
        ),
        links=links,
        key=call["call_id"],
        mark=Mark.PLAIN if tickets else Mark.UNASSIGNED,
    )


def event_of(call: dict[str, Any]) -> dict[str, Any]:
    """A call as an event: the texts of its row, which the page puts where they belong."""
    row = row_of(call)
    table = Table(name="calls", title="", columns=COLUMNS, rows=(row,))
    cells = [
        {
            "text": words.shown(cell, column, table),
            "value": "" if cell is None else str(cell),
            "number": column.is_figure,
            "href": row.links.get(column.name),
        }
        for column, cell in zip(COLUMNS, row.cells, strict=True)
    ]
    return {"id": call["call_id"], "mark": row.mark, "cells": cells}


class Streams:
    """Counts those that are open."""

    def __init__(self) -> None:
        self.open = 0


async def stream(site: "Site", request: Request) -> Response:
    """Server-sent events: the newest calls, then each that is new. Bounded in number and in time."""
    try:
        visit = site.visit(request)
        await run_in_threadpool(visit.answers, "calls")
    except Refused as refused:
        return Response(_ENDED, STATUS.get(refused.problem.reason, 400), media_type=_EVENTS)
    except Retryable:
        return Response(_ENDED, STATUS["not_ready"], media_type=_EVENTS)
    if site.streams.open >= MOST_STREAMS:
        return Response("retry: 30000\n\n", 503, media_type=_EVENTS)
    return StreamingResponse(_events(site, request), media_type=_EVENTS)


async def _events(site: "Site", request: Request) -> AsyncGenerator[str]:
    site.streams.open += 1
    known: set[str] = set()
    try:
        yield "retry: 2000\n\n: open\n\n"
        for _ in range(LONGEST_LOOKS):
            if site.gate.answers is None or await request.is_disconnected():
                return
            visit = site.visit(request)  # judged anew: a session may have ended, a credential been revoked
            try:
                calls = await run_in_threadpool(newest, visit)
            except Refused:
                return
            except Retryable:
                calls = []
            for call in reversed(calls):
                if call["call_id"] not in known:
                    yield f"data: {json.dumps(event_of(call), ensure_ascii=True)}\n\n"
            known = {call["call_id"] for call in calls} or known
            yield ": still here\n\n"
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        site.streams.open -= 1
