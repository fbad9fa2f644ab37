"""TLS of all listeners: certificate, key and, where clients have to show one too, the authority of theirs."""

import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc

MAX_PEM_BYTES = 1024 * 1024


class TlsError(Exception):
    """The files are no usable certificate. The message says which and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """Files in PEM; `client_ca` makes clients show a certificate (mTLS) beside their credential."""

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def check(self) -> None:
        """Load everything once, as the listeners will.

        Raises:
            TlsError: it cannot be used.
        """
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            # Without a callback OpenSSL would ask the terminal for the password of an encrypted key.
            context.load_cert_chain(self.certificate, self.key, password=lambda: "")
            if self.client_ca is not None:
                context.load_verify_locations(self.client_ca)
        except (OSError, ValueError) as fault:  # ssl.SSLError is an OSError
            raise TlsError(f"{self.certificate}, {self.key}: {getattr(fault, 'reason', None) or fault}") from fault

    def for_uvicorn(self) -> dict[str, object]:
        """Arguments of `uvicorn.Config`. TLS 1.2 is the least that Python's ssl speaks by default."""
        given: dict[str, object] = {"ssl_certfile": str(self.certificate), "ssl_keyfile": str(self.key)}
        if self.client_ca is not None:
            given |= {"ssl_ca_certs": str(self.client_ca), "ssl_cert_reqs": ssl.CERT_REQUIRED}
        return given

    def for_grpc(self) -> grpc.ServerCredentials:
        """Credentials of a gRPC server; grpcio speaks TLS 1.2 and 1.3.

        Raises:
            OSError: a file cannot be read.
        """
        pair = self.key.read_bytes(), self.certificate.read_bytes()
        roots = None if self.client_ca is None else self.client_ca.read_bytes()
        return grpc.ssl_server_credentials([pair], roots, roots is not None)
