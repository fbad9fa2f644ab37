"""Receiver: the loopback end of the tools' own OpenTelemetry, over gRPC and HTTP. Part of the resident process."""

from tollbook_agent.capture.otlp.intake import Intake, Sink
from tollbook_agent.capture.otlp.receiver_grpc import GrpcReceiver
from tollbook_agent.capture.otlp.receiver_http import HttpReceiver


class Receiver:
    """Both servers, on 127.0.0.1 only."""

    def __init__(self, sink: Sink, *, token: str, http_port: int = 0, grpc_port: int | None = None) -> None:
        """Listen; port 0 is a free one.

        Args:
            grpc_port: `None` for HTTP alone, which is what `tollbook install --otel` sets the tools to.

        Raises:
            OSError: a port cannot be listened on.
            ValueError: the token is too short.
        """
        self._intake = Intake(sink, token)
        self._http = HttpReceiver(self._intake, http_port)
        try:
            self._grpc = None if grpc_port is None else GrpcReceiver(self._intake, grpc_port)
        except OSError:
            self._http.stop()
            raise
        self.http_port = self._http.port
        self.grpc_port = None if self._grpc is None else self._grpc.port

    def start(self) -> None:
        """Begin to answer."""
        self._http.start()
        if self._grpc is not None:
            self._grpc.start()

    def stop(self) -> None:
        """Take nothing new, answer what was received."""
        self._http.stop()
        if self._grpc is not None:
            self._grpc.stop()

    def counts(self) -> dict[str, int]:
        """What was taken and what was dropped, by reason."""
        return self._intake.counts()
