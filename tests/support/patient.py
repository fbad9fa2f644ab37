"""A healthy laptop in a folder, for `tollbook doctor`: the resident agent, relay and collector are stand-ins."""

import contextlib
import json
from collections.abc import Mapping
from concurrent import futures
from email.utils import formatdate
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)

from tests.support.laptop import scan_once
from tests.support.loopback_http import Quiet, served
from tollbook_agent.capture.proxy import files
from tollbook_agent.cli.main import main
from tollbook_agent.control import ControlServer
from tollbook_agent.doctor.examine import Examined, examine
from tollbook_agent.doctor.loopback import StandIn
from tollbook_agent.identity_store import Enrolment, save

CREDENTIAL = "tbd_invented"


class Patient:
    """Seed a fault, then `wrong()`. Everything it started ends with `stack`."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, stack: contextlib.ExitStack) -> None:
        self.folder, self.patch, self.stack = folder, patch, stack
        self.user = folder / "user"
        self.home = folder / "tollbook"
        for name in (".claude/projects", ".codex/sessions", ".cursor"):
            (self.user / name).mkdir(parents=True)
        (self.user / ".gitconfig").write_text("[user]\n\temail = ada@example.com\n")
        self.environment: dict[str, str] = {}
        (folder / "bin").mkdir()
        self.set(
            HOME=str(self.user), TOLLBOOK_HOME=str(self.home), XDG_CONFIG_HOME=str(self.user / ".config"),
            XDG_DATA_HOME=str(self.user / ".local" / "share"), GIT_CONFIG_GLOBAL=str(self.user / ".gitconfig"),
            GIT_CONFIG_NOSYSTEM="1", PATH=str(folder / "bin"),
        )  # fmt: skip
        for name in ("HTTPS_PROXY", "https_proxy", "NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "DISABLE_TELEMETRY"):
            self.patch.delenv(name, raising=False)
        scan_once(self.environment)
        self.says: dict[str, Any] = {"pid": 1, "otlp": {}, "store_error": None, "otlp_error": None}
        self.agent = ControlServer(self.home / "control.json", lambda _request: self.says)
        stack.callback(self.agent.close)

    def set(self, **values: str) -> None:
        """Variables of the shell."""
        self.environment |= values
        for name, value in values.items():
            self.patch.setenv(name, value)

    def tollbook(self, *words: str) -> None:
        """A command of ours that works."""
        assert main(list(words)) == 0

    def cover(self) -> files.ProxyState:
        """Network capture on, with something that answers as the relay does."""
        self.tollbook("on")
        relay = StandIn({})
        self.stack.callback(relay.close)
        return self.proxy(port=relay.port)

    def proxy(self, **changes: Any) -> files.ProxyState:
        """Change how capture is set up."""
        state = files.load(self.home)
        assert state is not None
        known = {name: getattr(state, name) for name in files.ProxyState.__dataclass_fields__}
        return files.save(self.home, files.ProxyState(**{**known, **changes}))

    def enrol(self, *, code: grpc.StatusCode | None = None, state: str = "active") -> Enrolment:
        """At a collector that takes everything, or refuses with this code."""
        collector = Collector(code)
        self.stack.callback(collector.close)
        enrolment = Enrolment(
            url=collector.api, collector=collector.grpc, engineer="ada@example.com", device="d1", tenant="acme",
            credential="c1", kept_in="file", state=state,
        )  # fmt: skip
        self.collector = collector
        return save(self.home, enrolment, CREDENTIAL, in_file=True)

    def wrong(self, *, live: bool = False) -> list[Examined]:
        """What the doctor finds to be mended."""
        return [one for one in examine(self.environment, live=live) if one.is_wrong]


class Collector:
    """Answers OTLP/gRPC with nothing or a refusal, and /readyz with `ready`."""

    def __init__(self, code: grpc.StatusCode | None) -> None:
        self._server: Any = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
        add_TraceServiceServicer_to_server(_Traces(code), self._server)  # pyright: ignore[reportUnknownMemberType]
        self.grpc = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        self.ready: Mapping[str, str] = {"status": "ready"}
        self.date = formatdate(usegmt=True)
        owner = self

        class Answers(Quiet):
            def do_GET(self) -> None:
                body = json.dumps(owner.ready).encode()
                self.send_response_only(200 if owner.ready["status"] == "ready" else 503)
                self.send_header("date", owner.date)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        self._http = contextlib.ExitStack()
        self.api = self._http.enter_context(served(Answers))

    def close(self) -> None:
        self._http.close()
        self._server.stop(None).wait()


class _Traces(TraceServiceServicer):
    def __init__(self, code: grpc.StatusCode | None) -> None:
        self._code = code

    def Export(self, request: Any, context: Any) -> ExportTraceServiceResponse:
        if self._code is not None:
            context.abort(self._code, "no")
        return ExportTraceServiceResponse()
