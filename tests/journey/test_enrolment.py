"""From a token to a booked call: a collector with TLS, a laptop that enrols, sends and asks, and is thrown out."""

import http.client
import json
import os
import select
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest

from tests.collector.claim_maker import make_claim, request_of
from tests.support.tls_files import make_tls
from tollbook.spans import encode
from tollbook_agent import identity_store
from tollbook_agent.daemon import transport_of
from tollbook_agent.export import CannotSend, GrpcTransport
from tollbook_agent.settings import load
from tollbook_collector import exit_codes
from tollbook_collector.cli.main import main
from tollbook_collector.receivers.otlp_grpc import SERVICE

PATIENCE_SECONDS = 30
LEARN_SECONDS = 10
"""What is promised of a revocation; here a server has as long for it as it was promised."""
ADA = "ada@example.com"


class Guarded:
    """A collector with TLS and a credential, and a laptop's home."""

    def __init__(self, folder: Path) -> None:
        self.tls = make_tls(folder)
        self.home, self.laptop = folder / "collector", folder / "laptop"
        self.home.mkdir()
        names = {"tls_cert": self.tls.certificate, "tls_key": self.tls.key}
        (self.home / "collector.toml").write_text("".join(f'{name} = "{path}"\n' for name, path in names.items()))
        self.environment = {
            **os.environ, "TOLLBOOK_COLLECTOR_HOME": str(self.home), "TOLLBOOK_HOME": str(self.laptop),
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        }  # fmt: skip
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tollbook_collector.cli.main", "serve", "--dev"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment,
        )  # fmt: skip
        assert self.process.stdout is not None
        readable, _, _ = select.select([self.process.stdout], [], [], PATIENCE_SECONDS)
        assert readable, "no first line"
        self.line: dict[str, str] = json.loads(self.process.stdout.readline())

    def run(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [
            sys.executable,
            "-c",
            f"import sys; from {program}.cli.main import main; sys.exit(main())",
            *arguments,
        ]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False
        )

    def collector(self, *arguments: str) -> Any:
        done = self.run("tollbook_collector", *arguments, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def enroll(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.run("tollbook_agent", "enroll", *arguments)

    def transport(self) -> GrpcTransport:
        settings = load({"TOLLBOOK_HOME": str(self.laptop)})
        assert settings.collector is not None
        return transport_of(settings, settings.collector)

    def get(self, path: str, token: str | None) -> Any:
        context = ssl.create_default_context(cafile=str(self.tls.authority))
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        request = urllib.request.Request(self.line["api"] + path, headers=headers)
        with urllib.request.urlopen(request, context=context, timeout=PATIENCE_SECONDS) as answer:
            return json.load(answer)

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.communicate(timeout=PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    made = Guarded(tmp_path_factory.mktemp("guarded"))
    yield made
    made.end()


def test_a_laptop_enrols_sends_asks_and_is_thrown_out(guarded: Guarded) -> None:
    made = guarded.collector("token", "create", "--kind", "enrolment", "--engineer", ADA)
    url = guarded.line["api"]
    assert url.startswith("https://")
    assert guarded.enroll(url, made["token"]).returncode == 1  # nobody trusts this authority yet
    done = guarded.enroll(url, made["token"], "--ca", str(guarded.tls.authority), "--json")
    assert done.returncode == 0, done.stderr
    enrolled = json.loads(done.stdout)
    assert (enrolled["engineer"], enrolled["kept_in"], enrolled["state"]) == (ADA, "file", "active")
    assert "only this user can read" in done.stderr
    assert guarded.enroll(url, made["token"], "--ca", str(guarded.tls.authority)).returncode == 1

    transport = guarded.transport()
    assert transport.send([encode(make_claim(1))]).rejected == 0
    status = json.loads(guarded.run("tollbook_agent", "status", "--json").stdout)
    assert status["enrolment"]["credential"] == enrolled["credential"]
    assert "tbd_" not in json.dumps(status)
    answer = json.loads(guarded.run("tollbook_agent", "ticket", "PAY-101", "--json").stdout)
    assert (answer["source"], answer["calls"], answer["by"]["engineer"][0]["key"]) == ("collector", 1, ADA)

    renewed = guarded.enroll("--renew", "--json")
    assert renewed.returncode == 0, renewed.stderr
    assert transport.send([encode(make_claim(2))]).rejected == 0  # by the one before
    newer = guarded.transport()
    assert newer.send([encode(make_claim(5))]).rejected == 0
    for one in guarded.collector("token", "list")["credentials"]:
        assert guarded.run("tollbook_collector", "token", "revoke", one["id"]).returncode == 0
    with pytest.raises(CannotSend, match="unauthenticated"):
        _until_refused(lambda: newer.send([encode(make_claim(6))]))
    transport.close()
    newer.close()
    actions = {entry["action"] for entry in guarded.collector("audit")["entries"]}
    assert {"token_create", "enrol", "renew", "token_revoke"} <= actions


def test_nobody_is_let_in_without_and_nothing_is_spoken_in_clear(guarded: Guarded) -> None:
    guarded.collector("token", "create", "--kind", "api", "--engineer", ADA)
    address = guarded.line["otlp_grpc"]
    channel = grpc.secure_channel(address, grpc.ssl_channel_credentials(guarded.tls.authority.read_bytes()))
    export: Any = channel.unary_unary(f"/{SERVICE}/Export")
    with pytest.raises(grpc.RpcError) as refused:
        _until_refused(lambda: export(request_of([make_claim(1)]), timeout=PATIENCE_SECONDS))
    assert refused.value.code() is grpc.StatusCode.UNAUTHENTICATED  # type: ignore[attr-defined]
    channel.close()
    clear = grpc.insecure_channel(address)
    plain: Any = clear.unary_unary(f"/{SERVICE}/Export")
    with pytest.raises(grpc.RpcError):
        plain(request_of([make_claim(1)]), timeout=2)
    clear.close()
    with pytest.raises(urllib.error.HTTPError, match="401"):
        guarded.get("/api/v1/spend", None)
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        urllib.request.urlopen(guarded.line["api"].replace("https", "http") + "/livez", timeout=PATIENCE_SECONDS)


def _until_refused(send: Callable[[], object]) -> None:
    """A running server learns within 10 seconds what a command did to its credentials."""
    deadline = time.monotonic() + LEARN_SECONDS
    while time.monotonic() < deadline:
        send()
        time.sleep(0.2)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ('api_address = "0.0.0.0:0"\n', "tls_cert and tls_key are not set"),
        ('otlp_grpc_address = "[::]:0"\n', "tls_cert and tls_key are not set"),
        ('api_address = "0.0.0.0:0"\ntls_cert = "server.pem"\ntls_key = "server.key"\n', "it has no credentials"),
        ('tls_cert = "server.pem"\n', "belong together"),
        ('tls_cert = "server.key"\ntls_key = "server.pem"\n', "PEM"),
    ],
)
def test_a_collector_that_others_reach_needs_tls_and_credentials(
    tmp_path: Path, settings: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    make_tls(tmp_path)
    (tmp_path / "collector.toml").write_text(settings)
    monkeypatch.setenv("TOLLBOOK_COLLECTOR_HOME", str(tmp_path))
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    try:
        assert main(["serve"]) == exit_codes.SETTINGS
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    assert said in capsys.readouterr().err


def test_a_credential_others_can_read_is_not_used(tmp_path: Path) -> None:
    enrolment = identity_store.Enrolment(
        url="https://collector.example.com", collector="collector.example.com:1", engineer=ADA, device="d", tenant="t",
        credential="c", kept_in="", state="active",
    )  # fmt: skip
    saved = identity_store.save(tmp_path, enrolment, "tbd_secret", in_file=True)
    assert identity_store.load(tmp_path) == saved
    assert identity_store.token_of(tmp_path, saved) == "tbd_secret"
    assert (tmp_path / identity_store.CREDENTIAL).stat().st_mode & 0o777 == 0o600
    (tmp_path / identity_store.CREDENTIAL).chmod(0o644)
    with pytest.raises(identity_store.IdentityError, match="644"):
        identity_store.token_of(tmp_path, saved)
