"""Sessions: who signed in with a token, known again by a cookie. In memory only: a restart signs everybody out.

The cookie is no token: it opens these pages and nothing else, and ends after hours without use. What a session may see
is asked of its credential anew each time, so that a revocation holds here as fast as anywhere.
"""

import base64
import hashlib
import hmac
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

IDLE_NS = 12 * 3600 * 10**9
LONGEST_NS = 7 * 24 * 3600 * 10**9
"""A session ends then, however much it is used."""
MOST_SESSIONS = 10_000
_BYTES = 32


@dataclass(slots=True)
class _Session:
    token: str
    began: int
    used: int


class Sessions:
    """For any thread."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(_BYTES)
        self._open: OrderedDict[str, _Session] = OrderedDict()
        self._lock = threading.Lock()

    def begin(self, token: str) -> str:
        """A new session of a token; what its cookie holds."""
        name = secrets.token_urlsafe(_BYTES)
        now = self._clock()
        with self._lock:
            self._open[self._hidden(name)] = _Session(token, now, now)
            while len(self._open) > MOST_SESSIONS:
                self._open.popitem(last=False)
        return name

    def token(self, name: str) -> str | None:
        """The token of a session, while it lasts."""
        hidden, now = self._hidden(name), self._clock()
        with self._lock:
            found = self._open.get(hidden)
            if found is None:
                return None
            if now - found.used > IDLE_NS or now - found.began > LONGEST_NS:
                del self._open[hidden]
                return None
            found.used = now
            self._open.move_to_end(hidden)
            return found.token

    def end(self, name: str) -> None:
        """Sign out."""
        with self._lock:
            self._open.pop(self._hidden(name), None)

    def _hidden(self, name: str) -> str:
        return hmac.new(self._key, b"session\0" + name.encode(), hashlib.sha256).hexdigest()

    def proof(self, name: str) -> str:
        """What a form of this session must bring along. Differs each time, so that a compressed page does not tell."""
        pad = secrets.token_bytes(_BYTES)
        masked = bytes(one ^ other for one, other in zip(pad, self._proof(name), strict=True))
        return base64.urlsafe_b64encode(pad + masked).decode()

    def proves(self, name: str, shown: str) -> bool:
        """Whether a form came from a page of this session."""
        try:
            raw = base64.b64decode(shown.encode(), altchars=b"-_", validate=True)
        except ValueError:
            return False
        if len(raw) != 2 * _BYTES:
            return False
        found = bytes(one ^ other for one, other in zip(raw[:_BYTES], raw[_BYTES:], strict=True))
        return hmac.compare_digest(found, self._proof(name))

    def _proof(self, name: str) -> bytes:
        return hmac.digest(self._key, b"form\0" + name.encode(), hashlib.sha256)
