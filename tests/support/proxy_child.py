"""Small programs in place of the engine and of the resident process. `python -m tests.support.proxy_child WHAT ...`."""

import json
import os
import signal
import socket
import sys
import threading
import time


def _serve_connects(listener: socket.socket) -> None:
    while True:
        connection, _ = listener.accept()
        connection.recv(65_536)
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")


def engine(what: str) -> None:
    """An engine that answers every CONNECT; or crashes, says rubbish, says nothing, or ignores its end."""
    config = json.loads(sys.stdin.readline())
    if what == "crashes":
        raise SystemExit(3)
    if what == "rubbish":
        print("Traceback (most recent call last):", flush=True)
        return
    if what == "mute":
        sys.stdin.read()
        return
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=_serve_connects, args=(listener,), daemon=True).start()
    print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
    print("not a note", flush=True)
    print(json.dumps({"token": config["token"], "calls": 3}), flush=True)
    sys.stdin.read()
    if what == "stubborn":
        time.sleep(600)


def resident(what: str, arguments: list[str]) -> None:
    """A resident process that beats and tells its pid to whoever connects; or ends at once with a code."""
    listener, beat = socket.socket(fileno=int(arguments[-2])), int(arguments[-1])
    if what.isdigit():
        raise SystemExit(int(what))
    signal.signal(signal.SIGTERM, lambda _number, _frame: os._exit(0))

    def beats() -> None:
        while True:
            os.write(beat, b".")
            time.sleep(0.05)

    threading.Thread(target=beats, daemon=True).start()
    while True:
        connection, _ = listener.accept()
        connection.sendall(str(os.getpid()).encode())
        connection.close()


if __name__ == "__main__":
    if sys.argv[1] == "engine":
        engine(sys.argv[2])
    else:
        resident(sys.argv[2], sys.argv[3:])
