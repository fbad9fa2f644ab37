"""Intake: what both servers do with a request once it is theirs. Reads it, waits for the sink, counts."""

import hmac
import threading
from collections import Counter
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from tollbook_agent.capture.otlp.read import Encoding, Read, read_logs

TOKEN_HEADER = "x-tollbook-token"
MIN_TOKEN = 16
"""Characters of a token: 128 bits at least, in hexadecimal 32."""
MAX_BODY_BYTES = 16 * 1024 * 1024
"""Of one request, after decompression. The tools send some 100 KB; with content switched on, megabytes."""
RETRY_SECONDS = 5
"""What a sender is told to wait when the store cannot take it."""
BUSY_SECONDS = 8.0
"""How long a request waits for those before it; exporters give up after 10 s."""

type Sink = Callable[[Read], None]
"""Takes what a request told and returns when it is durable. Raises when it is not: the sender is asked to send again.
Called by one thread at a time."""


class Signal(Enum):
    """The three services of OTLP; the value is the path of the HTTP one."""

    LOGS = "/v1/logs"
    TRACES = "/v1/traces"
    METRICS = "/v1/metrics"


class Verdict(Enum):
    """How a request is answered."""

    TAKEN = "taken"
    """Committed, or nothing in it was ours to keep."""
    REFUSED = "refused"
    """Can never be read: not to be sent again."""
    LATER = "later"
    """Nothing is known to be committed: send the same again."""


class Answer(NamedTuple):
    """The verdict, and its reason where it is not `TAKEN`."""

    verdict: Verdict
    reason: str = ""


class Intake:
    """Serves any number of threads."""

    def __init__(self, sink: Sink, token: str) -> None:
        """Raises:
        ValueError: the token is too short to keep anybody out.
        """
        if len(token) < MIN_TOKEN:
            raise ValueError(f"a token of at least {MIN_TOKEN} characters is needed")
        self._sink, self._token = sink, token.encode()
        self._one = threading.Lock()
        self._counting = threading.Lock()
        self._counts: Counter[str] = Counter()

    def knows(self, token: str | bytes | None) -> bool:
        """Whether it is the token, in a time that tells nothing."""
        given = token.encode(errors="replace") if isinstance(token, str) else token or b""
        if hmac.compare_digest(given, self._token):
            return True
        self.count("wrong_token")
        return False

    def count(self, reason: str, number: int = 1) -> None:
        """Something to be seen in `status`."""
        with self._counting:
            self._counts[reason] += number

    def counts(self) -> dict[str, int]:
        """What was taken and what was dropped, by reason, since the start of the process."""
        with self._counting:
            return dict(sorted(self._counts.items()))

    def take(self, signal: Signal, raw: bytes, encoding: Encoding) -> Answer:
        """Read and commit. Traces and metrics hold nothing that the logs do not: accepted, counted, never read."""
        if signal is not Signal.LOGS:
            self.count(f"{signal.name.lower()}_not_read")
            return Answer(Verdict.TAKEN)
        if not self._one.acquire(timeout=BUSY_SECONDS):
            self.count("busy")
            return Answer(Verdict.LATER, "busy")
        try:
            return self._take(raw, encoding)
        finally:
            self._one.release()

    def _take(self, raw: bytes, encoding: Encoding) -> Answer:
        try:
            read = read_logs(raw, encoding)
            if refused := read.refused:
                self.count(refused.reason)
                return Answer(Verdict.REFUSED, refused.reason)
            if read.observations or read.loose or read.problems:
                self._sink(read)
        except Exception:  # a full disk, a fault of ours: not the sender's loss
            self.count("not_committed")
            return Answer(Verdict.LATER, "not_committed")
        self.count("requests")
        self.count("calls", len(read.observations))
        self.count("reports_without_id", len(read.loose))
        self.count("other_events", read.others)
        for problem in read.problems:
            self.count(problem.reason)
        return Answer(Verdict.TAKEN)
