"""The resident process under the supervisor: first the relay, so that no tool waits, then everything else.

What keeps the store from opening (a wrong setting, a full disk, another agent) never takes the relay down: it goes on
tunnelling, says what is wrong, and the rest is tried again.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from types import FrameType

from tollbook_agent import home as places
from tollbook_agent.capture.proxy import files
from tollbook_agent.capture.proxy.relay_thread import RelayThread

AGAIN_SECONDS = 30.0
DRAIN_SECONDS = 1.0
RETIRE_DRAIN_SECONDS = 8.0
"""Calls that are under way may end; what connects meanwhile waits in the socket for who comes next."""
RETIRED = 75
"""Exit code: Tollbook is uninstalled; what still points at the relay gets a tunnel."""


def main(arguments: list[str]) -> int:
    """Serve on a socket that was handed over, until a signal."""
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # what is read passes through here, prompts and all
    listening = socket.socket(fileno=int(arguments[0]))
    home = Path(places.home(os.environ))
    state = files.load(home)
    if state is None:
        print("tollbook: network capture is not set up: run `tollbook on`", file=sys.stderr)
        return 0
    relay = RelayThread(home, state, listening, int(arguments[1]))
    end = threading.Event()
    retired = False
    try:
        retired = _agent_until(end, relay)
    finally:
        relay.stop(RETIRE_DRAIN_SECONDS if retired else DRAIN_SECONDS)
    return RETIRED if retired else 0


def _agent_until(end: threading.Event, relay: RelayThread) -> bool:
    stops = [end.set]

    def stop(_number: int, _frame: FrameType | None) -> None:
        for each in stops:
            each()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    from tollbook_agent.cli.agent import serve
    from tollbook_agent.lock import Locked
    from tollbook_agent.settings import SettingError
    from tollbook_agent.store.connect import StoreError

    said = ""
    while not end.is_set():
        try:
            return serve(dict(os.environ), on_stop=stops.append, relay=relay)
        except (SettingError, Locked, StoreError, OSError) as fault:
            if str(fault) != said:
                said = str(fault)
                print(f"tollbook: only tunnelling for now: {fault}", file=sys.stderr, flush=True)
            end.wait(AGAIN_SECONDS)
    return False


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
