"""OTLP over HTTP: `/v1/traces`, `/v1/logs` and `/v1/metrics`, in protobuf or JSON, plain or gzip.

An ASGI application; the server around it is uvicorn, as for the API. It answers only when the claims of a request are
durable, and says of every failure whether the same may be sent again:

- 200: everything is booked. With a partial success: the rest is booked, the counted records can never be.
- 429, 503 with Retry-After: nothing is known to be booked, send the same again (overload, store busy, our fault).
- 400, 413, 415 and the like: this request can never be taken.

A browser must not be able to post here: it names the page it comes from (Origin), and by a name of its own for this
machine it could hide (Host); both are refused.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from functools import partial

from tollbook.problem import Problem
from tollbook_collector.api.hosts import Receive, Scope, Send, served
from tollbook_collector.receivers.counts import Counts
from tollbook_collector.receivers.door import REFUSED, Came, Door, OpenDoor, RateLimited
from tollbook_collector.receivers.otlp_grpc import COMMIT_SECONDS, MAX_IN_FLIGHT, RETRY_SECONDS, Sink
from tollbook_collector.receivers.otlp_http_answer import Answer, failure, success
from tollbook_collector.receivers.otlp_http_body import CODINGS, BodyError, receive_body, unpack
from tollbook_collector.receivers.plain import Signal
from tollbook_collector.receivers.reading import Reading, Unbooked
from tollbook_collector.receivers.rejection import rejection
from tollbook_collector.receivers.routing import Encoding, Taken, read_request

PATHS: Mapping[str, Signal] = {f"/v1/{signal}": signal for signal in Signal}
BODY_SECONDS = 30
"""How long a client may take to send its body."""

_ENCODINGS: Mapping[str, Encoding] = {
    "application/x-protobuf": Encoding.PROTOBUF,
    "application/protobuf": Encoding.PROTOBUF,
    "application/json": Encoding.JSON,
}
_LOG = logging.getLogger(__name__)


class HttpReceiver:
    """The ASGI application. Used inside one event loop."""

    def __init__(
        self, sink: Sink, counts: Counts, *, max_message_bytes: int, door: Door | None = None, any_host: bool = False
    ) -> None:
        """Without a `door` everybody sends into `sink`. `any_host`: it may be called by any name."""
        self._door = door or OpenDoor(sink)
        self._any_host = any_host
        self._counts = counts
        self._max_message_bytes = max_message_bytes
        self._reading: Reading | None = None
        self._in_flight = 0

    def close(self) -> None:
        """After the server around it has stopped."""
        if self._reading is not None:
            self._reading.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        headers = _headers(scope)
        encoding = _ENCODINGS.get(headers.get("content-type", "").partition(";")[0].strip().lower())
        try:
            signal = _admit(scope, headers, encoding, self._any_host)
            answer = await self._answer(receive, headers, signal, encoding or Encoding.PROTOBUF)
        except BodyError as fault:
            self._counts.refuse(fault.reason)
            answer = failure(fault.status, f"{fault.reason}: {fault}", encoding or Encoding.JSON)
        await send({"type": "http.response.start", "status": answer.status, "headers": list(answer.headers)})
        await send({"type": "http.response.body", "body": answer.body})

    async def _answer(self, receive: Receive, headers: Mapping[str, str], signal: Signal, encoding: Encoding) -> Answer:
        if self._in_flight >= MAX_IN_FLIGHT:
            return self._later(429, "too_many_requests", encoding)
        self._in_flight += 1
        try:
            async with asyncio.timeout(BODY_SECONDS):
                declared = headers.get("content-length")
                raw = await receive_body(receive, declared=declared, most=self._max_message_bytes)
            return await self._take(raw, headers, signal, encoding)
        except TimeoutError:
            raise BodyError(408, "too_slow", f"the body took longer than {BODY_SECONDS} seconds") from None
        finally:
            self._in_flight -= 1

    async def _take(self, raw: bytes, headers: Mapping[str, str], signal: Signal, encoding: Encoding) -> Answer:
        """Read, book, answer."""
        begun = time.perf_counter()
        if self._reading is None:  # there was no event loop before
            self._reading = Reading(1, "otlp-http-read", commit_seconds=COMMIT_SECONDS)
        read = await self._reading.ask(partial(self._read, raw, headers, signal, encoding))
        if isinstance(read, Taken):
            self._counts.add(len(read.bookable), read.problems, read.ignored)
            self._counts.seconds.observe(time.perf_counter() - begun)
            return success(signal, encoding, rejection(read.problems))
        if isinstance(read, RateLimited):
            return self._later(429, "rate_limited", encoding, read.seconds)
        if isinstance(read, Unbooked):
            fault = read.fault
            if isinstance(fault, BodyError):  # a new one: raised again, its traceback would keep itself and the body
                raise BodyError(fault.status, fault.reason, str(fault))
            # Whatever went wrong here is not the sender's loss.
            _LOG.warning("a request is to be sent again: %s: %s", read.reason, type(fault).__name__)
            return self._later(503, read.reason, encoding)
        status = REFUSED.get(read.reason) or (400 if read.reason == "not_otlp" else 413)
        raise BodyError(status, read.reason, f"{read.detail}. {read.remedy}")

    def _read(self, raw: bytes, headers: Mapping[str, str], signal: Signal, encoding: Encoding) -> Came:
        """Judge the sender first: nobody else's bytes are unpacked."""
        coding = headers.get("content-encoding", "").strip().lower()
        read = partial(_read_body, raw, coding, self._max_message_bytes, signal, encoding)
        return self._door.take(headers.get("authorization"), read)

    def _later(self, status: int, reason: str, encoding: Encoding, seconds: int = RETRY_SECONDS) -> Answer:
        """Ask for the same request again, later."""
        self._counts.refuse(reason)
        return failure(status, f"{reason}: send the same again", encoding, retry_seconds=seconds)


def _read_body(
    raw: bytes, coding: str, most: int, signal: Signal, encoding: Encoding, observer: str
) -> Taken | Problem:
    """Unpack and read. No method: it may be called in another process.

    Raises:
        BodyError: it cannot be unpacked.
    """
    return read_request(unpack(raw, coding=coding, most=most), signal, encoding, observer)


def _headers(scope: Scope) -> dict[str, str]:
    """Names in lower case; of a repeated one all values, which then equal none that is expected."""
    found: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _admit(scope: Scope, headers: Mapping[str, str], encoding: Encoding | None, any_host: bool) -> Signal:
    """The signal of a request that may come in.

    Raises:
        BodyError: it may not.
    """
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if not served(hosts, shows_credential="authorization" in headers, any_host=any_host):
        raise BodyError(403, "host_not_allowed", "the Host header names another machine; ask by 127.0.0.1 or localhost")
    if "origin" in headers:
        raise BodyError(403, "origin_not_allowed", "web pages may not send telemetry here")
    signal = PATHS.get(scope["path"])
    if signal is None:
        raise BodyError(404, "no_such_path", f"send to one of {', '.join(PATHS)}")
    if scope["method"] != "POST":
        raise BodyError(405, "not_post", "OTLP is sent by POST")
    if encoding is None:
        raise BodyError(415, "unknown_content_type", f"send one of {', '.join(Encoding)}")
    if headers.get("content-encoding", "").strip().lower() not in CODINGS:
        raise BodyError(415, "unknown_content_encoding", "send gzip or no encoding")
    return signal
