"""The supervisor: holds the relay's listening socket where no service manager does, and keeps the resident process up.

It does nothing else, so that it need not fail. The resident process gets the socket and a pipe for its heart beat; when
it ends it is started again, when its heart stops it is killed and replaced. What connects meanwhile waits in the
socket.
"""

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

HUNG_SECONDS = 5.0
"""Without a beat; beats come every second, and a replacement is there two seconds later."""
FIRST_BEAT_SECONDS = 20.0
PAUSES_SECONDS = (0.0, 0.2, 1.0, 5.0)
"""Before the next start, when the one before did not live long."""
LONG_SECONDS = 30.0
STOP_SECONDS = 15.0
BACKLOG = 512
LISTEN_FDS_START = 3
RETIRED = 75
"""Exit code of a resident process that was uninstalled."""
TOMBSTONE = (sys.executable, "-m", "tollbook_agent.capture.proxy.tombstone")
BUSY = 5
"""Exit code; as in `cli.exit_codes`, which is more than this small program loads."""


class PortTaken(Exception):
    """Another program listens on the relay's port."""


def listen(port: int) -> socket.socket:
    """The relay's listening socket: the service manager's where it holds one, else our own.

    Raises:
        PortTaken: somebody else has it.
    """
    if os.environ.get("LISTEN_PID") == str(os.getpid()) and os.environ.get("LISTEN_FDS", "0") != "0":
        return socket.socket(fileno=LISTEN_FDS_START)
    made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        made.bind(("127.0.0.1", port))
        made.listen(BACKLOG)
    except OSError as fault:
        made.close()
        raise PortTaken(f"127.0.0.1:{port} is in use") from fault
    return made


class Supervisor:
    """Runs `command RELAY_FD BEAT_FD` until it is told to stop."""

    def __init__(self, command: Sequence[str], listening: socket.socket) -> None:
        self._command, self._listening = tuple(command), listening
        self._stopping = False
        self._child: subprocess.Popen[bytes] | None = None

    def stop(self) -> None:
        """Ask the child to end; safe in a signal handler."""
        self._stopping = True
        self._signal(signal.SIGTERM)

    def run(self) -> int:
        """Until `stop`, or until the child ends of its own accord; its last exit code."""
        quick = 0
        while True:
            began = time.monotonic()
            code = self._once()
            if code == RETIRED and not self._stopping:
                return self._tombstone()
            if self._stopping or code == 0:
                return max(0, code) if self._stopping else code
            quick = 0 if time.monotonic() - began > LONG_SECONDS else quick + 1
            pause = PAUSES_SECONDS[min(quick, len(PAUSES_SECONDS)) - 1] if quick else 0.0
            print(f"tollbook: the resident process ended ({code}) and is started again", file=sys.stderr, flush=True)
            time.sleep(pause)
            if self._stopping:
                return 0

    def _tombstone(self) -> int:
        """Tunnels for the sessions that still point here, until the last of them has ended."""
        descriptor = self._listening.fileno()
        self._child = subprocess.Popen([*TOMBSTONE, str(descriptor)], pass_fds=(descriptor,))
        return max(0, self._child.wait())

    def _once(self) -> int:
        ours, theirs = os.pipe()
        os.set_blocking(theirs, False)
        fds = (self._listening.fileno(), theirs)
        try:
            self._child = subprocess.Popen([*self._command, *map(str, fds)], pass_fds=fds)
        finally:
            os.close(theirs)
        try:
            self._watch(self._child, ours)
            return self._child.wait()
        finally:
            os.close(ours)

    def _watch(self, child: subprocess.Popen[bytes], beats: int) -> None:
        """Return when the child has ended, or has been killed because it hung."""
        patience = FIRST_BEAT_SECONDS
        while True:
            ready, _, _ = select.select([beats], [], [], STOP_SECONDS if self._stopping else patience)
            if ready and not os.read(beats, 4096):
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(STOP_SECONDS)
                    return
            if not ready or child.poll() is not None:
                break
            patience = HUNG_SECONDS
        if child.poll() is None:
            self._signal(getattr(signal, "SIGKILL", signal.SIGTERM))

    def _signal(self, number: int) -> None:
        child = self._child
        if child is not None and child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.pid, number)


def main(arguments: list[str]) -> int:
    """`PORT`: hold the relay's socket and keep the resident process up, until a signal."""
    try:
        listening = listen(int(arguments[0]))
    except PortTaken as fault:
        print(f"tollbook: {fault}: by another `tollbook agent run`, or a program in its place", file=sys.stderr)
        return BUSY
    supervisor = Supervisor((sys.executable, "-m", "tollbook_agent.resident"), listening)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: supervisor.stop())
    return supervisor.run()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
