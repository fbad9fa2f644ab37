"""The command that Cursor runs: `python -m tollbook_agent.capture.cursor.hook HOME`, a payload on its input.

It answers `{}` (nothing to say) at once, whatever happens, and ends with 0. It must never make Cursor wait or see a
failure. So what takes time, importing the reader and appending to the spool, happens in a child of its own session
while Cursor goes on; Windows has no such children, there Cursor waits for it. An input that does not end is given up.
"""

import os
import sys
import time

MAX_SECONDS = 2.0
MAX_INPUT_BYTES = 16 * 1024 * 1024
"""`afterAgentResponse` holds the whole answer; beyond this nothing is read."""
READ_BYTES = 1024 * 1024
SPOOL_FILE = "cursor-hook.spool"
_ANSWER = b"{}\n"


def main() -> None:
    """Answer, hand over, end. Never returns, never raises."""
    try:
        os.write(1, _ANSWER)
        now_ns = time.time_ns()
        raw = _input() if hasattr(os, "fork") else _input_windows()
        if raw and (not hasattr(os, "fork") or _is_child()):
            hand_over(raw, sys.argv[1], now_ns)
    except BaseException:  # the tool comes first: no trace on its terminal, no status it could mind
        pass
    finally:
        os._exit(0)  # without the price of taking the interpreter down


def hand_over(raw: bytes, home: str, at_ns: int) -> bool:
    """Append what the payload tells to the spool below `home`; whether there was anything.

    Raises:
        OSError: the spool cannot be written, or is full.
    """
    # Late: importing these is most of the time this program takes.
    from pathlib import Path

    from tollbook_agent.capture.cursor.payload import read
    from tollbook_agent.capture.spool import append

    observation, _ = read(raw, at_ns)
    if observation is None:
        return False
    folder = Path(home) / "spool"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    append(folder / SPOOL_FILE, [observation])
    return True


def _is_child() -> bool:
    """Go on in a child that Cursor does not wait for; false for who is to end now."""
    if os.fork():
        return False
    os.setsid()
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # Cursor reads these to their end
        os.dup2(nowhere, stream)
    return True


def _input() -> bytes:
    """The whole payload; nothing where it is too long or does not end in time."""
    import select

    deadline = time.monotonic() + MAX_SECONDS
    data = b""
    while len(data) <= MAX_INPUT_BYTES:
        ready, _, _ = select.select((0,), (), (), max(0.0, deadline - time.monotonic()))
        if not ready:
            return b""
        part = os.read(0, READ_BYTES)
        if not part:
            return data
        data += part
    return b""


def _input_windows() -> bytes:
    """The same where pipes cannot be waited for: the process ends when time is up."""
    import threading

    timer = threading.Timer(MAX_SECONDS, os._exit, (0,))
    timer.daemon = True
    timer.start()
    data = sys.stdin.buffer.read(MAX_INPUT_BYTES + 1)
    return data if len(data) <= MAX_INPUT_BYTES else b""


if __name__ == "__main__":
    main()
