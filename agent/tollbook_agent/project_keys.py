"""The collector's list of project keys, fetched as often as the heart beats, and kept for when the collector is away.

The list decides which words of a branch are tickets. A collector that cannot be reached, or answers with something
else, changes nothing: the last good list stays, across restarts too.
"""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from tollbook_agent.enroll import EnrolmentError, opener_for
from tollbook_agent.heartbeat import HEARTBEAT_SECONDS, TIMEOUT_SECONDS
from tollbook_agent.identity_store import Enrolment, IdentityError, token_of
from tollbook_agent.kept_keys import MAX_BYTES, Keys, KeysError, keep_keys, known_keys, read_keys

PATH = "/api/v1/project-keys"


def fetch_keys(home: Path, enrolment: Enrolment) -> Keys:
    """Ask the collector, as this laptop.

    Raises:
        KeysError: it did not answer with a list.
    """
    try:
        headers = {"authorization": f"Bearer {token_of(home, enrolment)}", "accept": "application/json"}
        request = urllib.request.Request(enrolment.url + PATH, headers=headers)
        with opener_for(enrolment.url, enrolment.ca).open(request, timeout=TIMEOUT_SECONDS) as answer:
            raw = answer.read(MAX_BYTES + 1)
        return read_keys(json.loads(raw))
    except urllib.error.HTTPError as fault:
        fault.close()
        raise KeysError(f"the collector answers {fault.code}") from fault
    except (OSError, http.client.HTTPException, ValueError, RecursionError, EnrolmentError, IdentityError) as fault:
        raise KeysError(type(fault).__name__) from fault


class KeyWatch:
    """Keeps the list up to date, in a thread of its own: a collector that is slow holds nothing up."""

    def __init__(self, home: Path, enrolment: Enrolment, changed: Callable[[], None]) -> None:
        self._home, self._enrolment, self._changed = home, enrolment, changed
        self.keys = known_keys(home, enrolment)
        self.last_error: str | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="project-keys", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End; waits no longer than a request may take."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(TIMEOUT_SECONDS)

    def look(self) -> None:
        """Ask once. A new list is kept before anybody hears of it."""
        try:
            found = fetch_keys(self._home, self._enrolment)
            self.last_error = None
            if found != self.keys:
                keep_keys(self._home, self._enrolment, found)
                self.keys = found
                self._changed()
        except (KeysError, OSError) as fault:
            self.last_error = str(fault)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.look()
            self._stop.wait(HEARTBEAT_SECONDS)
