"""The few requests of Gemini's API that its command-line tool makes, answered on the loopback."""

import contextlib
import json
import re
import threading
from collections.abc import Generator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from scripts.record_emitters.writing import Counts

_ASKED = re.compile(r"/v1beta/models/([^/:]+):(generateContent|streamGenerateContent|countTokens)")


@dataclass
class Gemini:
    """What it has answered."""

    address: str
    billed: list[Counts] = field(default_factory=list[Counts])


def usage_of(number: int) -> dict[str, int]:
    """The counts of the answer with this number: thoughts and tool prompts come on top of what they belong to."""
    prompt, cached, tool, candidates, thoughts = 5_000 + 3 * number, 4_000 + number, 50 + number, 70 + number, 30
    return {
        "promptTokenCount": prompt,
        "cachedContentTokenCount": cached,
        "toolUsePromptTokenCount": tool,
        "candidatesTokenCount": candidates,
        "thoughtsTokenCount": thoughts,
        "totalTokenCount": prompt + tool + candidates + thoughts,
    }


def counts(usage: dict[str, int]) -> Counts:
    """As the price list counts them."""
    cached = usage["cachedContentTokenCount"]
    fresh = usage["promptTokenCount"] - cached + usage["toolUsePromptTokenCount"]
    return (fresh, cached, 0, usage["candidatesTokenCount"] + usage["thoughtsTokenCount"])


def _answer(gemini: Gemini, model: str) -> dict[str, Any]:
    number = len(gemini.billed) + 1
    usage = usage_of(number)
    gemini.billed.append(counts(usage))
    parts = [
        {"text": '{"reasoning": "a word", "next_speaker": "user", "model_choice": "flash", "complexity_score": 1}'}
    ]
    return {
        "candidates": [{"content": {"role": "model", "parts": parts}, "finishReason": "STOP", "index": 0}],
        "usageMetadata": usage,
        "modelVersion": model,
        "responseId": f"MockGemini{number:012d}",
    }


@contextlib.contextmanager
def serving() -> Generator[Gemini]:
    """One on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            asked = _ASKED.match(self.path)
            if asked is None:
                self._send(404, "application/json", b"{}")
            elif asked[2] == "countTokens":
                self._send(200, "application/json", b'{"totalTokens": 9}')
            else:
                with lock:
                    document = json.dumps(_answer(gemini, asked[1])).encode()
                streamed = asked[2].startswith("stream")
                body = b"data: " + document + b"\n\n" if streamed else document
                self._send(200, "text/event-stream" if streamed else "application/json", body)

        def _send(self, status: int, kind: str, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    lock = threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    gemini = Gemini(address=f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield gemini
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
