"""mTLS: who shows no certificate of the right authority is not spoken to, on any door; a credential comes on top."""

import http.client
import ssl
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.collector.claim_maker import make_claim, request_of
from tests.collector.serve_bench import PATIENCE_SECONDS, Command
from tests.support.small_store import eventually
from tests.support.tls_files import TlsFiles, make_tls
from tollbook_collector.receivers.otlp_grpc import SERVICE

type Shown = TlsFiles | None
"""The certificate of a client."""


class Doors:
    """A running collector that asks clients for a certificate."""

    def __init__(self, folder: Path) -> None:
        self.server, self.client, self.stranger = (make_tls(folder, name) for name in ("server", "client", "stranger"))
        home = folder / "home"
        home.mkdir()
        files = {
            "tls_cert": self.server.certificate, "tls_key": self.server.key, "tls_client_ca": self.client.authority,
        }  # fmt: skip
        lines = [f'{name} = "{path}"\n' for name, path in files.items()]
        (home / "collector.toml").write_text('metrics_address = "127.0.0.1:0"\n' + "".join(lines))
        self.command = Command(home)
        self.line = self.command.first_line

    def ask(self, door: str, path: str, shown: Shown) -> int:
        """The status of a GET."""
        context = ssl.create_default_context(cafile=str(self.server.authority))
        if shown is not None:
            context.load_cert_chain(shown.certificate, shown.key)
        address = self.line[door].removeprefix("https://").removesuffix("/metrics")
        connection = http.client.HTTPSConnection(address, context=context, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            return answer.status
        finally:
            connection.close()

    def send(self, shown: Shown) -> Any:
        """The code of a request over gRPC."""
        pair = (None, None) if shown is None else (shown.key.read_bytes(), shown.certificate.read_bytes())
        credentials: Any = grpc.ssl_channel_credentials(self.server.authority.read_bytes(), *pair)
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.secure_channel(self.line["otlp_grpc"], credentials, options=options) as channel:
            export: Any = channel.unary_unary(f"/{SERVICE}/Export")
            try:
                export(request_of([make_claim(1)]), timeout=PATIENCE_SECONDS)
            except grpc.RpcError as fault:
                failed: Any = fault
                return failed.code()
        return grpc.StatusCode.OK


HTTP_DOORS = [("api", "/readyz", 200), ("otlp_http", "/v1/traces", 405), ("metrics", "/metrics", 200)]


@pytest.fixture(scope="module")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    made = Doors(tmp_path_factory.mktemp("mtls"))
    yield made
    made.command.end()


@pytest.mark.parametrize(("door", "path", "status"), HTTP_DOORS)
def test_the_right_certificate_is_let_in(doors: Doors, door: str, path: str, status: int) -> None:
    assert doors.ask(door, path, doors.client) == status


@pytest.mark.parametrize("who", ["nobody", "stranger"])
@pytest.mark.parametrize(("door", "path", "status"), HTTP_DOORS)
def test_no_certificate_or_another_authoritys_is_refused(
    doors: Doors, door: str, path: str, status: int, who: str
) -> None:
    # TLS 1.3: the refusal reaches the client with its first read, as an alert or as the end of the connection.
    with pytest.raises((ssl.SSLError, ConnectionError, http.client.HTTPException)):
        doors.ask(door, path, doors.stranger if who == "stranger" else None)


def test_grpc_asks_for_the_certificate_too(doors: Doors) -> None:
    assert doors.send(doors.client) is grpc.StatusCode.OK
    for shown in (None, doors.stranger):
        assert doors.send(shown) is grpc.StatusCode.UNAVAILABLE
    assert doors.send(doors.client) is grpc.StatusCode.OK, "a refused client harms no other"


def test_in_clear_nothing_is_spoken(doors: Doors) -> None:
    for door, path, _ in HTTP_DOORS:
        address = doors.line[door].removeprefix("https://").removesuffix("/metrics")
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            urllib.request.urlopen(f"http://{address}{path}", timeout=PATIENCE_SECONDS)


def test_a_certificate_is_no_credential(doors: Doors) -> None:
    """From the first credential on, which a running server learns of by itself, the certificate alone opens nothing."""
    doors.command.run("token", "create", "--kind", "api", "--engineer", "ada@example.com")
    eventually(lambda: doors.ask("api", "/api/v1/spend", doors.client) == 401)
    eventually(lambda: doors.send(doors.client) is grpc.StatusCode.UNAUTHENTICATED)
