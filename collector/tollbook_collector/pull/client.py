"""The HTTP client of all channels: one host, TLS always verified, retries bounded, a deadline for all of it.

A request is sent again after 429, a server's own failure, a broken connection or an answer that is not whole JSON;
waits double, and `Retry-After` is honoured. A redirect to another host is refused, since the key would travel there.
"""

import ssl
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from tollbook_collector.bills.texts import Unreadable, json_of
from tollbook_collector.pull.exact_json import dump
from tollbook_collector.pull.fault import give_up

CONNECT_SECONDS = 10.0
READ_SECONDS = 60.0
MOST_TRIES = 6
"""Of one request."""
FIRST_WAIT_SECONDS = 1.0
LONGEST_WAIT_SECONDS = 120.0
"""A provider that asks for a longer wait than this is asked at the next pull."""
DEADLINE_SECONDS = 1_800.0
"""Of all requests for one source together."""
LONGEST_SLEEP_SECONDS = 5.0
"""Between looks at whether the pull is to end."""
MOST_REDIRECTS = 3
MAX_ANSWER_BYTES = 128 * 1024 * 1024
CHUNK = 64 * 1024
RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
_OK = frozenset({200})
_LOST = "Do it again: what is there already is looked for first."
_AGAIN = "Nothing of it was taken: pull again later, it goes on where it stopped."
_KEY_REMEDY = "Check that the key is the right kind, is not revoked and has the scope that docs/bills.md names."

Query = Sequence[tuple[str, str]]


class Answer(NamedTuple):
    """A provider's answer."""

    document: Any
    """JSON; every number with a fraction is a Decimal."""
    headers: Mapping[str, str]
    """Names in lower case."""
    status: int = 200


class _Failed(NamedTuple):
    """A try that may be repeated."""

    what: str
    wait: float | None = None
    """Seconds that the provider asked for."""
    undone: bool = False
    """It is certain that nothing was done."""


