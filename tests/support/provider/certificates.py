"""A throwaway certificate authority, and a leaf for whatever host a client asks for by SNI."""

import datetime
import ssl
import tempfile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PROTOCOLS = ("h2", "http/1.1")
"""What is offered by ALPN, preferred first."""
VALID_DAYS = 30
NAMELESS = "nobody.invalid"
"""The certificate for a client that sends no SNI."""


class Authority:
    """Signs leaves for the life of one process; its key is never written."""

    def __init__(self, *, protocols: tuple[str, ...] = PROTOCOLS) -> None:
        self._protocols = list(protocols)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = common_name("Tollbook mock provider")
        self._certificate = authority(self._name, self._key)
        self._contexts: dict[str, ssl.SSLContext] = {}

    @property
    def pem(self) -> bytes:
        """The authority's certificate, for clients to trust."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def context(self) -> ssl.SSLContext:
        """What a listening socket needs: it shows each client the host it asked for."""
        first = self._for(NAMELESS)

        def choose(connection: ssl.SSLObject | ssl.SSLSocket, name: str | None, _context: ssl.SSLContext) -> None:
            connection.context = self._for(name or NAMELESS)

        first.sni_callback = choose
        return first

    def _for(self, host: str) -> ssl.SSLContext:
        known = self._contexts.get(host)
        if known is None:
            known = self._contexts[host] = self._mint(host)
        return known

    def _mint(self, host: str) -> ssl.SSLContext:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            builder(common_name(host[:64]), self._name, key.public_key())
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(self._protocols)
        with tempfile.NamedTemporaryFile(prefix="leaf-") as file:  # the ssl module reads keys from files only
            file.write(private + leaf.public_bytes(serialization.Encoding.PEM) + self.pem)
            file.flush()
            context.load_cert_chain(Path(file.name))
        return context


def common_name(common: str) -> x509.Name:
    """A name with nothing else in it."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])


def authority(name: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    """A certificate that signs itself, and leaves."""
    usage = x509.KeyUsage(
        digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    return (
        builder(name, name, key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    """A certificate that still lacks its extensions and its signature."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=VALID_DAYS))
    )
