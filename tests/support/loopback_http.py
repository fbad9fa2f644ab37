"""HTTP on a free port of the loopback, by a thread of this process, for as long as a block runs."""

import threading
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LOOK_SECONDS = 0.01
"""How soon a server sees that it is to stop."""


class Quiet(BaseHTTPRequestHandler):
    """Writes nothing to standard error; connections do not outlive a test for long."""

    timeout = 5

    def log_message(self, format: str, *args: object) -> None:
        """Nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = False


@contextmanager
def served(handler: type[Quiet]) -> Generator[str]:
    """Serve; gives the address to ask. All answers are over when the block is left."""
    server = _Server(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(LOOK_SECONDS,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class OneAnswer:
    """Answers every GET with one body, and notes what was asked."""

    def __init__(self, body: bytes = b"") -> None:
        self.body = body
        self.status = 200
        """0: the body is all that is sent, which is not even HTTP."""
        self.asked: list[tuple[str, str | None]] = []
        """Path and Authorization of each request."""
        self.url = ""

    @contextmanager
    def served(self) -> Generator["OneAnswer"]:
        """Serve it, with its address in `url`."""
        owner = self

        class Handler(Quiet):
            def do_GET(self) -> None:
                owner.asked.append((self.path, self.headers.get("authorization")))
                if owner.status:
                    self.send_response(owner.status)
                    self.end_headers()
                self.wfile.write(owner.body)

        with served(Handler) as self.url:
            yield self