@dataclass(slots=True, kw_only=True)
class Timing:
    """The clock of a client; tests have their own."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    wall: Callable[[], float] = time.time


class Client:
    """Speaks with one provider for one source. For one thread. Raises PullFault from every request that fails."""

    def __init__(
        self,
        base_url: str,
        headers: Mapping[str, str],
        *,
        per_minute: int,
        timing: Timing | None = None,
        stopped: Callable[[], bool] = lambda: False,
    ) -> None:
        """`per_minute` bounds the rate of requests; `stopped` is asked before each."""
        self._base = base_url.rstrip("/")
        self._headers = {"accept": "application/json", "user-agent": "tollbook-collector", **headers}
        self._timing = timing or Timing()
        self._stopped = stopped
        self._gap = 60.0 / per_minute
        self._next = 0.0
        self._deadline = self._timing.now() + DEADLINE_SECONDS
        self.requests = 0
        self.retries = 0
        context = ssl.create_default_context()
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1, ssl_context=context, cert_reqs="CERT_REQUIRED")

    def close(self) -> None:
        self._pool.clear()

    def get(self, path: str, query: Query = ()) -> Answer:
        """GET a path below the base URL."""
        text = urlencode(list(query))
        return self._ask("GET", f"{self._base}{path}" + (f"?{text}" if text else ""), None)

    def follow(self, url: str) -> Answer:
        """GET a page that an answer named; only of the same host and below the base URL."""
        if not url.startswith(f"{self._base}/"):
            give_up("page_elsewhere", self._host, "the next page is said to be at another host", _AGAIN)
        return self._ask("GET", url, None)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """POST a JSON document to a path below the base URL. Only for requests that change nothing."""
        return self._ask("POST", f"{self._base}{path}", dump(body).encode())

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expected: Collection[int],
        query: Query = (),
        once: bool = False,
    ) -> Answer:
        """Any request, of which these statuses are answers. `once`: it must not be done twice, so that it is sent again
        only where it certainly was not done; PullFault `answer_lost` says that nobody knows."""
        text = urlencode(list(query))
        url = f"{self._base}{path}" + (f"?{text}" if text else "")
        return self._ask(method, url, None if body is None else dump(body).encode(), frozenset(expected), once)

    @property
    def _host(self) -> str:
        return urlsplit(self._base).netloc

    def _ask(
        self, method: str, url: str, body: bytes | None, expected: frozenset[int] = _OK, once: bool = False
    ) -> Answer:
        where = f"{self._host}{urlsplit(url).path}"
        wait, found = FIRST_WAIT_SECONDS, _Failed("it was not asked")
        for left in reversed(range(MOST_TRIES)):
            self._pace(where)
            found = self._try(method, url, body, where, expected)
            if isinstance(found, Answer):
                return found
            if once and not found.undone:
                give_up("answer_lost", where, f"{found.what}: it may be done or not", _LOST, permanent=False)
            if not left:
                break
            pause = wait if found.wait is None else found.wait
            if pause > LONGEST_WAIT_SECONDS or self._timing.now() + pause > self._deadline:
                give_up("provider_busy", where, f"{found.what}, and asks for a longer wait", _AGAIN, permanent=False)
            self.retries += 1
            self._sleep(pause, where)
            wait = min(wait * 2, LONGEST_WAIT_SECONDS)
        give_up("provider_failing", where, f"{found.what}, {MOST_TRIES} times", _AGAIN, permanent=False)

    def _pace(self, where: str) -> None:
        """Wait for this request's turn."""
        self._still_wanted(where)
        now = self._timing.now()
        if self._next > now:
            self._sleep(self._next - now, where)
        self._next = self._timing.now() + self._gap
        if self._timing.now() > self._deadline:
            give_up("deadline", where, f"the pull took longer than {DEADLINE_SECONDS:.0f} s", _AGAIN, permanent=False)

    def _sleep(self, seconds: float, where: str) -> None:
        until = self._timing.now() + seconds
        while (left := until - self._timing.now()) > 0:
            self._still_wanted(where)
            self._timing.sleep(min(left, LONGEST_SLEEP_SECONDS))

    def _still_wanted(self, where: str) -> None:
        if self._stopped():
            give_up("stopped", where, "the collector stops", _AGAIN, permanent=False)

    def _try(self, method: str, url: str, body: bytes | None, where: str, expected: frozenset[int]) -> Answer | _Failed:
        for _ in range(MOST_REDIRECTS):
            self.requests += 1
            headers = self._headers if body is None else {**self._headers, "content-type": "application/json"}
            try:
                response = self._pool.request(
                    method,
                    url,
                    body=body,
                    headers=headers,
                    redirect=False,
                    retries=False,
                    preload_content=False,
                    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                )
                try:
                    raw = self._read(response, where)
                finally:
                    response.close()
            except urllib3.exceptions.SSLError:
                remedy = "Its certificate must be valid: SSL_CERT_FILE names another list of authorities."
                give_up("tls", where, "the host's certificate is not trusted", remedy)
            except urllib3.exceptions.HTTPError as fault:
                return _Failed(f"the connection failed ({type(fault).__name__})")
            target = response.headers.get("location")
            if response.status not in (301, 302, 303, 307, 308) or target is None:
                return self._judge(response.status, response.headers, raw, where, expected)
            url = self._redirected(method, url, target, where)
        give_up("redirected", where, f"more than {MOST_REDIRECTS} redirects", "Set base_url to where it answers.")

    def _redirected(self, method: str, url: str, target: str, where: str) -> str:
        found = urljoin(url, target)
        if method != "GET" or urlsplit(found)[:2] != urlsplit(url)[:2]:
            what = "it redirects to another host, where the key would go along"
            give_up("redirected", where, what, "If the API has moved, set base_url to its new host.")
        return found

    def _read(self, response: urllib3.BaseHTTPResponse, where: str) -> bytes:
        found = bytearray()
        for chunk in response.stream(CHUNK):
            found += chunk
            if len(found) > MAX_ANSWER_BYTES:
                give_up("answer_too_large", where, f"an answer is larger than {MAX_ANSWER_BYTES} bytes", _AGAIN)
            if self._timing.now() > self._deadline:
                what = f"the pull took longer than {DEADLINE_SECONDS:.0f} s"
                give_up("deadline", where, what, _AGAIN, permanent=False)
        return bytes(found)

    def _judge(
        self, status: int, headers: Mapping[str, str], raw: bytes, where: str, expected: frozenset[int]
    ) -> Answer | _Failed:
        named = {name.lower(): value for name, value in headers.items()}
        limited = status == 403 and "retry-after" in named  # GitHub's secondary limit
        if status in expected and not limited:
            try:
                told = status < 400 and (raw or expected is _OK)
                return Answer(json_of(raw) if told else None, named, status)
            except Unreadable:
                return _Failed("the answer is not whole JSON")
        if status in RETRIED or limited:
            what = (
                f"it limits the rate of requests ({status})"
                if status == 429 or limited
                else f"it fails with status {status}"
            )
            return _Failed(what, self._retry_after(named.get("retry-after")), undone=status == 429 or limited)
        if status in (401, 403):
            give_up("key_refused", where, f"the key is refused (status {status})", _KEY_REMEDY)
        if status == 410:
            give_up("page_expired", where, "the page has expired (410)", _AGAIN, permanent=False)
        remedy = "Check base_url and the names in this source's settings; docs/bills.md says what each must be."
        give_up("request_refused", where, f"the request is refused (status {status})", remedy)

    def _retry_after(self, text: str | None) -> float | None:
        """Seconds, from a number of them or a date."""
        if text is None:
            return None
        if text.strip().isascii() and text.strip().isdigit():
            return float(text)
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - self._timing.wall())
        except (ValueError, TypeError, OverflowError):
            return None
