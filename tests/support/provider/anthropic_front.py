"""Serves messages of Anthropic's shape: directly, as Bedrock or as Vertex, and books them."""

import asyncio
import contextlib
from collections.abc import Mapping

from tests.support.provider.anthropic_events import Event, Made, events, whole
from tests.support.provider.anthropic_request import MESSAGE_PREFIX, Asked, Front
from tests.support.provider.counts import anthropic_usage, until
from tests.support.provider.framing import Encoder, chosen_encoding, encoder, exception_frame, server_sent, stream_frame
from tests.support.provider.ledger import Entry, Outcome
from tests.support.provider.message import Answer, answer_json
from tests.support.provider.script import Fault
from tests.support.provider.world import Play, World, made_id

REFUSALS: Mapping[Fault, tuple[int, str]] = {
    Fault.RATE_LIMITED: (429, "rate_limit_error"),
    Fault.OVERLOADED: (529, "overloaded_error"),
}
EVENT_STREAM = "application/vnd.amazon.eventstream"


class _Stop(Exception):
    """The stream ends here, by the script."""


async def serve_message(asked: Asked, answer: Answer, world: World) -> None:
    """Answer one request and book it, whatever becomes of the answer."""
    number, play = world.next_answer(), asked.play(world)
    entry = world.ledger.opened(_entry(asked, play, number))
    try:
        if play.fault is not None and play.fault in REFUSALS:
            await _refuse(asked, answer, entry, *REFUSALS[play.fault])
            return
        usage = anthropic_usage(number, web_searches=play.step.web_searches)
        message_id = made_id(MESSAGE_PREFIX[asked.front], number, 22)
        made = Made(number=number, message_id=message_id, asked=asked, step=play.step, usage=usage)
        entry.response_id, entry.model = message_id, asked.model
        with contextlib.suppress(ConnectionError, _Stop):
            if asked.streamed:
                await _stream(made, answer, entry, play.fault, world)
            else:
                await _whole(made, answer, entry)
    finally:
        world.ledger.close(entry)


def _entry(asked: Asked, play: Play, number: int) -> Entry:
    transport = "plain"
    if asked.streamed:
        transport = "eventstream" if _binary(asked) else "sse"
    return Entry(
        channel=str(asked.front),
        host=asked.request.host,
        path=asked.request.plain_path,
        transport=transport,
        http_version=asked.request.http_version,
        model_requested=asked.model_requested,
        request_id=_request_id(asked, number),
        client_request_id=asked.header.get("x-client-request-id"),
        session_id=asked.session_id,
        turn_id=asked.header.get("x-claude-code-prompt-id"),
        agent_id=asked.header.get("x-claude-code-agent-id"),
        request_class=asked.header.get("x-claude-code-request-class"),
        purpose=asked.purpose,
        script=play.name,
        step=play.number,
        attempt=play.attempt,
    )


def _binary(asked: Asked) -> bool:
    return asked.front is Front.BEDROCK and asked.request.path.startswith("/model/")


def _request_id(asked: Asked, number: int) -> str:
    if asked.front is Front.BEDROCK:
        digits = made_id("", number, 32)
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
    return made_id("req_011C", number, 20)


def _headers(asked: Asked, entry: Entry) -> dict[str, str]:
    name = "x-amzn-requestid" if asked.front is Front.BEDROCK else "request-id"
    return {name: str(entry.request_id)}


async def _refuse(asked: Asked, answer: Answer, entry: Entry, status: int, kind: str) -> None:
    entry.status, entry.outcome, entry.billed = status, Outcome.ERROR, False
    error = {
        "type": "error",
        "error": {"type": kind, "message": "as the script has it"},
        "request_id": entry.request_id,
    }
    await answer_json(answer, status, error, {**_headers(asked, entry), "retry-after": "0"})


async def _whole(made: Made, answer: Answer, entry: Entry) -> None:
    headers = _headers(made.asked, entry)
    if made.asked.front is Front.BEDROCK:
        usage = made.usage
        headers |= {
            "x-amzn-bedrock-input-token-count": str(usage.input),
            "x-amzn-bedrock-output-token-count": str(usage.output),
            "x-amzn-bedrock-cache-read-input-token-count": str(usage.cache_read),
            "x-amzn-bedrock-cache-write-input-token-count": str(usage.cache_write_total),
        }
    _complete(made, entry)
    await answer_json(answer, 200, whole(made), headers)


def _complete(made: Made, entry: Entry) -> None:
    entry.outcome = Outcome.COMPLETE
    entry.bill(made.usage)
    entry.extra = {model: usage.as_dict() for model, usage in made.extra.items()}


async def _stream(made: Made, answer: Answer, entry: Entry, fault: Fault | None, world: World) -> None:
    """Send event by event; what has gone out is booked as it goes."""
    binary = _binary(made.asked)
    accepted = made.asked.header.get("accept-encoding", "")
    entry.encoding = "identity" if binary else chosen_encoding(made.number, accepted)
    packed = encoder(entry.encoding)
    headers = {**_headers(made.asked, entry), "content-type": EVENT_STREAM if binary else "text/event-stream"}
    if entry.encoding != "identity":
        headers["content-encoding"] = entry.encoding
    await answer.start(200, headers)
    for event in events(made):
        document = event.document
        await answer.send(packed.part(stream_frame(document) if binary else server_sent(document)))
        entry.bill(until(made.usage, event.output))
        if fault is not None:
            await _break(event, fault, answer, packed, world, binary=binary)
        if event.content and made.step.pause_seconds:
            await asyncio.sleep(made.step.pause_seconds)
    _complete(made, entry)
    await answer.send(packed.last())
    await answer.end()


async def _break(event: Event, fault: Fault, answer: Answer, packed: Encoder, world: World, *, binary: bool) -> None:
    """End the stream where the script wants it.

    Raises:
        _Stop: it has been ended.
    """
    started = event.document["type"] == "message_start"
    if fault is Fault.CUT_AT_START and started:
        await answer.cut()
        raise _Stop
    if not event.content:
        return
    if fault is Fault.CUT_IN_CONTENT:
        await answer.cut()
        raise _Stop
    if fault is Fault.HANG:
        world.ledger.hanging()
        await answer.gone()
        await answer.cut()
        raise _Stop
    if fault is Fault.ERROR_EVENT:
        error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
        frame = exception_frame("throttlingException", "Overloaded") if binary else server_sent(error)
        await answer.send(packed.part(frame) + packed.last())
        await answer.end()
        raise _Stop
