"""Takes OTLP over HTTP from an emitter that is being recorded, in either encoding, and keeps it as JSON."""

import base64
import contextlib
import gzip
import json
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

REQUESTS = {"traces": ExportTraceServiceRequest, "logs": ExportLogsServiceRequest}
_IDS = ("traceId", "spanId", "parentSpanId")


@dataclass
class Taken:
    """What came, by signal."""

    endpoint: str
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict[str, list[dict[str, Any]]])

    def take(self, path: str, body: bytes, *, in_json: bool) -> None:
        """Keep one request; metrics are no recording."""
        signal = path.removeprefix("/v1/")
        if signal not in REQUESTS:
            return
        request = json.loads(body) if in_json else _as_json(REQUESTS[signal].FromString(body))
        for each in request.values():
            self.parts.setdefault(signal, []).extend(each)


def _as_json(message: Any) -> Any:
    return _with_hex_ids(json_format.MessageToDict(message))


def _with_hex_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: base64.b64decode(each).hex() if name in _IDS else _with_hex_ids(each)
            for name, each in value.items()
        }  # fmt: skip
    return [_with_hex_ids(each) for each in value] if isinstance(value, list) else value


@contextlib.contextmanager
def taking() -> Generator[Taken]:
    """A receiver on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self._body()
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            kind = self.headers.get("content-type", "")
            with lock:
                taken.take(self.path, body, in_json=kind.startswith("application/json"))
            self.send_response(200)
            self.send_header("content-type", kind)
            self.send_header("content-length", "0")
            self.end_headers()

        def _body(self) -> bytes:
            if self.headers.get("transfer-encoding", "").lower() != "chunked":
                return self.rfile.read(int(self.headers.get("content-length") or 0))
            parts: list[bytes] = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True  # of connections that an emitter leaves open
    taken = Taken(endpoint=f"http://127.0.0.1:{server.server_address[1]}")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    try:
        yield taken
    finally:
        server.shutdown()
        serving.join()
        server.server_close()
