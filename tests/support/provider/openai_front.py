"""Serves responses of OpenAI's over HTTP and books them; what the WebSocket shares with it is here too."""

import asyncio
import contextlib
from collections.abc import Mapping

from tests.support.provider.counts import openai_usage
from tests.support.provider.framing import server_sent
from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.message import Answer, answer_json
from tests.support.provider.openai_events import Event, Response, document, events, failed
from tests.support.provider.openai_request import Created
from tests.support.provider.script import Fault
from tests.support.provider.world import Play, World, made_id
from tollbook.usage import Usage

REFUSALS: Mapping[Fault, tuple[int, str]] = {
    Fault.RATE_LIMITED: (429, "rate_limit_exceeded"),
    Fault.OVERLOADED: (503, "server_is_overloaded"),
}
FIRST, TEXT = "response.created", "response.output_text.delta"


async def serve_response(created: Created, answer: Answer, world: World) -> None:
    """Answer one request and book it, whatever becomes of the answer."""
    number, play = world.next_answer(), created.play(world)
    request_id = made_id("req_", number, 32)
    entry = world.ledger.opened(entry_of(created, play, request_id))
    made = response_of(created, play, number)
    try:
        with contextlib.suppress(ConnectionError):
            if play.fault is not None and play.fault in REFUSALS:
                status, code = REFUSALS[play.fault]
                refused(entry, status)
                error = {"error": {"code": code, "type": code, "message": "as the script has it"}}
                await answer_json(answer, status, error, {"x-request-id": request_id, "retry-after": "0"})
                return
            entry.response_id, entry.model = made.response_id, created.model
            if created.transport == "plain":
                complete(entry, made.usage)
                whole = document(made, "completed", made.usage)
                await answer_json(answer, 200, whole, {"x-request-id": request_id})
                return
            await answer.start(200, {"content-type": "text/event-stream", "x-request-id": request_id})
            await _stream(made, answer, entry, play.fault, world)
    finally:
        world.ledger.close(entry)


async def _stream(made: Response, answer: Answer, entry: Entry, fault: Fault | None, world: World) -> None:
    for event in events(made):
        await answer.send(server_sent(event))
        match breaks(event, fault):
            case None:
                pass
            case Fault.ERROR_EVENT:
                await answer.send(server_sent(failed(made)))
                await answer.end()
                return
            case Fault.HANG:
                world.ledger.hanging()
                await answer.gone()
                return
            case _:
                await answer.cut()
                return
        await pause(event, made)
    complete(entry, made.usage)
    await answer.end()


def breaks(event: Event, fault: Fault | None) -> Fault | None:
    """The fault, if the stream goes wrong right after this event."""
    wanted = FIRST if fault is Fault.CUT_AT_START else TEXT
    return fault if event["type"] == wanted else None


async def pause(event: Event, made: Response) -> None:
    """As long as the script wants between two pieces of text."""
    if event["type"] == TEXT and made.step.pause_seconds:
        await asyncio.sleep(made.step.pause_seconds)


def response_of(created: Created, play: Play, number: int) -> Response:
    """The response with this number."""
    response_id = made_id("resp_", number, 48)
    return Response(
        number=number, response_id=response_id, created=created, step=play.step, usage=openai_usage(number)
    )  # fmt: skip


def entry_of(created: Created, play: Play, request_id: str | None) -> Entry:
    """What is booked of it so far: a stream that breaks has no usage that anybody could see."""
    said = created.metadata
    return Entry(
        channel=created.channel,
        host=created.request.host,
        path=created.request.path,
        transport=created.transport,
        http_version=created.request.http_version,
        model_requested=created.model,
        request_id=request_id,
        session_id=said.get("session_id"),
        thread_id=said.get("thread_id"),
        turn_id=said.get("turn_id") or None,
        request_class=said.get("request_kind"),
        purpose=created.purpose,
        script=play.name,
        step=play.number,
        attempt=play.attempt,
    )


def refused(entry: Entry, status: int) -> None:
    """Nothing was made."""
    entry.status, entry.outcome, entry.billed = status, Outcome.ERROR, False


def complete(entry: Entry, usage: Usage) -> None:
    """All of it was made and sent."""
    entry.outcome = Outcome.COMPLETE
    entry.bill(usage)
